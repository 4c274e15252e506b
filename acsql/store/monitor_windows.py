"""Parts and counts of the rows of monitors, for alerts and summaries that do not need all rows.

Alerts need the rows within some time of the latest of each series.  A series can have ended years
before the others, as those of a detector that was lost.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .client import Store
from .monitor_rows import with_rows
from .schema import MONITOR_ROWS, Document

Window = tuple[float, float]


def last_times(store: Store, monitor: str, column: str, by: str | None) -> dict[Any, float]:
    """Return the time of the last row with a value of a column, of each series.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    column : str
        The column.
    by : str or None
        The column that divides the rows into series; None for one series.

    Returns
    -------
    dict
        The values of `by` to starts of exposures, as Modified Julian Dates.
    """
    series = f"$rows.{by}" if by else None
    used = {f"rows.{name}": 1 for name in (column, by) if name}
    stages: list[dict[str, Any]] = [
        {"$match": with_rows(monitor) | {"expstart": {"$ne": None}}},
        {"$project": {"_id": 0, "expstart": 1, **used}},
        {"$unwind": "$rows"},
        {"$match": {f"rows.{column}": {"$ne": None}}},
        {"$group": {"_id": series, "last": {"$max": "$expstart"}}},
    ]
    with store.errors():
        groups = store.database[MONITOR_ROWS].aggregate(stages)
        return {group["_id"]: group["last"] for group in groups}


def newest_time(store: Store, monitor: str) -> float | None:
    """Return the time of the last observation with rows, None without any.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    """
    filter_ = with_rows(monitor) | {"expstart": {"$ne": None}}
    with store.errors():
        found = store.database[MONITOR_ROWS].find_one(
            filter_, {"expstart": 1}, sort=[("expstart", -1)]
        )
    return None if found is None else float(found["expstart"])


def find(
    store: Store, monitor: str, windows: Iterable[Window], columns: Iterable[str]
) -> Iterator[Document]:
    """Yield the latest measurements of a monitor within some windows of time.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    windows : iterable of (float, float)
        First and last time, as Modified Julian Dates; both are inside.
    columns : iterable of str
        The columns of the rows.

    Yields
    ------
    dict
        With rootname, expstart and rows, in the order of time.
    """
    fields = {"_id": 0, "rootname": 1, "expstart": 1}
    fields |= {f"rows.{name}": 1 for name in columns} or {"rows": 1}
    for first, last in _merged(windows):
        filter_ = with_rows(monitor) | {"expstart": {"$gte": first, "$lte": last}}
        with store.errors():
            yield from store.database[MONITOR_ROWS].find(
                filter_, fields, sort=[("expstart", 1), ("rootname", 1)]
            )


def counts(store: Store, monitor: str, columns: Sequence[str]) -> dict[tuple[Any, ...], int]:
    """Return how often values of columns occur together in the rows of a monitor.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    columns : sequence of str
        The columns.

    Returns
    -------
    dict
        A tuple with one value for each column, None for a missing one, to the number of rows.
    """
    key = {name: {"$ifNull": [f"$rows.{name}", None]} for name in columns}
    stages: list[dict[str, Any]] = [
        {"$match": with_rows(monitor)},
        {"$project": {"_id": 0, **{f"rows.{name}": 1 for name in columns}}},
        {"$unwind": "$rows"},
        {"$group": {"_id": key, "rows": {"$sum": 1}}},
    ]
    with store.errors():
        groups = store.database[MONITOR_ROWS].aggregate(stages)
        return {tuple(group["_id"][name] for name in columns): group["rows"] for group in groups}


def _merged(windows: Iterable[Window]) -> Sequence[Window]:
    """Return windows without overlaps, in the order of time."""
    merged: list[Window] = []
    for first, last in sorted(windows):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged
