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
# Days of the shortest periods whose extremes are looked for.
_DAYS = 8
# The two ends of a column; the lowest and the highest value of a period, with its observation.
_ENDS = ("$min", "$max")


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
        A document with rootname, expstart and rows, in the order of time.
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


def extremes(
    store: Store, monitor: str, columns: Sequence[str], by: str | None, most: int
) -> list[str]:
    """Return the observations with the lowest and the highest value of each period and series.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    columns : sequence of str
        Columns with numbers.
    by : str or None
        The column that divides the rows into series; None for one series.
    most : int
        The largest number of observations; the periods, of 8 days, are doubled until it is met.

    Returns
    -------
    list of str
        Rootnames in alphabetical order.
    """
    period = {"$floor": {"$divide": ["$expstart", _DAYS]}}
    ends = {
        f"{name} {end}": {end: {"$cond": [{"$isNumber": value}, pair, None]}}
        for name, value, end in ((name, f"$rows.{name}", end) for name in columns for end in _ENDS)
        for pair in ({"value": value, "rootname": "$rootname"},)
    }
    used = {f"rows.{name}": 1 for name in (*columns, by) if name}
    stages: list[dict[str, Any]] = [
        {"$match": with_rows(monitor) | {"expstart": {"$ne": None}}},
        {"$project": {"_id": 0, "rootname": 1, "expstart": 1, **used}},
        {"$unwind": "$rows"},
        {"$group": {"_id": {"period": period, "series": f"$rows.{by}" if by else None}, **ends}},
    ]
    with store.errors():
        groups = list(store.database[MONITOR_ROWS].aggregate(stages))
    found = {
        (group["_id"]["period"], group["_id"].get("series"), end): (held["value"], held["rootname"])
        for group in groups
        for end in ends
        if (held := group[end])
    }
    while len(rootnames := {rootname for _, rootname in found.values()}) > most:
        if len({period for period, _, _ in found}) == 1:
            break  # a series for nearly each observation
        found = _of_longer_periods(found)
    return sorted(rootnames)[:most]


def _of_longer_periods(found: dict[tuple[int, Any, str], Any]) -> dict[tuple[int, Any, str], Any]:
    """Return the extremes of periods twice as long."""
    longer: dict[tuple[int, Any, str], Any] = {}
    for (period, series, end), held in found.items():
        key = period // 2, series, end
        choose = min if end.endswith(_ENDS[0]) else max
        longer[key] = choose(held, longer.get(key, held))
    return longer


def _merged(windows: Iterable[Window]) -> Sequence[Window]:
    """Return windows without overlaps, in the order of time."""
    merged: list[Window] = []
    for first, last in sorted(windows):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged
