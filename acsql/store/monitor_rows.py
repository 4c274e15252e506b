"""Rows of monitors, as `acsql.store.monitor_writes` has written them, and numbers of them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from .client import Store
from .schema import MONITOR_ROWS, Document

# Both values, because no index serves the condition that the field exists.
FAILED = {"failure.owed": {"$in": [False, True]}}
HAS_ROWS = {"$eq": [{"$type": "$rows"}, "array"]}


def key(monitor: str, rootname: str) -> str:
    """Return the key of the document of a monitor and an observation."""
    return f"{monitor} {rootname}"


def with_rows(monitor: str) -> dict[str, Any]:
    """Return the filter of the observations of which a monitor has rows.

    Parameters
    ----------
    monitor : str
        The name of the monitor.

    Returns
    -------
    dict
        It leaves out those that failed, have no rows, or are no longer wanted.
    """
    return {"monitor": monitor, "rows.0": {"$exists": True}}


def find(
    store: Store,
    monitor: str,
    since: float | None = None,
    latest: int | None = None,
    rootnames: Collection[str] | None = None,
) -> Iterator[Document]:
    """Yield the latest measurements of a monitor.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    since : float, optional
        Only observations from this time on, as Modified Julian Date.
    latest : int, optional
        Only the last this many observations.
    rootnames : collection of str, optional
        Only these.

    Yields
    ------
    dict
        A document with rootname, expstart and rows, in the order of time.
    """
    filter_ = with_rows(monitor)
    if since is not None:
        filter_["expstart"] = {"$gte": since}
    if rootnames is not None:
        filter_["_id"] = {"$in": [key(monitor, rootname) for rootname in rootnames]}
    ascending = {"$sort": {"expstart": 1}}  # the order of an index: the server sorts nothing
    stages: list[dict[str, Any]] = [{"$match": filter_}, ascending]
    if latest is not None:
        stages[1:] = [{"$sort": {"expstart": -1}}, {"$limit": latest}, ascending]
    fields = {"$project": {"_id": 0, "rootname": 1, "expstart": 1, "rows": 1}}
    with store.errors():
        yield from _in_order(store.database[MONITOR_ROWS].aggregate([*stages, fields]))


def _in_order(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield documents in the order of time, and in that of rootnames at the same time."""
    for _, same in groupby(documents, key=itemgetter("expstart")):
        yield from sorted(same, key=itemgetter("rootname"))


def sample(store: Store, monitor: str, number: int) -> list[str]:
    """Return the rootnames of observations with rows, chosen by chance.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    number : int
        The largest number of rootnames.
    """
    stages: list[dict[str, Any]] = [{"$match": with_rows(monitor)}, {"$sample": {"size": number}}]
    with store.errors():
        found = store.database[MONITOR_ROWS].aggregate([*stages, {"$project": {"rootname": 1}}])
        return [each["rootname"] for each in found]


def older(store: Store, monitor: str, since: float | None = None) -> Iterator[Document]:
    """Yield the older measurements of a monitor.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    since : float, optional
        As for `find`.

    Yields
    ------
    dict
        A document with rootname, expstart, measured and rows.
    """
    filter_: dict[str, Any] = {"monitor": monitor, "older.0": {"$exists": True}}
    if since is not None:
        filter_["expstart"] = {"$gte": since}
    stages: list[dict[str, Any]] = [
        {"$match": filter_},
        {"$sort": {"expstart": 1, "rootname": 1}},
        {"$unwind": "$older"},
        {
            "$project": {
                "_id": 0,
                "rootname": 1,
                "expstart": 1,
                "measured": "$older.measured",
                "rows": "$older.rows",
            }
        },
    ]
    with store.errors():
        yield from store.database[MONITOR_ROWS].aggregate(stages)


@dataclass(frozen=True)
class Numbers:
    """Numbers of the observations of a monitor, and of their rows."""

    measured: int = 0
    rows: int = 0
    failed: int = 0


def numbers(store: Store, monitors: Collection[str]) -> dict[str, Numbers]:
    """Return the numbers of some monitors; all of their rows are read.

    Parameters
    ----------
    store : Store
        The open database.
    monitors : collection of str
        Names of monitors.

    Returns
    -------
    dict
        Names of monitors to `Numbers`, of those that have measured something.
    """
    stages: list[dict[str, Any]] = [
        {"$match": {"monitor": {"$in": list(monitors)}}},
        {
            "$group": {
                "_id": "$monitor",
                "measured": {"$sum": {"$cond": [HAS_ROWS, 1, 0]}},
                "rows": {"$sum": {"$cond": [HAS_ROWS, {"$size": {"$ifNull": ["$rows", []]}}, 0]}},
                "failed": {"$sum": {"$cond": [{"$eq": [{"$type": "$failure"}, "object"]}, 1, 0]}},
            }
        },
    ]
    with store.errors():
        groups = list(store.database[MONITOR_ROWS].aggregate(stages))
    return {group.pop("_id"): Numbers(**group) for group in groups}


def failures(store: Store, monitor: str, limit: int) -> list[Document]:
    """Return the observations that a monitor could not measure, the last ones first.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    limit : int
        At most this many.

    Returns
    -------
    list of dict
        Documents with rootname, reason, owed, and measured (the time of the attempt, UTC).
    """
    stages: list[dict[str, Any]] = [
        {"$match": {"monitor": monitor, **FAILED}},
        {"$sort": {"measured": -1, "rootname": 1}},
        {"$limit": limit},
        {
            "$project": {
                "_id": 0,
                "rootname": 1,
                "reason": "$failure.reason",
                "owed": "$failure.owed",
                "measured": 1,
            }
        },
    ]
    with store.errors():
        return list(store.database[MONITOR_ROWS].aggregate(stages))
