"""Records of runs: opened when a run starts, closed with its outcome.

Runs of ingest and of monitors have records of the same form, each in its collection.

A record has the beginning of each of its lists, because 100,000 failures would not fit into a
document: ``listed`` has their lengths, the log of the run all of their entries.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import bson
from pymongo import DESCENDING

from . import lock
from .client import Store
from .repetition import repeated
from .schema import INGEST_RUNS, MONITOR_RUNS, Document, DocumentCollection

RUNNING = "running"
SUCCEEDED = "succeeded"
NOTHING_NEW = "nothing new"
SUCCEEDED_WITH_FAILURES = "succeeded with failures"
FAILED = "failed"
INTERRUPTED = "interrupted"
DIED = "died"
# The states of runs after which the database agrees with the disk.
SUCCESSFUL = (SUCCEEDED, NOTHING_NEW, SUCCEEDED_WITH_FAILURES)
# The lock that a run holds from before its record is opened until after it is closed.
_LOCKS = {INGEST_RUNS: lock.WRITER, MONITOR_RUNS: lock.MONITORS}
# The fields of a record that hold lists, which can be long.
LISTS = (
    "failures",
    "keywords_not_in_specs",
    "type_mismatches",
    "vanished",
    "waiting",
    "warnings",
)
# Bytes of each list, as BSON: six of them stay below 1 MB, and hold about 500 failures each.
LIST_BYTES = 150_000


def _records(store: Store, collection: str) -> DocumentCollection:
    return store.database[collection]


def start(store: Store, record: Mapping[str, Any], collection: str = INGEST_RUNS) -> int:
    """Open the record of a run.

    Parameters
    ----------
    store : Store
        The open database.
    record : mapping
        The fields that are known at the start: time, version, options.
    collection : str
        The collection of the records.

    Returns
    -------
    int
        The number of the run.
    """
    latest = last(store, collection=collection)
    number: int = (latest["_id"] if latest else 0) + 1
    records = _records(store, collection)
    with store.errors():
        try:
            records.insert_one({"_id": number, "state": RUNNING, **record})
        except (KeyboardInterrupt, SystemExit):
            # It may be stored by now, and without its number the caller cannot close it.
            records.delete_one({"_id": number})
            raise
    return number


@repeated
def have_listed_statistics(store: Store) -> bool:
    """Return whether an ingest has listed the images without statistics."""
    with store.errors():
        return _records(store, INGEST_RUNS).find_one({"statistics_listed": True}) is not None


@repeated
def close_died(store: Store, collection: str = INGEST_RUNS) -> int:
    """Close the records of runs that ended without closing them.

    Only the holder of the lock may call this: no other run can be in progress then.

    Parameters
    ----------
    store : Store
        The open database.
    collection : str
        The collection of the records.

    Returns
    -------
    int
        The number of such runs.
    """
    with store.errors():
        result = _records(store, collection).update_many(
            {"state": RUNNING}, {"$set": {"state": DIED}}
        )
    return result.modified_count


def finish(
    store: Store, number: int, outcome: Mapping[str, Any], collection: str = INGEST_RUNS
) -> None:
    """Close the record of a run.

    Parameters
    ----------
    store : Store
        The open database.
    number : int
        The number of the run.
    outcome : mapping
        The state, counts and whole lists.
    collection : str
        The collection of the records.
    """
    beginnings = {name: _beginning(outcome[name]) for name in LISTS if name in outcome}
    change = {**outcome, **beginnings, "listed": _lengths(outcome)}
    with store.errors():
        _records(store, collection).update_one({"_id": number}, {"$set": change})


def _beginning(entries: Sequence[Any]) -> Sequence[Any]:
    """Return the first entries of a list, as many as are stored."""
    size = 0
    for number, entry in enumerate(entries):
        size += len(bson.encode({"": entry}))
        if size > LIST_BYTES:
            return entries[:number]
    return entries


def _lengths(record: Mapping[str, Any]) -> dict[str, int]:
    return {name: len(record.get(name) or ()) for name in LISTS}


def _with_lengths(record: Document | None) -> Document | None:
    """Return a record with the lengths of its lists, which open and older records lack."""
    return record and {"listed": _lengths(record), **record}


def last(
    store: Store, states: Sequence[str] = (), collection: str = INGEST_RUNS
) -> Document | None:
    """Return the newest record, or the newest in one of some states.

    Parameters
    ----------
    store : Store
        The open database.
    states : sequence of str
        By default any.
    collection : str
        The collection of the records.

    Returns
    -------
    dict or None
        The record, with ``listed``, the length of each list.  None if there is none.
    """
    filter_ = {"state": {"$in": list(states)}} if states else {}
    with store.errors():
        return _with_lengths(
            _records(store, collection).find_one(filter_, sort=[("_id", DESCENDING)])
        )


def get(store: Store, number: int, collection: str = INGEST_RUNS) -> Document | None:
    """Return the record of a run as `last` does, or None if there is no run of that number."""
    with store.errors():
        return _with_lengths(_records(store, collection).find_one({"_id": number}))


def newest(
    store: Store, limit: int, before: int | None = None, collection: str = INGEST_RUNS
) -> list[Document]:
    """Return the newest records, without their lists.

    Parameters
    ----------
    store : Store
        The open database.
    limit : int
        The largest number of records.
    before : int, optional
        Only runs with a smaller number.
    collection : str
        The collection of the records.

    Returns
    -------
    list of dict
        The newest first; ``listed`` has the length of each list.
    """
    lengths = {name: {"$size": {"$ifNull": [f"${name}", []]}} for name in LISTS}
    stages: list[dict[str, Any]] = [
        {"$match": {} if before is None else {"_id": {"$lt": before}}},
        {"$sort": {"_id": DESCENDING}},
        {"$limit": limit},
        {"$set": {"listed": {"$mergeObjects": [lengths, "$listed"]}}},
        {"$unset": list(LISTS)},
    ]
    with store.errors():
        return list(_records(store, collection).aggregate(stages))


def states(
    store: Store, recorded: Sequence[tuple[int, str]], collection: str = INGEST_RUNS
) -> list[str]:
    """Return the states of runs: one that is recorded as running has died if its lock is free.

    Parameters
    ----------
    store : Store
        The open database.
    recorded : sequence of (int, str)
        Numbers and states as they were read from the records.
    collection : str
        The collection of the records.

    Returns
    -------
    list of str
        In the same order.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    states_ = [state for _, state in recorded]
    # Only if a record is open does it matter who holds the lock.
    if RUNNING not in states_ or lock.is_held(store, _LOCKS[collection]):
        return states_
    with store.errors():
        # A run that closed its record before it released the lock was running when it was read.
        still_open = set(_records(store, collection).distinct("_id", {"state": RUNNING}))
    return [
        DIED if state == RUNNING and number in still_open else state for number, state in recorded
    ]
