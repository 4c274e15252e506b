"""Writes of measurements: one document for each monitor and observation, with its rows.

A document has the rows of the latest measurement, the rows of older ones, and the failure of the
last attempt.  One write changes all of it, so that a kill at any moment leaves every measurement
whole or absent, and no observation is measured twice in one state, also on a server without
transactions.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from .client import Store
from .monitor_rows import HAS_ROWS, key
from .repetition import repeated
from .schema import MONITOR_ROWS

_AT_ONCE = 1000  # documents that one command writes
# States that no observation has.
RETRIED = "retried"
RETIRED = "retired"  # the monitor no longer wants it


@dataclass(frozen=True)
class Outcome:
    """The measurement of one observation by a monitor, or the reason why it failed.

    Attributes
    ----------
    monitor, rootname : str
        The monitor and the observation.
    state : str
        The version of the monitor and of the files, as `state` returns it.
    expstart : float or None
        The start of the exposure, as Modified Julian Date.
    rows : tuple of mapping
        Values by column.
    reason : str, optional
        The reason why the measurement failed; None if it did not.
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


def state(version: int, files: Mapping[str, Mapping[str, Any]], filetypes: Collection[str]) -> str:
    """Return a text that differs after each change of a monitor or of the files it uses.

    Parameters
    ----------
    version : int
        The version of the monitor.
    files : mapping
        The records of the files of the observation, by filetype.
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
            for document in store.database[MONITOR_ROWS].find({"monitor": monitor}, fields)
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
        UpdateOne({"_id": key(each.monitor, each.rootname)}, _update(each, run, when), upsert=True)
        for each in outcomes
    ]
    _write(store, updates)


def _write(store: Store, updates: Sequence[UpdateOne]) -> None:
    with store.errors():
        for start in range(0, len(updates), _AT_ONCE):
            some = updates[start : start + _AT_ONCE]
            store.database[MONITOR_ROWS].bulk_write(some, ordered=False)


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


def _update(outcome: Outcome, run: int, when: datetime) -> list[dict[str, Any]]:
    """Return the update of one document: keep rows of another state, then put in the new ones."""
    differs = {"$ne": ["$state", outcome.state]}
    older = {"$cond": [{"$and": [HAS_ROWS, differs]}, _MORE_OLDER, _OLDER]}
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
    kept = {"$cond": [HAS_ROWS, _MORE_OLDER, _OLDER]}
    updates = [
        UpdateOne(
            {"_id": key(monitor, rootname)},
            [
                {"$set": {"older": kept, "state": RETIRED}},
                {"$unset": ["rows", "failure"]},
            ],
        )
        for rootname in rootnames
    ]
    _write(store, updates)
