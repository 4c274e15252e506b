"""Observations in the database: read with a projection, written whole.

An observation is one document of tens of kilobytes, most of it headers, so nothing here reads
more of it than was asked for.  Searches and writes go through the pymongo collection (an object
per row costs three times a plain read); a single observation is served as a mongoengine document.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..query import Condition
from .connection import Store
from .documents import BLOCKS, path
from .filters import to_filter


class Order(NamedTuple):
    """One key of a sort: an address, up or down."""

    address: str
    descending: bool = False


def get(store: Store, rootname: str) -> Any | None:
    """Return the mongoengine document of an observation without its headers, or None."""
    with store.errors():
        return store.documents.observation.objects(pk=rootname).exclude("headers").first()


def whole(store: Store, rootname: str) -> dict[str, Any] | None:
    """Return the whole document of an observation as it is stored, or None."""
    with store.errors():
        return store.observations.find_one({"_id": rootname})


def headers(
    store: Store, rootname: str, filetype: str, extension: int | None = None
) -> dict[str, Any] | None:
    """Return the headers of a filetype, or the one of an extension, or None."""
    parts = ["headers", filetype, *([] if extension is None else [str(extension)])]
    with store.errors():
        found = store.observations.find_one({"_id": rootname}, {".".join(parts): 1})
    return value_at(found or {}, parts)


def beginning_with(store: Store, prefix: str) -> list[str]:
    """Return the rootnames that begin with some characters, at most ten, in order."""
    filter_ = {"_id": {"$gte": prefix, "$lt": f"{prefix}\uffff"}}
    with store.errors():
        return [d["_id"] for d in store.observations.find(filter_, {"_id": 1}, limit=10)]


def replace(store: Store, document: dict[str, Any]) -> None:
    """Write a document whole, in the place of an older one with the same rootname."""
    with store.errors():
        store.observations.replace_one({"_id": document["_id"]}, document, upsert=True)


def known_files(store: Store, rootnames: Iterable[str] | None = None) -> dict[str, Any]:
    """Return, for each rootname, what change detection compares: its files and previews."""
    filter_ = {} if rootnames is None else {"_id": {"$in": list(rootnames)}}
    fields = {"files": 1, "previews": 1}
    with store.errors():
        return {d.pop("_id"): d for d in store.observations.find(filter_, fields)}


def count(store: Store, condition: Condition) -> int:
    """Return how many observations meet a condition."""
    with store.errors():
        return store.observations.count_documents(to_filter(condition))


def distinct(store: Store, address: str, condition: Condition) -> list[Any]:
    """Return the values that a keyword takes, sorted, without null and blank."""
    with store.errors():
        values = store.observations.distinct(path(address), to_filter(condition))
    return sorted((value for value in values if value not in (None, "")), key=_by_type)


def _by_type(value: Any) -> tuple[str, Any]:
    return type(value).__name__ if not isinstance(value, int | float) else "", value


def find(
    store: Store,
    condition: Condition,
    addresses: Sequence[str],
    order: Sequence[Order] = (),
    limit: int = 0,
    after: Sequence[Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield rows: the values of some addresses in the observations that meet a condition.

    Parameters
    ----------
    order : sequence of Order
        The rootname is always the last key, so that the order is a total one.
    limit : int
        At most so many rows; 0 means all.
    after : sequence, optional
        The `sort_key` of the last row seen; rows come from the one behind it on.
    """
    order = _total(order)
    filter_ = to_filter(condition)
    if after is not None:
        filter_ = {"$and": [filter_, _beyond(order, after)]}
    wanted = {*addresses, *(key.address for key in order)}
    projection = {path(address): 1 for address in wanted}
    with store.errors():
        cursor = store.observations.find(filter_, projection, limit=limit)
        cursor.sort([(path(key.address), -1 if key.descending else 1) for key in order])
        for document in cursor:
            yield {address: value_at(document, path(address).split(".")) for address in wanted}


def sort_key(row: dict[str, Any], order: Sequence[Order]) -> list[Any]:
    """Return what `find` needs as `after` to go on behind a row."""
    return [row[key.address] for key in _total(order)]


def _total(order: Sequence[Order]) -> list[Order]:
    keys = list(order)
    return keys if any(k.address == "rootname" for k in keys) else [*keys, Order("rootname")]


def _beyond(order: Sequence[Order], last: Sequence[Any]) -> dict[str, Any]:
    """Return the filter of the rows that come behind the one with the sort key `last`."""
    choices, equal = [], []
    for key, value in zip(order, last, strict=True):
        field = path(key.address)
        choices += [{"$and": [*equal, further]} for further in _further(field, key, value)]
        equal = [*equal, {field: {"$eq": value}}]
    return {"$or": choices}


def _further(field: str, key: Order, value: Any) -> list[dict[str, Any]]:
    """Return what comes behind a value of one key; null and missing come before all values."""
    if value is None:
        return [] if key.descending else [{field: {"$ne": None}}]
    if key.descending:
        return [{field: {"$lt": value}}, {field: {"$eq": None}}]
    return [{field: {"$gt": value}}]


def value_at(document: Any, parts: Sequence[str]) -> Any:
    """Return the value at a path in a document, None where there is none.

    Blocks of drizzled products are a list: there the values of all blocks come as a list.
    """
    for position, part in enumerate(parts):
        if isinstance(document, list) and parts[position - 1] == BLOCKS:
            return [value_at(block, parts[position:]) for block in document]
        if not isinstance(document, dict):
            return None
        document = document.get(part)
    return document


def totals(store: Store) -> dict[str, Any]:
    """Return what is in the archive: observations, files by filetype, previews, bytes."""
    files = [
        {"$project": {"files": {"$objectToArray": {"$ifNull": ["$files", {}]}}}},
        {"$unwind": "$files"},
        {
            "$group": {
                "_id": "$files.k",
                "files": {"$sum": 1},
                "bytes": {"$sum": "$files.v.size"},
            }
        },
    ]
    detectors = [{"$group": {"_id": "$detector", "observations": {"$sum": 1}}}]
    previews = [
        {"$project": {"previews": {"$objectToArray": {"$ifNull": ["$previews", {}]}}}},
        {"$unwind": "$previews"},
        {"$match": {"previews.v.jpeg": {"$ne": None}}},
        {"$count": "previews"},
    ]
    with store.errors():
        collection = store.observations
        return {
            "observations": collection.estimated_document_count(),
            "filetypes": {row["_id"]: row for row in collection.aggregate(files)},
            "detectors": {
                row["_id"]: row["observations"] for row in collection.aggregate(detectors)
            },
            "previews": next((row["previews"] for row in collection.aggregate(previews)), 0),
        }
