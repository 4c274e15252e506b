"""How many observations, by which values: as counted ahead where that is so, else counted now.

After every ingest the store counts what is asked for most; a question that those numbers answer
costs nothing, and any other one is put to the observations, with a time limit.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from ..errors import QueryTimeout
from ..keywords import KeywordSpecs
from ..query import Column, Condition
from ..store import aggregations, observations
from ..store.client import Store
from ..store.derived import counts


class Count(int):
    """A number of observations; `exact` tells whether it is counted or estimated.

    An estimate is shown as ``about 1200``; in every other way it is a number as any.
    """

    exact: bool

    def __new__(cls, number: int, exact: bool = True) -> "Count":
        count = super().__new__(cls, number)
        count.exact = exact
        return count

    def __repr__(self) -> str:
        return super().__repr__() if self.exact else f"about {super().__repr__()}"


def count(
    store: Store,
    specs: KeywordSpecs,
    condition: Condition,
    time_limit: float | None,
    budget: float | None = None,
) -> Count:
    """Return how many observations meet a condition; behind the budget an estimate.

    Raises
    ------
    QueryTimeout
        If it takes longer than `time_limit` seconds, and there is no budget.
    """
    tallied = counts.count(store, specs, condition)
    if tallied is not None:
        return Count(tallied)
    if budget is None:
        return Count(observations.count(store, condition, time_limit))
    try:
        return Count(observations.count(store, condition, budget))
    except QueryTimeout:
        return Count(observations.estimated_count(store, condition, time_limit), exact=False)


def facets(
    store: Store,
    specs: KeywordSpecs,
    column: Column,
    condition: Condition,
    time_limit: float | None,
    limit: int | None = None,
) -> dict[Any, int]:
    """Return the values that a keyword takes, the most frequent first, and how often.

    Raises
    ------
    QueryTimeout
        If it takes longer than `time_limit` seconds.
    """
    found = _tallied(store, specs, column, condition)
    if found is None:
        live = observations.values(store, column.address, condition, time_limit)
        found = observations.frequent_first(live)
    return found if limit is None else dict(islice(found.items(), limit))


def facets_of(
    store: Store,
    specs: KeywordSpecs,
    columns: Sequence[Column],
    condition: Condition,
    time_limit: float | None,
) -> dict[str, dict[Any, int]]:
    """Return the `facets` of several keywords at once; of a date, those of its year.

    Raises
    ------
    QueryTimeout
        If it takes longer than `time_limit` seconds.
    """
    types = {column.address: column.spec.type for column in columns}
    found: dict[str, dict[Any, int]] = {name: {} for name in types}
    for row in aggregations.facet_rows(store, specs, types, condition, time_limit):
        for name, numbers in found.items():
            value = row["_id"].get(name)
            numbers[value] = numbers.get(value, 0) + row["number"]
    return {name: observations.frequent_first(numbers) for name, numbers in found.items()}


def distinct(
    store: Store,
    specs: KeywordSpecs,
    column: Column,
    condition: Condition,
    time_limit: float | None,
) -> list[Any]:
    """Return the values that a keyword takes, sorted; raises like `facets`."""
    found = _tallied(store, specs, column, condition)
    if found is None:
        return observations.distinct(store, column.address, condition, time_limit)
    return observations.in_order(found)


def _tallied(
    store: Store, specs: KeywordSpecs, column: Column, condition: Condition
) -> dict[Any, int] | None:
    return counts.values(store, specs, column.address, condition)
