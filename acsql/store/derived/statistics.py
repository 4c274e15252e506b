"""Statistics of the archive, computed after every ingest: observations, files, headers, filters.

They are computed from the headerless observations, and served with the time of computation until
the next refresh.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...keywords import KeywordSpecs
from ..client import Store
from ..schema import STATISTICS, Document, now
from . import headerless

STEPS = 4  # steps of exposure time per factor of ten
_LONGEST_EXPTIME = 1e9  # seconds; a longer one is infinite
_MONTH = "%Y-%m"
_MISSING_LAST = "~"  # sorts after all names and dates

Rows = list[Document]


def refresh(store: Store, specs: KeywordSpecs) -> None:
    """Compute the statistics from the headerless observations and store them.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        The source of the order of filetypes.
    """
    counted = now()
    with store.errors():
        for name, rows in _compute(store, specs).items():
            store.database[STATISTICS].replace_one(
                {"_id": name}, {"counted": counted, "rows": rows}, upsert=True
            )


def stored(store: Store) -> dict[str, Document]:
    """Return the statistics of the last refresh.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    dict
        Names to documents with ``rows`` and ``counted``, the time of the refresh in UTC; empty
        before the first refresh.
    """
    with store.errors():
        statistics = store.database[STATISTICS].find()
        return {statistic.pop("_id"): statistic for statistic in statistics}


def _compute(store: Store, specs: KeywordSpecs) -> dict[str, Rows]:
    by_month = {"month": _month("date_obs"), "detector": "$detector"}
    files = _files(store)
    positions = {name: position for position, name in enumerate(specs.filetypes)}
    return {
        "observations": _grouped(store, by_month, {"exptime": {"$sum": "$exptime"}}),
        "size_observed": _growth(files["observed"]),
        "size_ingested": _growth(files["ingested"]),
        "filetypes": _by_filetype(files["filetype"], positions),
        "headers": _headers(store, positions),
        "filters": _filters(store),
        "exptimes": _exptimes(store),
    }


def _month(field: str) -> Document:
    """Return the expression for the month of a date, null for a missing or mistyped date."""
    text = {"$dateToString": {"date": f"${field}", "format": _MONTH}}
    return {"$cond": [{"$eq": [{"$type": f"${field}"}, "date"]}, text, None]}


def _grouped(store: Store, by: Mapping[str, Any], sums: Mapping[str, Any]) -> Rows:
    """Return the number of observations of each group, in the order of the grouping keys."""
    # Without $ifNull the server omits keys that a document lacks.
    keys = {name: {"$ifNull": [value, None]} for name, value in by.items()}
    group = {"_id": keys, "observations": {"$sum": 1}, **sums}
    rows = [row.pop("_id") | row for row in store.headerless.aggregate([{"$group": group}])]
    return sorted(rows, key=_sort_key(*by))


def _sort_key(*names: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    """Return the sort key of rows by some of their columns, missing values last."""
    return lambda row: tuple(
        _MISSING_LAST if row[name] is None else str(row[name]) for name in names
    )


def _files(store: Store) -> dict[str, Rows]:
    """Return files and bytes by month of observation, month of first ingest, and filetype."""
    months = {"observed": _month("date_obs"), "ingested": _month("first_ingest_date")}
    project = {"$project": {"_id": 0, **months, "file": headerless.entries("$files")}}
    keys = {"observed": "$observed", "ingested": "$ingested", "filetype": "$file.k"}
    sums = {"files": {"$sum": 1}, "bytes": {"$sum": "$file.v.size"}}
    facets = {name: [{"$group": {"_id": key, **sums}}] for name, key in keys.items()}
    (rows,) = store.headerless.aggregate([project, {"$unwind": "$file"}, {"$facet": facets}])
    return rows


def _growth(files: Rows) -> Rows:
    """Return the files and bytes of each month, and the bytes up to its end."""
    growth, total = [], 0
    for row in sorted(files, key=_sort_key("_id")):
        total += row["bytes"]
        sums = {name: row[name] for name in ("files", "bytes")}
        growth.append({"month": row["_id"], **sums, "total": total})
    return growth


def _by_filetype(files: Rows, positions: Mapping[str, int]) -> Rows:
    rows = sorted(files, key=lambda row: positions.get(row["_id"], len(positions)))
    return [{"filetype": row.pop("_id"), **row} for row in rows]


def _headers(store: Store, positions: Mapping[str, int]) -> Rows:
    """Return the number of headers by detector, filetype and extension.

    Filetypes come in the order of their positions, others after them.
    """
    kind = {"detector": "$detector", "filetype": "$file.k", "extensions": "$file.v"}
    files = {"detector": 1, "file": headerless.entries(f"${headerless.EXTENSIONS}")}
    group = {"_id": kind, "files": {"$sum": 1}}
    numbers: Counter[tuple[str | None, str, int]] = Counter()
    for row in store.headerless.aggregate(
        [{"$project": files}, {"$unwind": "$file"}, {"$group": group}]
    ):
        detector, filetype = row["_id"].get("detector"), row["_id"]["filetype"]
        for extension in row["_id"]["extensions"]:
            numbers[detector, filetype, int(extension)] += row["files"]

    def position(kind: tuple[str | None, str, int]) -> tuple[int, int, str]:
        detector, filetype, extension = kind
        return positions.get(filetype, len(positions)), extension, detector or _MISSING_LAST

    return [
        {"detector": detector, "filetype": filetype, "extension": extension, "headers": number}
        for detector, filetype, extension in sorted(numbers, key=position)
        for number in [numbers[detector, filetype, extension]]
    ]


def _filters(store: Store) -> Rows:
    """Return the number of observations with each filter in one of the wheels, by detector."""
    by = {"detector": "$detector", "first": "$filter1", "second": "$filter2"}
    numbers: Counter[tuple[str, Any]] = Counter()
    for row in _grouped(store, by, {}):
        for name in {row["first"], row["second"]} - {None, ""}:
            numbers[str(name), row["detector"]] += row["observations"]
    return _most_frequent_first(numbers, "filter")


def _exptimes(store: Store) -> Rows:
    """Return the number of observations in logarithmic steps of exposure time, by detector.

    ``low`` is the shortest exposure time of a step in seconds, inclusive; exposures of zero
    seconds have a step of their own.
    """
    step = {
        "$switch": {
            "branches": [
                {"case": {"$not": [{"$isNumber": "$exptime"}]}, "then": None},
                {"case": {"$not": [{"$gt": ["$exptime", 0]}]}, "then": "zero"},
                {"case": {"$gt": ["$exptime", _LONGEST_EXPTIME]}, "then": None},
            ],
            "default": {"$floor": {"$multiply": [STEPS, {"$log10": "$exptime"}]}},
        }
    }
    groups = _grouped(store, {"detector": "$detector", "step": step}, {})
    rows = [row for row in groups if row["step"] is not None]
    for row in rows:
        step = row.pop("step")
        row["low"] = 0.0 if step == "zero" else float(f"{10 ** (step / STEPS):.4g}")
    return sorted(rows, key=lambda row: (row["low"], row["detector"] or _MISSING_LAST))


def _most_frequent_first(numbers: Mapping[tuple[str, Any], int], column: str) -> Rows:
    """Return numbers of observations by value and detector, the most frequent value first."""
    totals: Counter[str] = Counter()
    for (value, _), number in numbers.items():
        totals[value] += number
    order: Iterable[tuple[str, Any]] = sorted(
        numbers, key=lambda pair: (-totals[pair[0]], pair[0], pair[1] or _MISSING_LAST)
    )
    return [
        {column: value, "detector": detector, "observations": numbers[value, detector]}
        for value, detector in order
    ]
