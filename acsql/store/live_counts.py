"""Counts of documents: observations, an estimate, the values of a keyword.

`acsql.search` takes them where the columns do not answer.
"""

from typing import Any

from ..query import Condition
from .client import Store
from .derived import headerless
from .fields import field_path
from .filters import to_filter
from .queries import BATCH_ROWS, SAMPLE_SHARE
from .sorting import SortKey, sorted_values
from .spellings import to_stored_filter, with_spellings
from .time_limit import explained_timeout, milliseconds

# Observations that an estimate looks at; the error of a share p is about sqrt(p (1 - p) / 2000).
_SAMPLE_SIZE = 2000
_UNKNOWN = [None, ""]


def count(store: Store, condition: Condition, time_limit: float | None = None) -> int:
    """Return the number of observations that meet a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that the server may spend.

    Returns
    -------
    int
        Their exact number.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded.
    DatabaseError
        If the database fails.
    """
    filter_ = to_stored_filter(condition, store)
    with explained_timeout(store, condition, time_limit):
        collection = headerless.collection_for(store, condition)
        limit = milliseconds(time_limit)
        if filter_:
            return collection.count_documents(filter_, maxTimeMS=limit)
        # Without a condition the server would take no index, and read every document.
        return collection.count_documents({}, hint="_id_", maxTimeMS=limit)


def estimate(store: Store, condition: Condition, time_limit: float | None = None) -> int:
    """Return the approximate number of observations that meet a condition, from a random sample.

    Parameters and errors are those of `count`.

    Returns
    -------
    int
        Exact if there are few observations: then all are looked at.
    """
    filter_ = to_stored_filter(condition, store)
    with explained_timeout(store, condition, time_limit):
        collection = headerless.collection_for(store, condition)
        total = collection.estimated_document_count()
        size = min(_SAMPLE_SIZE, int(SAMPLE_SHARE * total)) if total > _SAMPLE_SIZE else total
        if not size:
            return 0
        stages: list[dict[str, Any]] = [
            {"$sample": {"size": size}},
            {"$match": filter_},
            {"$count": "number"},
        ]
        rows = list(collection.aggregate(stages, maxTimeMS=milliseconds(time_limit)))
    return round(rows[0]["number"] * total / size) if rows else 0


def value_counts(
    store: Store, address: str, condition: Condition, time_limit: float | None = None
) -> dict[Any, int]:
    """Return the values of a keyword with their numbers of observations.

    Parameters
    ----------
    store : Store
        The open database.
    address : str
        The keyword.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that the server may spend.

    Returns
    -------
    dict
        Without null and blank.  An observation in which the keyword has several values, as in
        the blocks of drizzled products, counts for each of them.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded.
    DatabaseError
        If the database fails.
    """
    numbers: dict[Any, int] = {}
    stages = value_count_stages(address, with_spellings(condition, store))
    with explained_timeout(store, condition, time_limit, [SortKey(address)]):
        collection = headerless.collection_for(store, condition, [address])
        # To Python, True and 1 are the same key.
        for row in collection.aggregate(
            stages, batchSize=BATCH_ROWS, maxTimeMS=milliseconds(time_limit)
        ):
            numbers[row["_id"]] = numbers.get(row["_id"], 0) + row["observations"]
    return numbers


def value_count_stages(address: str, condition: Condition) -> list[dict[str, Any]]:
    """Return the aggregation stages behind `value_counts`.

    Parameters
    ----------
    address : str
        The keyword.
    condition : Condition
        As `acsql.query.prepare` returns it.

    Returns
    -------
    list of dict
        Their rows have the value as ``_id``, and ``observations``.
    """
    path, filter_ = field_path(address), to_filter(condition)
    if "." in address:
        known: dict[str, Any] = {path: {"$exists": True}}
        once = {"$cond": [{"$isArray": f"${path}"}, {"$setUnion": f"${path}"}, f"${path}"]}
        steps: list[dict[str, Any]] = [
            {"$project": {"_id": 0, "value": once}},
            {"$unwind": "$value"},
        ]
    else:
        # With this field alone, an index answers without reading documents.
        known = {path: {"$nin": _UNKNOWN}}
        steps = [{"$project": {"_id": path == "_id", "value": f"${path}"}}]
    return [
        {"$match": {"$and": [filter_, known]} if filter_ else known},
        *steps,
        {"$group": {"_id": "$value", "observations": {"$sum": 1}}},
        {"$match": {"_id": {"$nin": _UNKNOWN}}},
    ]


def distinct(
    store: Store, address: str, condition: Condition, time_limit: float | None = None
) -> list[Any]:
    """Return the values of a keyword, sorted, without null and blank.

    Parameters and errors are those of `value_counts`.

    Returns
    -------
    list
        Each value once; numbers come before other types.
    """
    filter_ = to_stored_filter(condition, store)
    with explained_timeout(store, condition, time_limit, [SortKey(address)]):
        collection = headerless.collection_for(store, condition, [address])
        limit = milliseconds(time_limit)
        values = collection.distinct(field_path(address), filter_, maxTimeMS=limit)
    return sorted_values(values)
