"""Rows of monitors: one document for each monitor and observation, with its measurements.

A document has the rows of the latest measurement, those of older ones, and the failure of the last
attempt.  One write changes all of it, so that a kill at any moment leaves every measurement whole
or absent, and no observation is measured twice in one state, also on a server without
transactions.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from pymongo import UpdateOne

from .client import Store
from .repetition import repeated
from .schema import MONITOR_ROWS, Document, DocumentCollection

_AT_ONCE = 1000  # documents that one command writes
# States that no observation has.
RETRIED = "retried"
RETIRED = "retired"  # the monitor no longer wants it


@dataclass(frozen=True)
class Outcome:
    """What a monitor measured on one observation, or why it could not.

    Attributes
    ----------
    monitor, rootname : str
        Of which monitor and observation.
    state : str
        The version of the monitor and of the files, as of `state`.
    expstart : float or None
        The start of the exposure, as Modified Julian Date.
    rows : tuple of mapping
        Values by column.
    reason : str, optional
        Why the measurement failed; None if it did not.
    owed : bool
        Whether the cause is outside of the observation and the monitor, so that every run tries
        again.
    """

    monitor: str
    rootname: str
    state: str
    expstart: float | None = None
    rows: tuple[Mapping[str, Any], ...] = field(default=())
    reason: str | None = None
    owed: bool = False


def _collection(store: Store) -> DocumentCollection:
    return store.database[MONITOR_ROWS]


def state(version: int, files: Mapping[str, Mapping[str, Any]], filetypes: Collection[str]) -> str:
    """Return a text that differs after each change of a monitor or of the files it uses.

    Parameters
    ----------
    version : int
        The version of the monitor.
    files : mapping
        What is recorded of the files of the observation, by filetype.
    filetypes : collection of str
        The filetypes that the monitor uses.

    Returns
    -------
    str
        The version and 16 hexadecimal digits of a SHA-256 digest of sizes and times.
    """
    states = [
        [name, str(file.get("size")), str(file.get("mtime"))]
        for name, file in sorted(files.items())
        if name in filetypes
    ]
    return f"{version} {hashlib.sha256(json.dumps(states).encode()).hexdigest()[:16]}"


@repeated
def states(store: Store, monitor: str, retry_failed: bool = False) -> dict[str, str]:
    """Return the state in which each observation needs no measurement.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    retry_failed : bool
        Whether also failures that are not owed need one.

    Returns
    -------
    dict
        Rootnames to states; a failure that is tried again has `RETRIED` as its state.
    """
    fields = {"rootname": 1, "state": 1, "failure.owed": 1, "_id": 0}
    with store.errors():
        return {
            document["rootname"]: RETRIED
            if (failure := document.get("failure")) and (retry_failed or failure["owed"])
            else document["state"]
            for document in _collection(store).find({"monitor": monitor}, fields)
        }


@repeated
def write(store: Store, outcomes: Sequence[Outcome], run: int, when: datetime) -> None:
    """Write measurements; a repetition leaves the same documents.

    Parameters
    ----------
    store : Store
        The open database.
    outcomes : sequence of Outcome
        The measurements and failures.
    run : int
        The number of the run.
    when : datetime
        The time of the measurement, in UTC.
    """
    updates = [
        UpdateOne({"_id": _key(each.monitor, each.rootname)}, _update(each, run, when), upsert=True)
        for each in outcomes
    ]
    with store.errors():
        for start in range(0, len(updates), _AT_ONCE):
            _collection(store).bulk_write(updates[start : start + _AT_ONCE], ordered=False)


def _key(monitor: str, rootname: str) -> str:
    return f"{monitor} {rootname}"


_OLDER: dict[str, Any] = {"$ifNull": ["$older", []]}
# The latest measurement, as it is kept among the older ones.
_LATEST = {"state": "$state", "measured": "$measured", "run": "$run", "rows": "$rows"}
# A document has at most 16 MB, and a measurement 1 MB: of too many older ones the last are kept.
_MOST_OLDER_BYTES, _FEWER_OLDER = 12_000_000, 10
_MORE_OLDER = {
    "$concatArrays": [
        {
            "$cond": [
                {"$gt": [{"$bsonSize": {"older": _OLDER}}, _MOST_OLDER_BYTES]},
                {"$slice": [_OLDER, -_FEWER_OLDER]},
                _OLDER,
            ]
        },
        [_LATEST],
    ]
}
# By an index, which a condition that the field exists does not use.
FAILED = {"failure.owed": {"$in": [False, True]}}
_HAS_ROWS = {"$eq": [{"$type": "$rows"}, "array"]}


def _update(outcome: Outcome, run: int, when: datetime) -> list[dict[str, Any]]:
    """Return the update of one document: keep rows of another state, then put in the new ones."""
    differs = {"$ne": ["$state", outcome.state]}
    older = {"$cond": [{"$and": [_HAS_ROWS, differs]}, _MORE_OLDER, _OLDER]}
    values: dict[str, Any] = {
        "monitor": outcome.monitor,
        "rootname": outcome.rootname,
        "state": outcome.state,
        "expstart": outcome.expstart,
        "measured": when,
        "run": run,
    }
    if outcome.reason is None:
        values["rows"] = [dict(row) for row in outcome.rows]
        removed = "failure"
    else:
        values["failure"] = {"reason": outcome.reason, "owed": outcome.owed}
        removed = "rows"
    return [
        {"$set": {"older": older}},
        {"$set": {name: {"$literal": value} for name, value in values.items()}},
        {"$unset": removed},
    ]


@repeated
def retire(store: Store, monitor: str, rootnames: Iterable[str]) -> None:
    """Keep the rows of observations that a monitor no longer wants as older ones.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    rootnames : iterable of str
        The observations.
    """
    kept = {"$cond": [_HAS_ROWS, _MORE_OLDER, _OLDER]}
    updates = [
        UpdateOne(
            {"_id": _key(monitor, rootname)},
            [
                {"$set": {"older": kept, "state": RETIRED}},
                {"$unset": ["rows", "failure"]},
            ],
        )
        for rootname in rootnames
    ]
    with store.errors():
        for start in range(0, len(updates), _AT_ONCE):
            _collection(store).bulk_write(updates[start : start + _AT_ONCE], ordered=False)


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
        With rootname, expstart and rows, in the order of time.
    """
    filter_ = with_rows(monitor)
    if since is not None:
        filter_["expstart"] = {"$gte": since}
    if rootnames is not None:
        filter_["_id"] = {"$in": [_key(monitor, rootname) for rootname in rootnames]}
    ascending = {"$sort": {"expstart": 1}}  # the order of an index: the server sorts nothing
    stages: list[dict[str, Any]] = [{"$match": filter_}, ascending]
    if latest is not None:
        stages[1:] = [{"$sort": {"expstart": -1}}, {"$limit": latest}, ascending]
    fields = {"$project": {"_id": 0, "rootname": 1, "expstart": 1, "rows": 1}}
    with store.errors():
        yield from _in_order(_collection(store).aggregate([*stages, fields]))


def _in_order(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield documents in the order of time, those of the same time in that of their rootnames."""
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
        At most how many.
    """
    stages: list[dict[str, Any]] = [{"$match": with_rows(monitor)}, {"$sample": {"size": number}}]
    with store.errors():
        found = _collection(store).aggregate([*stages, {"$project": {"rootname": 1}}])
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
        With rootname, expstart, measured and rows.
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
        yield from _collection(store).aggregate(stages)


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
                "measured": {"$sum": {"$cond": [_HAS_ROWS, 1, 0]}},
                "rows": {"$sum": {"$cond": [_HAS_ROWS, {"$size": {"$ifNull": ["$rows", []]}}, 0]}},
                "failed": {"$sum": {"$cond": [{"$eq": [{"$type": "$failure"}, "object"]}, 1, 0]}},
            }
        },
    ]
    with store.errors():
        groups = list(_collection(store).aggregate(stages))
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
        With rootname, reason, owed, and measured (the time of the attempt, UTC).
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
        return list(_collection(store).aggregate(stages))
