"""Reads of annotations: entries in the order in which they were written, and what searches find."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from cachetools import LRUCache

from ...annotations import Annotation
from ...query import Condition
from ..client import Store
from ..filters import to_filter
from ..queries import BATCH_ROWS
from ..schema import ANNOTATED_OBSERVATIONS, ANNOTATION_NUMBERS, ANNOTATIONS, Document
from .documents import from_document

# Lists of rootnames that a process keeps, of at most 213,000 names and some 15 MB each.  Where
# there are transactions, every write of what holds has taken a number, so a list is right as long
# as the next number is the same.
_CACHE: LRUCache[Any, list[str]] = LRUCache(maxsize=16)
_LOCK = threading.Lock()


def numbered(
    store: Store, after: int | None = None, **equal: str | int | None
) -> Iterator[tuple[int, Annotation]]:
    """Yield annotations with their numbers, in the order in which they were written.

    Parameters
    ----------
    store : Store
        The open database.
    after : int, optional
        Only those with a larger number.
    **equal
        Fields and their values, such as ``rootname="j8bt05nj"`` or ``batch=...``; None for any.

    Yields
    ------
    number : int
        The place of the annotation in the order.
    annotation : Annotation
        The entry as it was written.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    filter_: dict[str, Any] = {
        name: {"$eq": value} for name, value in equal.items() if value is not None
    }
    if after is not None:
        filter_["number"] = {"$gt": after}
    with store.errors():
        found = store.database[ANNOTATIONS].find(filter_, batch_size=BATCH_ROWS)
        for document in found.sort("number", 1):
            yield document["number"], from_document(document)


def get(store: Store, key: str) -> Annotation | None:
    """Return the annotation with an id, or None."""
    with store.errors():
        document = store.database[ANNOTATIONS].find_one({"_id": {"$eq": key}})
    return from_document(document) if document else None


def rootnames(store: Store, condition: Condition) -> list[str]:
    """Return the observations whose annotations meet a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        A comparison of one of `acsql.query.ANNOTATION_FIELDS`.

    Returns
    -------
    list of str
        Their rootnames, in no particular order; also those of observations that have vanished.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    annotated = store.database[ANNOTATED_OBSERVATIONS]
    with store.errors():
        counter = store.database[ANNOTATION_NUMBERS].find_one()
        key = (store.connection_string, annotated.full_name, counter and counter["next"], condition)
        with _LOCK:
            found: list[str] | None = _CACHE.get(key) if store.has_transactions else None
        if found is None:
            # One document with all keys, which is read faster than a document for each.
            found = annotated.distinct("_id", to_filter(condition))
            with _LOCK:
                _CACHE[key] = found
    return found


def fields_of(store: Store, rootnames: Sequence[str], names: Sequence[str]) -> dict[str, Document]:
    """Return what holds of observations.

    Parameters
    ----------
    store : Store
        The open database.
    rootnames : sequence of str
        The observations.
    names : sequence of str
        Some of `acsql.query.ANNOTATION_FIELDS`.

    Returns
    -------
    dict
        Rootnames to fields; without observations that have no annotations.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    with store.errors():
        found = store.database[ANNOTATED_OBSERVATIONS].find(
            {"_id": {"$in": list(rootnames)}}, dict.fromkeys(names, 1), batch_size=BATCH_ROWS
        )
        return {document.pop("_id"): document for document in found}


def value_counts(store: Store, name: str, rootnames: Sequence[str] | None) -> dict[Any, int]:
    """Return the values of a field with their numbers of observations.

    Parameters
    ----------
    store : Store
        The open database.
    name : str
        One of `acsql.query.ANNOTATION_FIELDS`.
    rootnames : sequence of str, optional
        The observations that count.

    Returns
    -------
    dict
        Each value of a list counts once.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    chosen = {} if rootnames is None else {"_id": {"$in": list(rootnames)}}
    stages: list[dict[str, Any]] = [
        {"$match": chosen | {name: {"$exists": True}}},
        {"$unwind": f"${name}"},
        {"$group": {"_id": f"${name}", "observations": {"$sum": 1}}},
    ]
    with store.errors():
        counted = store.database[ANNOTATED_OBSERVATIONS].aggregate(stages)
        return {each["_id"]: each["observations"] for each in counted}
