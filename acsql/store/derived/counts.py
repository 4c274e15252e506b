"""Counts computed ahead, after every ingest: of facet keywords together, of others one by one.

Facet keywords take few values.  Every combination of their values that occurs is a small document
with the number of its observations, so a condition on facet keywords searches these thousands
instead of the observations.  The server counts, and replaces the collection in one step.  The
values of other promoted and indexed keywords are counted over all observations.  Both are
computed from the headerless observations and serve as long as they are current.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from ...keywords import KeywordSpecs
from ...query.conditions import And, Condition, Or, leaves
from .. import sorting
from ..client import Store
from ..filters import to_filter
from ..schema import FACET_COUNTS, VALUE_COUNTS, Document
from . import freshness

# The field of a combination with its number of observations, and the expression for that.
_OBSERVATIONS = "observations"
WEIGHT = f"${_OBSERVATIONS}"
# The values of a keyword with more of them are not counted: they are kept in one document, which
# may have 16 MB (MongoDB manual, "Limits").
MOST_VALUES = 400_000
_BATCH = 10_000  # documents that are read together


def refresh_combinations(store: Store, specs: KeywordSpecs) -> None:
    """Count the observations with each combination of the values of the facet keywords.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the facet keywords.
    """
    group = {"_id": {name: f"${name}" for name in specs.facets}, _OBSERVATIONS: {"$sum": 1}}
    flat = {"$replaceWith": {"$mergeObjects": ["$_id", {_OBSERVATIONS: WEIGHT}]}}
    store.headerless.aggregate([{"$group": group}, flat, {"$out": FACET_COUNTS}])


def refresh_values(store: Store, specs: KeywordSpecs) -> None:
    """Count the values of each promoted or indexed keyword that is not a facet.

    The counting is done here in one pass; the server would take a pass for each keyword.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the keywords.
    """
    keywords = {*specs.promoted, *specs.indexed} - set(specs.facets)
    counters: dict[str, Counter[Any]] = {name: Counter() for name in keywords}
    documents = store.headerless.find({}, dict.fromkeys(counters, 1), batch_size=_BATCH)
    while batch := list(islice(documents, _BATCH)):
        for name, counter in counters.items():
            counter.update([document.get(name) for document in batch])
    for name, counter in counters.items():
        stored = _value_lists(sorting.most_frequent_first(counter))
        store.database[VALUE_COUNTS].replace_one({"_id": name}, stored, upsert=True)


def count(store: Store, specs: KeywordSpecs, condition: Condition) -> int | None:
    """Return the number of observations that meet a condition, as counted ahead.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the facet keywords.
    condition : Condition
        As `acsql.query.prepare` returns it.

    Returns
    -------
    int or None
        None if the counts are stale, or if the condition has other keywords than facets.
    """
    group = {"$group": {"_id": None, _OBSERVATIONS: {"$sum": WEIGHT}}}
    rows = aggregate(store, specs, condition, [], [{"$match": to_filter(condition)}, group])
    if rows is None:
        return None
    return rows[0][_OBSERVATIONS] if rows else 0


def values(
    store: Store, specs: KeywordSpecs, address: str, condition: Condition
) -> dict[Any, int] | None:
    """Return the values of a keyword with their numbers of observations, as counted ahead.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the facet keywords.
    address : str
        The keyword.
    condition : Condition
        As `acsql.query.prepare` returns it.

    Returns
    -------
    dict or None
        The most frequent value first, without null and blank.  None if the counts are stale or
        the condition has other keywords than facets; for a keyword that is not a facet also if
        there is a condition, or if it takes more than `MOST_VALUES` values.
    """
    if not _is_served(store, specs, condition):
        return None
    with store.errors():
        if address in specs.facets:
            return _facet_values(store, address, condition)
        if any(leaf != And() for leaf, _ in leaves(condition)):
            return None
        lists = store.database[VALUE_COUNTS].find_one({"_id": address})
    if lists is None or lists["values"] is None:
        return None
    return dict(zip(lists["values"], lists[_OBSERVATIONS], strict=True))


def aggregate(
    store: Store,
    specs: KeywordSpecs,
    condition: Condition,
    addresses: Sequence[str],
    stages: Sequence[dict[str, Any]],
) -> list[Document] | None:
    """Run aggregation stages over the combinations of the values of the facet keywords.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the facet keywords.
    condition : Condition
        The condition that the stages start with.
    addresses : sequence of str
        The keywords that the stages read, beside those of the condition; `WEIGHT` is the number
        of observations of a combination.
    stages : sequence of dict
        The stages.

    Returns
    -------
    list of dict, or None
        None if a keyword is not a facet or the counts are stale.
    """
    if not set(addresses) <= set(specs.facets) or not _is_served(store, specs, condition):
        return None
    with store.errors():
        return list(store.database[FACET_COUNTS].aggregate(list(stages)))


def _is_served(store: Store, specs: KeywordSpecs, condition: Condition) -> bool:
    """Return whether a condition has only facet keywords, and the counts are current."""
    tests = (leaf for leaf, _ in leaves(condition) if leaf not in (And(), Or(())))
    on_facets = all(getattr(test, "keyword", None) in specs.facets for test in tests)
    return on_facets and freshness.is_current(store, list(specs.facets))


def _facet_values(store: Store, address: str, condition: Condition) -> dict[Any, int]:
    stages: list[dict[str, Any]] = [
        {"$match": to_filter(condition)},
        {"$group": {"_id": f"${address}", _OBSERVATIONS: {"$sum": WEIGHT}}},
    ]
    rows = store.database[FACET_COUNTS].aggregate(stages)
    return sorting.most_frequent_first({row["_id"]: row[_OBSERVATIONS] for row in rows})


def _value_lists(numbers: Mapping[Any, int]) -> Document:
    """Return value counts as stored: two lists take a third of the space of pairs."""
    if len(numbers) > MOST_VALUES:
        return {"values": None}
    return {"values": list(numbers), _OBSERVATIONS: list(numbers.values())}
