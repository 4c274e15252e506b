"""What is counted ahead, after every ingest, so that nobody waits for it: numbers and sums.

Of the facet keywords, which take few values, every combination that occurs is a small document
with the number of its observations; a condition on them is asked of these thousands instead of
the observations.  The server counts, and replaces each collection in one step.  What was counted
is out of date from the first write to the observations until it is counted again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..query.conditions import And, Condition, Or, leaves
from ..specs import KeywordSpecs
from . import currency, proposals, statistics
from .connection import Store
from .documents import now
from .filters import to_filter

COMBINATIONS = "tallies"
OF_PROPOSALS = "tallies_of_proposals"
# The totals, the numbers of each value of a keyword, and whether all that is up to date.
OTHERS = currency.COLLECTION

# Nobody reads a longer list of values: those of such a keyword are not counted ahead.
MOST_VALUES = 10_000
_TOTALS = "totals"
_VALUES = "values of "
_NUMBER = "number"
_NUMBERS = "numbers"
_COUNT = {"$count": _NUMBER}
# For how many observations a combination stands.
EACH = f"${_NUMBER}"
_UNKNOWN = (None, "")


def recount(store: Store, specs: KeywordSpecs) -> None:
    """Count everything; it is up to date unless somebody wrote observations meanwhile."""
    writes = currency.writes(store)
    counted = now()
    with store.errors():
        _count_combinations(store, specs)
        stages = proposals.summary_stages(specs.thumbnail_filetype)
        store.observations.aggregate([*stages, {"$out": OF_PROPOSALS}])
        _count_values(store, specs)
        _count_totals(store, counted)
    statistics.recount(store, specs)
    currency.mark_current(store, writes, list(specs.facets))


def bring_up_to_date(store: Store, specs: KeywordSpecs) -> None:
    """Count everything if there were writes since that was done."""
    if not is_current(store, specs):
        recount(store, specs)


def is_current(store: Store, specs: KeywordSpecs) -> bool:
    """Whether there were no writes since everything was counted."""
    return currency.is_current(store, list(specs.facets))


def count(store: Store, specs: KeywordSpecs, condition: Condition) -> int | None:
    """Return how many observations meet a condition.

    Returns
    -------
    int or None
        None if it was not counted ahead: there were writes since, or the condition asks for
        other keywords than the facets.
    """
    if not _on_facets(condition, specs) or not is_current(store, specs):
        return None
    group = {"_id": None, _NUMBER: {"$sum": f"${_NUMBER}"}}
    with store.errors():
        found = store.database[COMBINATIONS].aggregate(
            [{"$match": to_filter(condition)}, {"$group": group}]
        )
        return _single(list(found))


def values(
    store: Store, specs: KeywordSpecs, address: str, condition: Condition
) -> dict[Any, int] | None:
    """Return the values that a keyword takes and in how many observations, without the unknown.

    Returns
    -------
    dict or None
        None if it was not counted ahead: as in `count`; of a keyword that is no facet only
        what it takes in all observations is, and not if it takes more than `MOST_VALUES`.
    """
    if not _on_facets(condition, specs) or not is_current(store, specs):
        return None
    with store.errors():
        if address in specs.facets:
            return _facet_values(store, address, condition)
        if any(leaf != And() for leaf, _ in leaves(condition)):
            return None
        found = store.database[OTHERS].find_one({"_id": f"{_VALUES}{address}"})
    if found is None or found[_NUMBERS] is None:
        return None
    return {row["_id"]: row[_NUMBER] for row in found[_NUMBERS]}


def rows(
    store: Store,
    specs: KeywordSpecs,
    condition: Condition,
    addresses: Sequence[str],
    stages: Sequence[dict[str, Any]],
) -> list[dict[str, Any]] | None:
    """Return what stages make of the combinations of the facet keywords.

    Parameters
    ----------
    addresses : sequence of str
        The keywords that the stages read, beside those of the condition and `EACH`.

    Returns
    -------
    list or None
        None if it was not counted ahead, as in `count`.
    """
    facets = set(addresses) <= set(specs.facets) and _on_facets(condition, specs)
    if not facets or not is_current(store, specs):
        return None
    with store.errors():
        return list(store.database[COMBINATIONS].aggregate(list(stages)))


def current_since(store: Store, specs: KeywordSpecs) -> datetime | None:
    """Return when everything was counted, None if that is out of date."""
    found = totals(store) if is_current(store, specs) else None
    return found and found["counted"]


def totals(store: Store) -> dict[str, Any] | None:
    """Return what is in the archive, up to date or not, None if it was never counted.

    It has observations, filetypes (with files and bytes of each), detectors, previews, and
    ``counted``, the time.
    """
    with store.errors():
        found = store.database[OTHERS].find_one({"_id": _TOTALS}, {"_id": 0})
    if found is None:
        return None
    return found | {
        "filetypes": {row["_id"]: row for row in found["filetypes"]},
        "detectors": {row["_id"]: row[_NUMBER] for row in found["detectors"]},
    }


def summaries(store: Store) -> list[dict[str, Any]] | None:
    """Return what `acsql.store.proposals.summaries` did when `totals` were counted, or None."""
    if totals(store) is None:
        return None
    with store.errors():
        return list(store.database[OF_PROPOSALS].find().sort("_id", 1))


def summary(store: Store, specs: KeywordSpecs, proposid: int) -> dict[str, Any] | None:
    """Return one of `summaries`, None if it is out of date or there is none."""
    if not is_current(store, specs):
        return None
    with store.errors():
        return store.database[OF_PROPOSALS].find_one({"_id": proposid})


def _count_combinations(store: Store, specs: KeywordSpecs) -> None:
    group = {"_id": {name: f"${name}" for name in specs.facets}, _NUMBER: {"$sum": 1}}
    flat = {"$replaceWith": {"$mergeObjects": ["$_id", {_NUMBER: f"${_NUMBER}"}]}}
    store.observations.aggregate([{"$group": group}, flat, {"$out": COMBINATIONS}])


def _count_totals(store: Store, counted: datetime) -> None:
    parts = {
        "all": [_COUNT],
        "filetypes": _files(),
        "previews": _pictures(),
        "detectors": _numbers("detector"),
    }
    found = _in_one_pass(store, parts)
    for name in ("all", "previews"):
        found[name] = _single(found[name])
    found["observations"] = found.pop("all")
    _keep(store, _TOTALS, found | {"counted": counted})


def _count_values(store: Store, specs: KeywordSpecs) -> None:
    """Count the values of each keyword that takes not too many, and is no facet."""
    names = [name for name in {*specs.promoted, *specs.indexed} if name not in specs.facets]
    counts = {name: [*_known(name), *_numbers(name), {"$limit": MOST_VALUES + 1}] for name in names}
    # What takes too many shows it soon, and need not be counted to the end.
    begun = _in_one_pass(store, counts, [{"$limit": 2 * MOST_VALUES}])
    few = {name: counts[name] for name in names if len(begun[name]) <= MOST_VALUES}
    found = _in_one_pass(store, few) if few else {}
    for name in names:
        numbers = found.get(name)
        counted = numbers is not None and len(numbers) <= MOST_VALUES
        _keep(store, f"{_VALUES}{name}", {_NUMBERS: numbers if counted else None})


def _in_one_pass(
    store: Store, parts: dict[str, Any], before: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return what each of some stages yields of the observations."""
    (found,) = store.observations.aggregate([*before, {"$facet": parts}])
    return found


