"""What the statistics show, counted ahead after every ingest: observations, files and headers.

Every document is read once, for what files and headers it has; the rest comes from an index.
What was counted is served until it is counted again, with the time of counting.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..specs import KeywordSpecs
from .connection import Store
from .documents import now

STATISTICS = "statistics"

# How finely exposure times are told apart: so many steps to a factor of ten.
STEPS = 4
_MONTH = "%Y-%m"
_NUMBER = "number"

Rows = list[dict[str, Any]]


def recount(store: Store, specs: KeywordSpecs) -> None:
    """Count everything, and keep it in place of what was counted before."""
    counted = now()
    with store.errors():
        found = _counted(store, specs)
        for name, rows in found.items():
            store.database[STATISTICS].replace_one(
                {"_id": name}, {"counted": counted, "rows": rows}, upsert=True
            )


def stored(store: Store) -> dict[str, dict[str, Any]]:
    """Return the rows of each statistic and when they were counted; none if never."""
    with store.errors():
        return {found.pop("_id"): found for found in store.database[STATISTICS].find()}


def _counted(store: Store, specs: KeywordSpecs) -> dict[str, Rows]:
    observed = {"month": _month("date_obs"), "detector": "$detector"}
    files = _files(store)
    return {
        "observations": _grouped(store, observed, {"exptime": {"$sum": "$exptime"}}),
        "size_observed": _growth(files, "observed"),
        "size_ingested": _growth(files, "ingested"),
        "filetypes": _by_filetype(files, specs),
        "headers": _headers(files, specs),
        "filters": _filters(store),
        "exptimes": _exptimes(store),
    }


def _month(field: str) -> dict[str, Any]:
    """Return the month of a date, null where there is none: it may be a misfit."""
    text = {"$dateToString": {"date": f"${field}", "format": _MONTH}}
    return {"$cond": [{"$eq": [{"$type": f"${field}"}, "date"]}, text, None]}


def _grouped(store: Store, by: Mapping[str, Any], sums: Mapping[str, Any]) -> Rows:
    """Return groups of observations in the order of what they are grouped by."""
    # Without this the server leaves out what a document does not have.
    known = {name: {"$ifNull": [value, None]} for name, value in by.items()}
    group = {"_id": known, "observations": {"$sum": 1}, **sums}
    found = [row.pop("_id") | row for row in store.observations.aggregate([{"$group": group}])]
    return sorted(found, key=_key(*by))


def _key(*names: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    """Return what sorts rows by some of their values, the unknown ones last."""
    return lambda row: tuple("~" if row[name] is None else str(row[name]) for name in names)


def _files(store: Store) -> Rows:
    """Return how many files of each kind there are, with which extensions, and their bytes.

    The kind is the month of the observation and that of its ingest, the detector, the filetype.
    """
    kind = {
        "detector": {"$ifNull": ["$detector", None]},
        "observed": _month("date_obs"),
        "ingested": _month("first_ingest_date"),
    }
    held = {"k": "$$header.k", "extensions": _names("$$header.v")}
    lists = {
        "file": _entries("$files"),
        "headers": {"$map": {"input": _entries("$headers"), "as": "header", "in": held}},
    }
    of_file = {"$eq": ["$$header.k", "$file.k"]}
    headers = {"$first": {"$filter": {"input": "$headers", "as": "header", "cond": of_file}}}
    stages = [
        {"$project": {"_id": 0, **kind, **lists}},
        {"$unwind": "$file"},
        {
            "$group": {
                "_id": {name: f"${name}" for name in kind}
                | {"filetype": "$file.k", "headers": headers},
                "files": {"$sum": 1},
                "bytes": {"$sum": "$file.v.size"},
            }
        },
    ]
    return [row.pop("_id") | row for row in store.observations.aggregate(stages)]


def _entries(field: str) -> dict[str, Any]:
    return {"$objectToArray": {"$ifNull": [field, {}]}}


def _names(field: str) -> dict[str, Any]:
    return {"$map": {"input": _entries(field), "as": "entry", "in": "$$entry.k"}}


def _growth(files: Rows, date: str) -> Rows:
    """Return the files and bytes of each month, and what they come to with those before."""
    grown, total = [], 0
    for month, sums in sorted(_summed(files, lambda row: row[date]).items(), key=_unknown_last):
        total += sums["bytes"]
        grown.append({"month": month, **sums, "total": total})
    return grown


def _unknown_last(entry: tuple[Any, Any]) -> str:
    return "~" if entry[0] is None else str(entry[0])


def _summed(files: Rows, group: Callable[[Mapping[str, Any]], Any]) -> dict[Any, Counter]:
    """Return the files and bytes of each group."""
    sums: dict[Any, Counter] = {}
    for row in files:
        sums.setdefault(group(row), Counter()).update(files=row["files"], bytes=row["bytes"])
    return sums


def _by_filetype(files: Rows, specs: KeywordSpecs) -> Rows:
    sums = _summed(files, lambda row: row["filetype"])
    order = [*specs.filetypes, *sorted(sums.keys() - specs.filetypes.keys())]
    return [{"filetype": name, **sums[name]} for name in order if name in sums]


def _headers(files: Rows, specs: KeywordSpecs) -> Rows:
    """Return how many headers there are of each detector, filetype and extension."""
    found: Counter = Counter()
    for row in files:
        for extension in row.get("headers", {}).get("extensions", []):
            found[row["detector"], row["filetype"], int(extension)] += row["files"]
    filetypes = list(specs.filetypes)
    order = sorted(found, key=lambda kind: (filetypes.index(kind[1]), kind[2], kind[0] or "~"))
    return [
        {"detector": detector, "filetype": filetype, "extension": extension, "headers": number}
        for detector, filetype, extension in order
        for number in [found[detector, filetype, extension]]
    ]


def _filters(store: Store) -> Rows:
    """Return how often each filter is in one of the wheels, by detector."""
    pairs = _grouped(
        store, {"detector": "$detector", "first": "$filter1", "second": "$filter2"}, {}
    )
    found: Counter = Counter()
    for row in pairs:
        for name in {row["first"], row["second"]} - {None, ""}:
            found[str(name), row["detector"]] += row["observations"]
    return _listed(found, "filter")


def _exptimes(store: Store) -> Rows:
    """Return how many exposures there are between powers of ten, by detector.

    `low` is the shortest exposure time of a step in seconds, which itself belongs to it; those
    of no duration stand alone.
    """
    logarithm = {"$multiply": [STEPS, {"$log10": "$exptime"}]}
    step = {
        "$switch": {
            "branches": [
                {"case": {"$not": [{"$isNumber": "$exptime"}]}, "then": None},
                {"case": {"$not": [{"$gt": ["$exptime", 0]}]}, "then": "none"},
                # Text for NaN and infinity, which are numbers as well.
                {"case": {"$gt": ["$exptime", 1e9]}, "then": None},
            ],
            "default": {"$floor": logarithm},
        }
    }
    found = _grouped(store, {"detector": "$detector", "step": step}, {})
    known = [row for row in found if row["step"] is not None]
    for row in known:
        step = row.pop("step")
        row["low"] = 0.0 if step == "none" else float(f"{10 ** (step / STEPS):.4g}")
    return sorted(known, key=lambda row: (row["low"], row["detector"] or "~"))


def _listed(found: Mapping[tuple[str, Any], int], name: str) -> Rows:
    """Return numbers of observations, those of the most frequent first."""
    totals: Counter = Counter()
    for (value, _), number in found.items():
        totals[value] += number
    order: Iterable[tuple[str, Any]] = sorted(
        found, key=lambda pair: (-totals[pair[0]], pair[0], pair[1] or "~")
    )
    return [
        {name: value, "detector": detector, "observations": found[value, detector]}
        for value, detector in order
    ]
