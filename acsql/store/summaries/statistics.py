"""Statistics of the archive: observations, files, headers, filters and exposure times."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...keywords import KeywordSpecs
from ...query.conditions import And
from ..client import Store
from ..schema import Document
from . import values

if TYPE_CHECKING:
    import pyarrow as pa

STEPS = 4  # steps of exposure time per factor of ten
_LONGEST_EXPTIME = 1e9  # seconds; a longer one is infinite
_MISSING_LAST = "~"  # sorts after all names and dates
_TYPES = {
    **dict.fromkeys(("detector", "filter1", "filter2"), values.TEXT),
    **dict.fromkeys(("date_obs", "first_ingest_date"), values.TIME),
    "exptime": values.NUMBER,
}

Rows = list[Document]


def statistics(store: Store, specs: KeywordSpecs) -> dict[str, Rows]:
    """Return the statistics of the archive as it is.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the filetypes in their order.

    Returns
    -------
    dict
        The rows of each statistic by its name.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    sizes = {name: f"files.{name}.size" for name in specs.filetypes}
    headers = {name: f"extensions.{name}" for name in specs.filetypes}
    integers = dict.fromkeys((*sizes.values(), *headers.values()), values.INTEGER)
    table = values.table(store, And(), _TYPES | integers)
    for month, date in (("observed", "date_obs"), ("ingested", "first_ingest_date")):
        table = table.append_column(month, _months(table, date))
    return {
        "observations": _observations(table),
        "size_observed": _growth(table, "observed", list(sizes.values())),
        "size_ingested": _growth(table, "ingested", list(sizes.values())),
        "filetypes": _filetypes(table, sizes),
        "headers": _headers(table, headers),
        "filters": _filters(table),
        "exptimes": _exptimes(table),
    }


def _months(table: pa.Table, date: str) -> pa.ChunkedArray:
    """Return the months of dates as numbers, 100 for each year."""
    import pyarrow.compute as pc

    dates = table.column(date)
    return pc.add(pc.multiply(pc.year(dates), 100), pc.month(dates))


def _month(number: int | None) -> str | None:
    return None if number is None else f"{number // 100:04d}-{number % 100:02d}"


def _observations(table: pa.Table) -> Rows:
    """Return observations and exposure time by month and detector."""
    rows = [
        {
            "month": _month(row["observed"]),
            "detector": row["detector"],
            "observations": row["observations"],
            "exptime": row["exptime_sum"] or 0.0,
        }
        for row in values.groups(table, ["observed", "detector"], ("exptime", "sum"))
    ]
    return sorted(rows, key=_sort_key("month", "detector"))


def _growth(table: pa.Table, month: str, sizes: list[str]) -> Rows:
    """Return the files and bytes of each month, and the bytes up to its end."""
    sums = [(size, how) for size in sizes for how in ("count", "sum")]
    months = [
        {
            "month": _month(row[month]),
            "files": sum(row[f"{size}_count"] for size in sizes),
            "bytes": sum(row[f"{size}_sum"] or 0 for size in sizes),
        }
        for row in values.groups(table, [month], *sums)
    ]
    growth: Rows = []
    total = 0
    for row in sorted(months, key=_sort_key("month")):
        total += row["bytes"]
        if row["files"]:
            growth.append(row | {"total": total})
    return growth


def _filetypes(table: pa.Table, sizes: Mapping[str, str]) -> Rows:
    return [
        {"filetype": name, "files": files, "bytes": values.total(table, size)}
        for name, size in sizes.items()
        if (files := values.known(table, size))
    ]


def _headers(table: pa.Table, headers: Mapping[str, str]) -> Rows:
    """Return the number of headers by filetype, extension and detector."""
    rows: Rows = []
    for filetype, column in headers.items():
        numbers: Counter[tuple[int, str | None]] = Counter()
        for row in values.groups(table, [column, "detector"]):
            for extension in range(row[column] or 0):
                numbers[extension, row["detector"]] += row["observations"]
        rows += [
            {
                "detector": detector,
                "filetype": filetype,
                "extension": extension,
                "headers": numbers[extension, detector],
            }
            for extension, detector in sorted(numbers, key=lambda k: (k[0], k[1] or _MISSING_LAST))
        ]
    return rows


def _filters(table: pa.Table) -> Rows:
    """Return the number of observations with each filter in one of the wheels, by detector."""
    numbers: Counter[tuple[str, str | None]] = Counter()
    for row in values.groups(table, ["detector", "filter1", "filter2"]):
        for name in {row["filter1"], row["filter2"]} - {None}:
            numbers[name, row["detector"]] += row["observations"]
    totals: Counter[str] = Counter()
    for (name, _), number in numbers.items():
        totals[name] += number
    order = sorted(numbers, key=lambda k: (-totals[k[0]], k[0], k[1] or _MISSING_LAST))
    return [
        {"filter": name, "detector": detector, "observations": numbers[name, detector]}
        for name, detector in order
    ]


def _exptimes(table: pa.Table) -> Rows:
    """Return the number of observations in logarithmic steps of exposure time, by detector.

    ``low`` is the shortest exposure time of a step in seconds, inclusive; exposures of zero
    seconds have a step of their own.
    """
    numbers: Counter[tuple[float, str | None]] = Counter()
    for row in values.groups(table, ["exptime", "detector"]):
        if row["exptime"] is not None and row["exptime"] <= _LONGEST_EXPTIME:
            numbers[_low(row["exptime"]), row["detector"]] += row["observations"]
    return [
        {"detector": detector, "low": low, "observations": numbers[low, detector]}
        for low, detector in sorted(numbers, key=lambda k: (k[0], k[1] or _MISSING_LAST))
    ]


def _low(exptime: float) -> float:
    """Return the shortest exposure time of the step that an exposure time is in."""
    if exptime <= 0:
        return 0.0
    return float(f"{10 ** (math.floor(STEPS * math.log10(exptime)) / STEPS):.4g}")


def _sort_key(*names: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    """Return the sort key of rows by some of their columns, missing values last."""
    return lambda row: tuple(_MISSING_LAST if row[n] is None else row[n] for n in names)
