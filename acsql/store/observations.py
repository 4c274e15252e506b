"""Observations read by rootname.

Most of the tens of kilobytes of a document are headers, so each function reads the fields that
it returns and no more.  Searches are in `acsql.store.queries`, what is recorded of files in
`acsql.store.file_records`, and writes in `acsql.store.observation_writes`.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from .. import names
from ..errors import ObservationNotFound
from .client import Store
from .fields import value_at
from .schema import Document

# The longest list of rootnames that a prefix is completed to.
_COMPLETIONS = 10
# Observations whose footprints are read together.
_TOGETHER = 10_000


def get(store: Store, rootname: str) -> Any | None:
    """Return an observation without its headers, layouts and statistics as a mongoengine document.

    Parameters
    ----------
    store : Store
        The open database.
    rootname : str
        Its key.

    Returns
    -------
    mongoengine.Document or None
        None if there is no such observation.
    """
    with store.errors():
        return (
            store.document_classes.observation.objects(pk=rootname)
            .exclude("headers", "layouts", "stats")
            .first()
        )


def find(store: Store, name: str) -> Any:
    """Return the stored document of an observation, without its headers.

    Parameters
    ----------
    store : Store
        The database.
    name : str
        A rootname or ipppssoot of eight or nine characters, in any case.

    Returns
    -------
    mongoengine.Document
        The observation, with the fields that `get` reads.

    Raises
    ------
    InvalidName
        If the text cannot be a rootname.
    ObservationNotFound
        If there is no such observation, or eight characters fit several association products.
    """
    key = names.rootname(name)
    document = get(store, key)
    if document is None:
        document = get(store, _only_product(store, key))
    return document


def _only_product(store: Store, key: str) -> str:
    """Return the one association product whose first eight characters are `key`."""
    products = rootnames_starting_with(store, key) if len(key) == 8 else []
    if len(products) == 1:
        return products[0]
    if products:
        raise ObservationNotFound(
            f"{key} is ambiguous: it fits the products {', '.join(products)}; "
            "use all nine characters"
        )
    raise ObservationNotFound(f"there is no observation {key}")


def document(
    store: Store, rootname: str, without_headers_of: Iterable[str] = ()
) -> Document | None:
    """Return the document of an observation as it is stored.

    Parameters
    ----------
    store : Store
        The open database.
    rootname : str
        Its key.
    without_headers_of : iterable of str
        Filetypes whose headers are not read.

    Returns
    -------
    dict or None
        None if there is no such observation.
    """
    excluded = {f"headers.{filetype}": 0 for filetype in without_headers_of}
    with store.errors():
        return store.observations.find_one({"_id": rootname}, excluded or None)


def headers(
    store: Store, rootname: str, filetype: str | None = None, extension: int | None = None
) -> Document | None:
    """Return headers of an observation.

    Parameters
    ----------
    store : Store
        The open database.
    rootname : str
        The key of the observation.
    filetype : str, optional
        Only those of one file.
    extension : int, optional
        Only the header of one extension of the file.

    Returns
    -------
    dict or None
        By filetype and extension, by extension, or the one header; None if it does not exist.
    """
    parts = ["headers", *(str(part) for part in (filetype, extension) if part is not None)]
    with store.errors():
        stored = store.observations.find_one({"_id": rootname}, {".".join(parts): 1})
    header: Document | None = value_at(stored or {}, parts)
    return header


def statistics(store: Store, rootname: str) -> Document:
    """Return the statistics of the images of an observation, by filetype."""
    with store.errors():
        stored = store.observations.find_one({"_id": rootname}, {"stats": 1})
    found: Document = (stored or {}).get("stats") or {}
    return found


def footprint(store: Store, rootname: str) -> Document | None:
    """Return the footprint of an observation as GeoJSON, or None if it has none."""
    with store.errors():
        stored = store.observations.find_one({"_id": rootname}, {"footprint": 1})
    return (stored or {}).get("footprint")


def footprints(store: Store, rootnames: Iterable[str]) -> dict[str, Document | None]:
    """Return the footprints of observations as GeoJSON, None for one that has none.

    Parameters
    ----------
    store : Store
        The open database.
    rootnames : iterable of str
        Their keys.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    keys = iter(rootnames)
    found: dict[str, Document | None] = {}
    with store.errors():
        while batch := list(islice(keys, _TOGETHER)):
            stored = store.headerless.find({"_id": {"$in": batch}}, {"footprint": 1})
            found.update({each["_id"]: each.get("footprint") for each in stored})
    return found


def earlier_starts(store: Store, detector: str, start: float, days: float) -> list[float]:
    """Return the starts of the exposures of a detector in the days before a time.

    Parameters
    ----------
    store : Store
        The open database.
    detector : str
        The detector.
    start : float
        The time, as Modified Julian Date.
    days : float
        The number of days before it at which the first of them begins.

    Returns
    -------
    list of float
        Modified Julian Dates, the latest first; that of `start` itself is not one of them.
    """
    filter_ = {"detector": detector, "expstart": {"$gte": start - days, "$lt": start}}
    fields = {"_id": 0, "expstart": 1}
    with store.errors():
        found = store.headerless.find(filter_, fields, sort=[("expstart", -1)])
        return [document["expstart"] for document in found]


def with_footprint(store: Store) -> list[str]:
    """Return the rootnames of the observations that have a footprint."""
    with store.errors():
        found = store.headerless.find({"footprint": {"$ne": None}}, {"_id": 1})
        return [each["_id"] for each in found]


def rootnames_starting_with(store: Store, prefix: str) -> list[str]:
    """Return the first ten rootnames, in order, that start with a prefix."""
    filter_ = {"_id": {"$gte": prefix, "$lt": f"{prefix}\uffff"}}
    with store.errors():
        documents = store.observations.find(filter_, {"_id": 1}, limit=_COMPLETIONS)
        return [document["_id"] for document in documents]
