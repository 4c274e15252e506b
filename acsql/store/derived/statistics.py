"""What the statistics show, counted ahead after every ingest: observations, files and headers.

All of it is counted of the outlines, which tell what files and headers there are.  What was
counted is served until it is counted again, with the time of counting.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...keywords import KeywordSpecs
from ..client import Store
from ..schema import now
from . import headerless

STATISTICS = "statistics"

# How finely exposure times are told apart: so many steps to a factor of ten.
STEPS = 4
_MONTH = "%Y-%m"
_NUMBER = "number"

Rows = list[dict[str, Any]]


def recount(store: Store, specs: KeywordSpecs) -> None:
    """Count everything by the outlines, and keep it in place of what was counted before."""
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
    filetypes = {name: number for number, name in enumerate(specs.filetypes)}
    return {
        "observations": _grouped(store, observed, {"exptime": {"$sum": "$exptime"}}),
        "size_observed": _growth(files["observed"]),
        "size_ingested": _growth(files["ingested"]),
        "filetypes": _by_filetype(files["filetype"], filetypes),
        "headers": _headers(store, filetypes),
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
    found = [row.pop("_id") | row for row in store.outlines.aggregate([{"$group": group}])]
    return sorted(found, key=_key(*by))


def _key(*names: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    """Return what sorts rows by some of their values, the unknown ones last."""
    return lambda row: tuple("~" if row[name] is None else str(row[name]) for name in names)


def _files(store: Store) -> dict[str, Rows]:
    """Return the number of files and their bytes by each of what they can be told apart by.

    That is the month of the observation, the month of its first ingest, and the filetype.
    """
    months = {"observed": _month("date_obs"), "ingested": _month("first_ingest_date")}
    of_each = {"$project": {"_id": 0, **months, "file": headerless.entries("$files")}}
    kinds = {"observed": "$observed", "ingested": "$ingested", "filetype": "$file.k"}
    sums = {"files": {"$sum": 1}, "bytes": {"$sum": "$file.v.size"}}
    by_kind = {name: [{"$group": {"_id": value, **sums}}] for name, value in kinds.items()}
    (found,) = store.outlines.aggregate([of_each, {"$unwind": "$file"}, {"$facet": by_kind}])
    return found


def _growth(files: Rows) -> Rows:
    """Return the files and bytes of each month, and what they come to with those before."""
    grown, total = [], 0
    for row in sorted(files, key=_key("_id")):
        total += row["bytes"]
        sums = {name: row[name] for name in ("files", "bytes")}
        grown.append({"month": row["_id"], **sums, "total": total})
    return grown


def _by_filetype(files: Rows, places: Mapping[str, int]) -> Rows:
    known = sorted(files, key=lambda row: places.get(row["_id"], len(places)))
    return [{"filetype": row.pop("_id"), **row} for row in known]


def _headers(store: Store, places: Mapping[str, int]) -> Rows:
    """Return how many headers there are of each detector, filetype and extension.

    The filetypes come in the order of their places, others behind them.
    """
    kind = {"detector": "$detector", "filetype": "$held.k", "extensions": "$held.v"}
    held = {"detector": 1, "held": headerless.entries(f"${headerless.EXTENSIONS}")}
    of_kind = {"_id": kind, "files": {"$sum": 1}}
    stages = [{"$project": held}, {"$unwind": "$held"}, {"$group": of_kind}]
    found: Counter = Counter()
    for row in store.outlines.aggregate(stages):
        detector, filetype = row["_id"].get("detector"), row["_id"]["filetype"]
        for extension in row["_id"]["extensions"]:
            found[detector, filetype, int(extension)] += row["files"]
    order = sorted(
        found, key=lambda kind: (places.get(kind[1], len(places)), kind[2], kind[0] or "~")
    )
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