def _known(name: str) -> list[dict[str, Any]]:
    return [{"$match": {name: {"$nin": _UNKNOWN}}}]


def _numbers(name: str) -> list[dict[str, Any]]:
    """Return the stages that yield each value of a keyword with its number of observations."""
    return [{"$group": {"_id": f"${name}", _NUMBER: {"$sum": 1}}}]


def _files() -> list[dict[str, Any]]:
    """Return the stages that yield each filetype with its files and their bytes."""
    sums = {"files": {"$sum": 1}, "bytes": {"$sum": "$files.v.size"}}
    return [*_entries("files"), {"$group": {"_id": "$files.k"} | sums}]


def _pictures() -> list[dict[str, Any]]:
    """Return the stages that yield how many previews there are."""
    return [*_entries("previews"), {"$match": {"previews.v.jpeg": {"$ne": None}}}, _COUNT]


def _entries(name: str) -> list[dict[str, Any]]:
    """Return the stages that yield the entries of a field one by one, as ``k`` and ``v``."""
    return [
        {"$project": {name: {"$objectToArray": {"$ifNull": [f"${name}", {}]}}}},
        {"$unwind": f"${name}"},
    ]


def _single(rows: list[dict[str, Any]]) -> int:
    """Return the number that a count has yielded, which is nothing where there is nothing."""
    return rows[0][_NUMBER] if rows else 0


def _keep(store: Store, name: str, found: dict[str, Any]) -> None:
    store.database[OTHERS].replace_one({"_id": name}, found, upsert=True)


def _on_facets(condition: Condition, specs: KeywordSpecs) -> bool:
    """Whether a condition asks for nothing but facet keywords."""
    asked = (leaf for leaf, _ in leaves(condition) if leaf not in (And(), Or(())))
    return all(getattr(leaf, "keyword", None) in specs.facets for leaf in asked)


def _facet_values(store: Store, address: str, condition: Condition) -> dict[Any, int]:
    stages = [
        {"$match": to_filter(condition)},
        {"$group": {"_id": f"${address}", _NUMBER: {"$sum": f"${_NUMBER}"}}},
    ]
    found = {row["_id"]: row[_NUMBER] for row in store.database[COMBINATIONS].aggregate(stages)}
    return {value: number for value, number in found.items() if value not in _UNKNOWN}
