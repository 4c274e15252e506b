"""Headerless observations: copies without headers, for searches on top-level fields alone.

Headers and statistics of images are nearly all of a document.  Where no index serves two conditions
together, the server reads thousands of documents, which takes seconds at tens of kilobytes each and
milliseconds at two.  Each write of an observation writes its copy as well
(`acsql.store.observation_writes`), so searches read the copies also while an ingest runs.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ...query.annotation_fields import has_annotations
from ...query.conditions import AnyOf, Condition, Equals, KeywordCondition, conjuncts, leaves
from ...query.document_fields import is_dataset
from ..client import Store
from ..moment import COPIES, of_block
from ..repetition import repeated
from ..schema import DERIVED_STATE, Document, DocumentCollection

# The one field that a copy has and its observation has not: the number of headers, by filetype.
# A file of n headers has the extensions 0 to n - 1.
EXTENSIONS = "extensions"
# The fields of an observation that its copy does not have: nearly all of its size.
LEFT_OUT = ("headers", "layouts", "stats")


def copy(document: Mapping[str, Any]) -> Document:
    """Return the headerless copy of an observation, which has no statistics of images either.

    Parameters
    ----------
    document : mapping
        The document of the observation.

    Returns
    -------
    dict
        The document without ``headers``, ``layouts`` and ``stats``, and with `EXTENSIONS`.
    """
    kept = {name: value for name, value in document.items() if name not in LEFT_OUT}
    return kept | {EXTENSIONS: numbers_of_headers(document)}


def numbers_of_headers(document: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of headers of each file of an observation, by filetype."""
    headers = document.get("headers") or {}
    return {filetype: len(found) for filetype, found in headers.items()}


@repeated
def make_all(store: Store) -> None:
    """Copy all observations without their headers; only copies that differ are written.

    Parameters
    ----------
    store : Store
        The open database; the caller excludes writers.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    merge = {"into": store.headerless.name, "whenMatched": "replace"}
    with store.errors():
        store.observations.aggregate(
            [{"$set": {EXTENSIONS: _extensions()}}, {"$unset": [*LEFT_OUT]}, {"$merge": merge}]
        )
        if _document_count(store.headerless) > _document_count(store.observations):
            _remove_orphans(store)
        state = {"_id": COPIES["_id"]}
        store.database[DERIVED_STATE].replace_one(state, COPIES, upsert=True)


def collection_for(
    store: Store, condition: Condition, addresses: Iterable[str] = ()
) -> DocumentCollection:
    """Return the collection to search: the copies, if they are made and have all it takes.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        The condition of the search.
    addresses : iterable of str
        The keywords that are read or sorted by.

    Returns
    -------
    pymongo.collection.Collection
        The headerless observations or the observations.
    """
    if has_annotations(condition):
        raise TypeError("the conditions on annotations were not looked up")
    if any(isinstance(part, Equals) and _is_named(part) for part in conjuncts(condition)):
        # One document, whatever its size, is read sooner than the state of the copies.
        return store.observations
    keywords = (leaf.keyword for leaf, _ in leaves(condition) if isinstance(leaf, KeywordCondition))
    needed = [*keywords, *addresses]
    return copies_if_made(store) if needed == top_level(needed) else store.observations


def names_observations(condition: Condition) -> bool:
    """Return whether a condition lists the rootnames that it holds for.

    Parameters
    ----------
    condition : Condition
        The condition of a search.

    Returns
    -------
    bool
        If so, the observations are found by key, with any other conditions.
    """
    return any(map(_is_named, conjuncts(condition)))


def _is_named(part: Condition) -> bool:
    return isinstance(part, Equals | AnyOf) and part.keyword == "rootname"


def top_level(addresses: Iterable[str]) -> list[str]:
    """Return the given addresses that are not in headers or statistics of images."""
    return [address for address in addresses if "." not in address or is_dataset(address)]


def copies_if_made(store: Store) -> DocumentCollection:
    """Return the headerless observations if all have been made, else the observations.

    They have not in a database that is read before `acsql migrate` has brought it up to date, or
    whose derived collections were dropped.
    """
    moment = of_block(store)
    if moment is None:
        made = store.database[DERIVED_STATE].find_one(COPIES, {"_id": 1}) is not None
    else:
        made = moment.has_copies
    return store.headerless if made else store.observations


def entries(field: str) -> dict[str, Any]:
    """Return the aggregation expression for the entries of a field.

    Parameters
    ----------
    field : str
        An expression such as ``$files``.

    Returns
    -------
    dict
        Its value is a list of ``{k: name, v: value}``, empty if the field is missing.
    """
    return {"$objectToArray": {"$ifNull": [field, {}]}}


def _extensions() -> dict[str, Any]:
    """Return the expression for the number of headers, by filetype."""
    of_file = {"k": "$$file.k", "v": {"$size": entries("$$file.v")}}
    return {"$arrayToObject": {"$map": {"input": entries("$headers"), "as": "file", "in": of_file}}}


def _document_count(collection: DocumentCollection) -> int:
    # Without the hint the server reads every document.
    return collection.count_documents({}, hint="_id_")


def _remove_orphans(store: Store) -> None:
    """Delete the copies of observations that no longer exist."""
    lookup = {
        "from": store.observations.name,
        "localField": "_id",
        "foreignField": "_id",
        "pipeline": [{"$project": {"_id": 1}}],
        "as": "observation",
    }
    orphans = store.headerless.aggregate(
        [{"$project": {"_id": 1}}, {"$lookup": lookup}, {"$match": {"observation": []}}]
    )
    store.headerless.delete_many({"_id": {"$in": [orphan["_id"] for orphan in orphans]}})
