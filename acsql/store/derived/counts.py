"""What is counted ahead, after every ingest, so that nobody waits for it: numbers and sums.

It is counted of the outlines, which are made first.

Of the facet keywords, which take few values, every combination that occurs is a small document
with the number of its observations; a condition on them is asked of these thousands instead of
the observations.  The server counts, and replaces each collection in one step.  What was counted
is out of date from the first write to the observations until it is counted again.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pymongo.collection import Collection

from ...keywords import KeywordSpecs
from ...query.conditions import And, Condition, Or, leaves
from .. import observations, proposals
from ..client import Store
from ..filters import to_filter
from ..schema import now
from . import freshness, headerless, statistics

COMBINATIONS = "tallies"
OF_PROPOSALS = "tallies_of_proposals"
# The totals, the numbers of each value of a keyword, and whether all that is up to date.
OTHERS = freshness.COLLECTION

# The values of a keyword that takes more of them are not counted ahead: they are kept in one
# document, which may have 16 MB (MongoDB manual, "Limits").
MOST_VALUES = 400_000
_BATCH = 10_000
_TOTALS = "totals"
_VALUES = "values of "
_NUMBER = "number"
_NUMBERS = "numbers"
_EACH_VALUE = "each_value"
_COUNT = {"$count": _NUMBER}
# For how many observations a combination stands.
EACH = f"${_NUMBER}"


def recount(store: Store, specs: KeywordSpecs) -> None:
    """Count everything; it is up to date unless somebody wrote observations meanwhile."""
    writes = freshness.writes(store)
    counted = now()
    with store.errors():
        headerless.bring_up_to_date(store)
        _count_combinations(store, specs)
        stages = proposals.summary_stages(specs.thumbnail_filetype)
        store.outlines.aggregate([*stages, {"$out": OF_PROPOSALS}])
        _count_values(store, specs)
        _keep(store, _TOTALS, _totals(store.outlines) | {"counted": counted})
    statistics.recount(store, specs)
    freshness.mark_current(store, writes, list(specs.facets))


def bring_up_to_date(store: Store, specs: KeywordSpecs) -> None:
    """Count everything if there were writes since that was done."""
    if not is_current(store, specs):
        recount(store, specs)


def is_current(store: Store, specs: KeywordSpecs) -> bool:
    """Whether there were no writes since everything was counted."""
    return freshness.is_current(store, list(specs.facets))


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
        The most frequent first.  None if it was not counted ahead: as in `count`; of a
        keyword that is no facet only what it takes in all observations is, and not if it takes
        more than `MOST_VALUES`.
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
    return dict(zip(found[_EACH_VALUE], found[_NUMBERS], strict=True))


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
    return found and _by_name(found)


def totals_now(store: Store) -> dict[str, Any]:
    """Return the `totals` of this moment, without a time."""
    with store.errors():
        return _by_name(_totals(store.observations))


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
    store.outlines.aggregate([{"$group": group}, flat, {"$out": COMBINATIONS}])


def _totals(collection: Collection) -> dict[str, Any]:
    parts = {
        "all": [_COUNT],
        "filetypes": _files(),
        "previews": _pictures(),
        "detectors": _numbers("detector"),
    }
    (found,) = collection.aggregate([{"$facet": parts}])
    for name in ("all", "previews"):
        found[name] = _single(found[name])
    found["observations"] = found.pop("all")
    return found


def _by_name(found: dict[str, Any]) -> dict[str, Any]:
    """Return totals with names for keys, which MongoDB would not take of every value."""
    return found | {
        "filetypes": {row["_id"]: row for row in found["filetypes"]},
        "detectors": {row["_id"]: row[_NUMBER] for row in found["detectors"]},
    }


def _count_values(store: Store, specs: KeywordSpecs) -> None:
    """Count the values of each keyword that takes not too many, and is no facet.

    Here and not by the server, which would look at everything once for each keyword.
    """
    counts = {name: Counter() for name in {*specs.promoted, *specs.indexed} - set(specs.facets)}
    documents = store.outlines.find({}, dict.fromkeys(counts, 1), batch_size=_BATCH)
    while batch := list(islice(documents, _BATCH)):
        for name, numbers in counts.items():
            numbers.update([document.get(name) for document in batch])
    for name, numbers in counts.items():
        found = observations.frequent_first(numbers)
        few = len(found) <= MOST_VALUES
        # Two plain lists take a third of the room that a document for each value does.
        lists = {_EACH_VALUE: list(found), _NUMBERS: list(found.values())}
        _keep(store, f"{_VALUES}{name}", lists if few else {_NUMBERS: None})


def _numbers(name: str) -> list[dict[str, Any]]:
    """Return the stages that yield each value of a keyword with its number of observations."""
    return [{"$group": {"_id": f"${name}", _NUMBER: {"$sum": 1}}}]


def _files() -> list[dict[str, Any]]:
    """Return the stages that yield each filetype with its files and their bytes."""
    sums = {"files": {"$sum": 1}, "bytes": {"$sum": "$files.v.size"}}
    return [*_each("files"), {"$group": {"_id": "$files.k"} | sums}]


def _pictures() -> list[dict[str, Any]]:
    """Return the stages that yield how many previews there are."""
    return [*_each("previews"), {"$match": {"previews.v.jpeg": {"$ne": None}}}, _COUNT]


def _each(name: str) -> list[dict[str, Any]]:
    """Return the stages that yield the entries of a field one by one."""
    return [{"$project": {name: headerless.entries(f"${name}")}}, {"$unwind": f"${name}"}]


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
    return observations.frequent_first(found)
