"""Summaries of monitors, as the last run has made them.

A summary is of all rows, which are too many to be read for a page; only runs change them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from .client import Store
from .schema import MONITOR_SUMMARIES

# Rows that are kept, those that a page can show.
MAX_ROWS = 1000


class KeptSummary(NamedTuple):
    """A summary as a run has made it.

    Attributes
    ----------
    columns : list of dict
        The name, type, description and unit of each column.
    rows : list of list
        The values of each row in the order of the columns.
    computed : datetime
        When, in UTC.
    """

    columns: list[dict[str, Any]]
    rows: list[list[Any]]
    computed: datetime


def write(
    store: Store,
    monitor: str,
    columns: Sequence[Mapping[str, Any]],
    rows: Sequence[Sequence[Any]],
    when: datetime,
) -> None:
    """Replace the summary of a monitor.

    Parameters
    ----------
    store : Store
        The open database; the caller holds the lock of the monitors.
    monitor : str
        The name of the monitor.
    columns : sequence of mapping
        As in `KeptSummary`.
    rows : sequence of sequence
        As in `KeptSummary`; the first `MAX_ROWS` are kept.
    when : datetime
        The time, in UTC.
    """
    kept = {
        "columns": [dict(column) for column in columns],
        "rows": [list(row) for row in rows[:MAX_ROWS]],
        "computed": when,
    }
    with store.errors():
        store.database[MONITOR_SUMMARIES].replace_one({"_id": monitor}, kept, upsert=True)


def find(store: Store, monitor: str) -> KeptSummary | None:
    """Return the summary of a monitor, None if no run has made one.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    """
    with store.errors():
        found = store.database[MONITOR_SUMMARIES].find_one({"_id": {"$eq": monitor}}, {"_id": 0})
    return KeptSummary(**found) if found else None
