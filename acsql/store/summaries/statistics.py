"""Statistics of the archive: observations, files, headers, filters and exposure times."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...keywords import KeywordSpecs
from ..client import Store
from ..schema import Document
from . import values
from .kept import Kept
from .sums_of_parts import Numbers, SumsOfParts, added

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
Key = tuple[Any, ...]


def statistics(store: Store, specs: KeywordSpecs) -> Kept[dict[str, Rows]]:
    """Return a function that returns the statistics of the archive as it is.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the filetypes in their order.

    Returns
    -------
    Kept
        Returns the rows of each statistic by its name; after a write it reads the changed
        observations alone.
    """
    sizes = {name: f"files.{name}.size" for name in specs.filetypes}
    headers = {name: f"extensions.{name}" for name in specs.filetypes}
    integers = dict.fromkeys((*sizes.values(), *headers.values()), values.INTEGER)
    pieces = SumsOfParts(store, _TYPES | integers, lambda table: _summed(table, sizes, headers))
    return Kept(store, lambda: _statistics(added(pieces()), specs))


def _summed(table: pa.Table, sizes: Mapping[str, str], headers: Mapping[str, str]) -> Numbers:
    """Return the sums over some observations from which the statistics are made."""
    for month, date in (("observed", "date_obs"), ("ingested", "first_ingest_date")):
        table = table.append_column(month, _months(table, date))
    return {
        **_observations(table),
        **_growth(table, "observed", sizes),
        **_growth(table, "ingested", sizes),
        "headers": _headers(table, headers),
        "filters": _filters(table),
        "exptimes": _exptimes(table),
    }


def _statistics(sums: Numbers, specs: KeywordSpecs) -> dict[str, Rows]:
    """Return the rows of all statistics from the sums over all observations."""
    return {
        "observations": _observation_rows(sums),
        "size_observed": _growth_rows(sums, "observed"),
        "size_ingested": _growth_rows(sums, "ingested"),
        "filetypes": _filetype_rows(sums, specs.filetypes),
        "headers": _header_rows(sums["headers"], specs.filetypes),
        "filters": _filter_rows(sums["filters"]),
        "exptimes": _exptime_rows(sums["exptimes"]),
    }


def _months(table: pa.Table, date: str) -> pa.ChunkedArray:
    """Return the months of dates as numbers, 100 for each year."""
    import pyarrow.compute as pc

    dates = table.column(date)
    return pc.add(pc.multiply(pc.year(dates), 100), pc.month(dates))


def _month(number: int | None) -> str | None:
    return None if number is None else f"{number // 100:04d}-{number % 100:02d}"


def _observations(table: pa.Table) -> Numbers:
    """Return observations and exposure time by month and detector."""
    observations: Counter[Key] = Counter()
    exptime: Counter[Key] = Counter()
    for row in values.groups(table, ["observed", "detector"], ("exptime", "sum")):
        key = _month(row["observed"]), row["detector"]
        observations[key] = row["observations"]
        exptime[key] = row["exptime_sum"] or 0
    return {"observations": observations, "exptime": exptime}


def _observation_rows(sums: Numbers) -> Rows:
    return [
        {
            "month": month,
            "detector": detector,
            "observations": sums["observations"][month, detector],
            "exptime": float(sums["exptime"][month, detector]),
        }
        for month, detector in sorted(sums["observations"], key=_missing_last)
    ]


def _growth(table: pa.Table, month: str, sizes: Mapping[str, str]) -> Numbers:
    """Return the files and bytes of each filetype and month."""
    files: Counter[Key] = Counter()
    size: Counter[Key] = Counter()
    wanted = [(path, how) for path in sizes.values() for how in ("count", "sum")]
    for row in values.groups(table, [month], *wanted):
        for filetype, path in sizes.items():
            files[_month(row[month]), filetype] = row[f"{path}_count"]
            size[_month(row[month]), filetype] = row[f"{path}_sum"] or 0
    return {f"files {month}": files, f"bytes {month}": size}


def _growth_rows(sums: Numbers, month: str) -> Rows:
    """Return the files and bytes of each month, and the bytes up to its end."""
    files, sizes = (_by(0, sums[f"{name} {month}"]) for name in ("files", "bytes"))
    rows: Rows = []
    total = 0
    for name in sorted(files, key=lambda name: name or _MISSING_LAST):
        total += sizes[name]
        if files[name]:
            rows.append({"month": name, "files": files[name], "bytes": sizes[name], "total": total})
    return rows


def _filetype_rows(sums: Numbers, filetypes: Iterable[str]) -> Rows:
    files, sizes = (_by(1, sums[f"{name} observed"]) for name in ("files", "bytes"))
    return [
        {"filetype": name, "files": files[name], "bytes": sizes[name]}
        for name in filetypes
        if files[name]
    ]


def _headers(table: pa.Table, headers: Mapping[str, str]) -> Counter[Key]:
    """Return the number of headers by filetype, extension and detector."""
    numbers: Counter[Key] = Counter()
    for filetype, column in headers.items():
        for row in values.groups(table, [column, "detector"]):
            for extension in range(row[column] or 0):
                numbers[filetype, extension, row["detector"]] += row["observations"]
    return numbers


def _header_rows(numbers: Counter[Key], filetypes: Iterable[str]) -> Rows:
    places = {name: place for place, name in enumerate(filetypes)}
    order = sorted(numbers, key=lambda k: (places[k[0]], k[1], k[2] or _MISSING_LAST))
    return [
        {
            "detector": detector,
            "filetype": filetype,
            "extension": extension,
            "headers": numbers[filetype, extension, detector],
        }
        for filetype, extension, detector in order
    ]


def _filters(table: pa.Table) -> Counter[Key]:
    """Return the number of observations with each filter in one of the wheels, by detector."""
    numbers: Counter[Key] = Counter()
    for row in values.groups(table, ["detector", "filter1", "filter2"]):
        for name in {row["filter1"], row["filter2"]} - {None}:
            numbers[name, row["detector"]] += row["observations"]
    return numbers


def _filter_rows(numbers: Counter[Key]) -> Rows:
    totals = _by(0, numbers)
    order = sorted(numbers, key=lambda k: (-totals[k[0]], k[0], k[1] or _MISSING_LAST))
    return [
        {"filter": name, "detector": detector, "observations": numbers[name, detector]}
        for name, detector in order
    ]


def _exptimes(table: pa.Table) -> Counter[Key]:
    """Return the number of observations in logarithmic steps of exposure time, by detector."""
    numbers: Counter[Key] = Counter()
    for row in values.groups(table, ["exptime", "detector"]):
        if row["exptime"] is not None and row["exptime"] <= _LONGEST_EXPTIME:
            numbers[_low(row["exptime"]), row["detector"]] += row["observations"]
    return numbers


def _exptime_rows(numbers: Counter[Key]) -> Rows:
    """Return the rows of exposure times.

    ``low`` is the shortest exposure time of a step in seconds, inclusive; exposures of zero
    seconds have a step of their own.
    """
    return [
        {"detector": detector, "low": low, "observations": numbers[low, detector]}
        for low, detector in sorted(numbers, key=lambda k: (k[0], k[1] or _MISSING_LAST))
    ]


def _low(exptime: float) -> float:
    """Return the shortest exposure time of the step that an exposure time is in."""
    if exptime <= 0:
        return 0.0
    return float(f"{10 ** (math.floor(STEPS * math.log10(exptime)) / STEPS):.4g}")


def _by(position: int, numbers: Counter[Key]) -> Counter[Any]:
    """Return the sums of numbers by one of the values of their keys."""
    sums: Counter[Any] = Counter()
    for key, number in numbers.items():
        sums[key[position]] += number
    return sums


def _missing_last(key: Key) -> Key:
    """Return the sort key of names, of which missing ones come last."""
    return tuple(_MISSING_LAST if name is None else name for name in key)
