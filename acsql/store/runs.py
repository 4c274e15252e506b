"""One record for each ingest run, opened when it starts and closed with what came of it."""

from datetime import datetime
from typing import Any

from pymongo import DESCENDING, UpdateOne

from ..keywords import HeaderKey
from .client import Store

RUNNING = "running"
SUCCEEDED = "succeeded"
NOTHING_NEW = "nothing new"
SUCCEEDED_WITH_FAILURES = "succeeded with failures"
FAILED = "failed"
DIED = "died"
# What can be long in a record.
LISTS = ("failures", "keywords_new", "misfits", "remarks", "vanished", "waiting")
GOOD = (SUCCEEDED, NOTHING_NEW, SUCCEEDED_WITH_FAILURES)


def start(store: Store, record: dict[str, Any]) -> int:
    """Open a record and return its number."""
    newest = last(store)
    number = (newest["_id"] if newest else 0) + 1
    with store.errors():
        store.ingest_runs.insert_one({"_id": number, "state": RUNNING, **record})
    return number


def close_died(store: Store) -> int:
    """Close the records of runs that ended without doing so; return how many there were.

    Only who holds the lock of the ingest can know that no run is under way.
    """
    with store.errors():
        result = store.ingest_runs.update_many({"state": RUNNING}, {"$set": {"state": DIED}})
    return result.modified_count


def finish(store: Store, number: int, record: dict[str, Any]) -> None:
    """Close a record with its outcome."""
    with store.errors():
        store.ingest_runs.update_one({"_id": number}, {"$set": record})


def last(store: Store, states: tuple[str, ...] = ()) -> dict[str, Any] | None:
    """Return the newest record, of those in one of `states` if any are named."""
    filter_ = {"state": {"$in": list(states)}} if states else {}
    with store.errors():
        return store.ingest_runs.find_one(filter_, sort=[("_id", DESCENDING)])


def get(store: Store, number: int) -> dict[str, Any] | None:
    """Return the record of a run."""
    with store.errors():
        return store.ingest_runs.find_one({"_id": number})


def newest(store: Store, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """Return the newest records, the newest first, with the lengths of their lists as ``listed``.

    Parameters
    ----------
    before : int, optional
        Only those of a smaller number.
    """
    lengths = {name: {"$size": {"$ifNull": [f"${name}", []]}} for name in LISTS}
    stages = [
        {"$match": {} if before is None else {"_id": {"$lt": before}}},
        {"$sort": {"_id": DESCENDING}},
        {"$limit": limit},
        {"$set": {"listed": lengths}},
        {"$unset": list(LISTS)},
    ]
    with store.errors():
        return list(store.ingest_runs.aggregate(stages))


def remember_keywords(
    store: Store, met: dict[tuple[HeaderKey, str], tuple[str, str]], when: datetime
) -> None:
    """Keep the keywords that no spec names, with their type and where they were first met.

    Parameters
    ----------
    met : dict
        (header, keyword) to (type, file name).
    """
    named = {f"{key} {keyword}": (key, keyword, *seen) for (key, keyword), seen in met.items()}
    if not named:
        return
    with store.errors():
        # Nearly always all of them are known, and reading is cheaper than writing.
        known = set(store.keywords_met.distinct("_id", {"_id": {"$in": list(named)}}))
        updates = [
            UpdateOne(
                {"_id": name},
                {
                    "$setOnInsert": {
                        **key._asdict(),
                        "keyword": keyword,
                        "type": type_,
                        "filename": filename,
                        "met": when,
                    }
                },
                upsert=True,
            )
            for name, (key, keyword, type_, filename) in named.items()
            if name not in known
        ]
        if updates:
            store.keywords_met.bulk_write(updates, ordered=False)


def keywords_met(store: Store) -> list[tuple[HeaderKey, str, str]]:
    """Return the keywords that ingests met and no spec named, with their types."""
    with store.errors():
        return [
            (HeaderKey(d["detector"], d["filetype"], d["extension"]), d["keyword"], d["type"])
            for d in store.keywords_met.find(sort=[("_id", 1)])
        ]
