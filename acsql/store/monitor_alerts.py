"""Alerts of monitors: opened and closed by the runs, and marked as seen by people."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pymongo import DESCENDING

from .client import Store
from .schema import MONITOR_ALERTS, Document, DocumentCollection


def _collection(store: Store) -> DocumentCollection:
    return store.database[MONITOR_ALERTS]


def update(
    store: Store, monitor: str, present: Mapping[str, Mapping[str, Any]], when: datetime
) -> list[Document]:
    """Open the alerts that are new, and close those that are no longer present.

    Parameters
    ----------
    store : Store
        The open database; the caller holds the lock of the monitors.
    monitor : str
        The name of the monitor.
    present : mapping
        The key of each alert to its message and rootname.
    when : datetime
        The time, in UTC.

    Returns
    -------
    list of dict
        The open alerts, as `listed` returns them.
    """
    is_open = {"monitor": monitor, "closed": None}
    with store.errors():
        _collection(store).update_many(
            is_open | {"key": {"$nin": list(present)}}, {"$set": {"closed": when}}
        )
        for key, fields in present.items():
            _collection(store).update_one(
                is_open | {"key": key},
                {"$set": dict(fields), "$setOnInsert": {"opened": when, "seen": []}},
                upsert=True,
            )
    # Open alerts come first.
    return listed(store, [monitor], len(present)) if present else []


def listed(store: Store, monitors: Collection[str], limit: int = 100) -> list[Document]:
    """Return the latest alerts of some monitors.

    Parameters
    ----------
    store : Store
        The open database.
    monitors : collection of str
        The names of the monitors.
    limit : int
        At most this many.

    Returns
    -------
    list of dict
        Open alerts first: monitor, key, message, rootname, opened, closed and seen.
    """
    stages: list[dict[str, Any]] = [
        {"$match": {"monitor": {"$in": list(monitors)}}},
        {"$set": {"is_open": {"$eq": ["$closed", None]}}},
        {"$sort": {"is_open": DESCENDING, "opened": DESCENDING, "key": 1}},
        {"$limit": limit},
        {"$unset": ["_id", "is_open"]},
    ]
    with store.errors():
        return list(_collection(store).aggregate(stages))


def count_open(store: Store) -> dict[str, int]:
    """Return the number of open alerts of each monitor that has any."""
    stages: list[dict[str, Any]] = [
        {"$match": {"closed": None}},
        {"$group": {"_id": "$monitor", "alerts": {"$sum": 1}}},
    ]
    with store.errors():
        return {group["_id"]: group["alerts"] for group in _collection(store).aggregate(stages)}


def mark_seen(store: Store, monitor: str, user: str, when: datetime) -> int:
    """Record that a user has seen the open alerts of a monitor.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    user : str
        Who has seen them.
    when : datetime
        The time, in UTC.

    Returns
    -------
    int
        The number of alerts that this user had not seen before.
    """
    unseen = {"monitor": monitor, "closed": None, "seen.user": {"$ne": user}}
    with store.errors():
        result = _collection(store).update_many(
            unseen, {"$push": {"seen": {"user": user, "when": when}}}
        )
    return result.modified_count
