"""Counts and facets: from the columns where these answer, else from the documents.

The columns answer any condition on keywords in milliseconds.  A condition on the sky, and an
archive with thousands of observations that are not in columns yet, take the time of the database.
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, islice
from threading import Event
from typing import Any

from ..errors import QueryTimeout
from ..query import And, Column, Condition
from ..store import aggregations, live_counts, queries, sorting
from ..store.annotations import kept as annotations
from ..store.annotations import reads
from ..store.client import Store
from ..store.columns.select import select
from ..store.summaries.kept import of_observations
from .access_paths import an_index_counts
from .annotated import looked_up

# Set by the first count of this process.
_has_counted = Event()

Facets = dict[Any, int]
AllFacets = dict[str, Facets]


class Count(int):
    """A number of observations, exact or estimated.

    It is an `int` in every respect, but an estimate is shown as ``about 1200``.

    Attributes
    ----------
    exact : bool
        Whether it was counted; False if it was estimated from a random sample.

    Examples
    --------
    >>> from acsql.search import Count
    >>> Count(1200), Count(1200, exact=False)
    (1200, about 1200)
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
    condition: Condition,
    time_limit: float | None,
    budget: float | None = None,
) -> Count:
    """Return the number of observations that meet a condition.

    Parameters
    ----------
    store : Store
        The database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that the database may take; None for no limit.
    budget : float, optional
        Seconds after which an estimate replaces the exact count; None to wait for it.

    Returns
    -------
    Count
        Exact, or an estimate if counting takes longer than the budget.

    Raises
    ------
    QueryTimeout
        If counting takes longer than the time limit and there is no budget.
    """
    condition = looked_up(condition, store)
    by_index = _is_first_use() and an_index_counts(condition, store.specs)
    selection = None if by_index else select(store, condition)
    if selection is not None:
        return Count(selection.count)
    if budget is None:
        return Count(live_counts.count(store, condition, time_limit))
    try:
        return Count(live_counts.count(store, condition, budget))
    except QueryTimeout:
        return Count(live_counts.estimate(store, condition, time_limit), exact=False)


def _is_first_use() -> bool:
    """Return whether this process has neither counted nor loaded Arrow.

    A command counts once, and would take longer to import Arrow than the server to count.
    """
    was_counted = _has_counted.is_set()
    _has_counted.set()
    return not was_counted and "pyarrow" not in sys.modules


def any_match(store: Store, condition: Condition, time_limit: float | None) -> bool:
    """Return whether any observation meets a condition.

    Parameters
    ----------
    store : Store
        The database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that the database may take; None for no limit.

    Returns
    -------
    bool
        True if one does.

    Raises
    ------
    QueryTimeout
        If the search takes longer than the time limit.
    """
    condition = looked_up(condition, store)
    selection = select(store, condition)
    if selection is not None:
        return selection.count > 0
    return queries.any_match(store, condition, time_limit)


def facets(
    store: Store,
    column: Column,
    condition: Condition,
    time_limit: float | None,
    limit: int | None = None,
) -> Facets:
    """Return the values of a keyword with their numbers of observations.

    Parameters
    ----------
    store : Store
        The database.
    column : Column
        The keyword.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that the database may take; None for no limit.
    limit : int, optional
        Return at most this many values.

    Returns
    -------
    dict
        Value to number, the most frequent first, without unknown values.

    Raises
    ------
    QueryTimeout
        If counting takes longer than the time limit.
    """
    if column.is_annotation:
        numbers = _of_annotations(store, column, condition, time_limit)
    else:
        condition = looked_up(condition, store)
        selection = select(store, condition, [column.address])
        if selection is not None:
            return selection.most_frequent(column.address, limit)
        numbers = live_counts.value_counts(store, column.address, condition, time_limit)
    return dict(islice(sorting.most_frequent_first(numbers).items(), limit))


def _of_annotations(
    store: Store, column: Column, condition: Condition, time_limit: float | None
) -> Facets:
    """Return the values of a field of annotations in the observations that meet a condition."""
    condition = looked_up(condition, store)
    if condition != And():
        return _counted_annotations(store, column, condition, time_limit)
    return of_observations(
        store,
        ("annotations", column.address),
        lambda: _counted_annotations(store, column, condition, time_limit),
        annotations.next_number(store),
    )


def _counted_annotations(
    store: Store, column: Column, condition: Condition, time_limit: float | None
) -> Facets:
    listed = reads.values_of_all(store, column.address)
    if not listed:
        return {}
    selection = select(store, condition)
    if selection is not None:
        from ..store.columns.listed_values import value_counts

        return value_counts(selection, listed)
    rows = queries.find(store, condition, ["rootname"], time_limit=time_limit)
    values = (listed.get(row["rootname"], ()) for row in rows)
    return dict(Counter(chain.from_iterable(values)))


def facets_of(
    store: Store,
    columns: Sequence[Column],
    condition: Condition,
    time_limit: float | None,
) -> AllFacets:
    """Return the facets of several promoted keywords in one pass.

    Parameters
    ----------
    store : Store
        The database.
    columns : sequence of Column
        The promoted keywords.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that the database may take; None for no limit.

    Returns
    -------
    dict of dict
        Keyword to its facets, as in `facets`; a date counts by its year.

    Raises
    ------
    QueryTimeout
        If counting takes longer than the time limit.
    """
    of_annotations = [column for column in columns if column.is_annotation]
    types = {column.address: column.spec.type for column in columns if not column.is_annotation}
    found = dict(_facets_of_keywords(store, types, looked_up(condition, store), time_limit))
    for column in of_annotations:
        found[column.address] = facets(store, column, condition, time_limit)
    # The counts of all observations are kept, and the caller may change its result.
    return {column.address: dict(found[column.address]) for column in columns}


def _facets_of_keywords(
    store: Store, types: Mapping[str, str], condition: Condition, time_limit: float | None
) -> AllFacets:
    """Return the facets of keywords, given with their types."""
    if condition != And():
        return _counted_keywords(store, types, condition, time_limit)
    return of_observations(
        store,
        ("facets", *types),
        lambda: _counted_keywords(store, types, condition, time_limit),
    )


def _counted_keywords(
    store: Store, types: Mapping[str, str], condition: Condition, time_limit: float | None
) -> AllFacets:
    selection = select(store, condition, list(types))
    if selection is not None:
        return {
            name: sorting.most_frequent_first(
                selection.years(name) if types[name] == "date" else selection.value_counts(name)
            )
            for name in types
        }
    facets_by_keyword: dict[str, Facets] = {name: {} for name in types}
    for row in aggregations.facet_rows(store, types, condition, time_limit):
        for name, numbers in facets_by_keyword.items():
            value = row["_id"].get(name)
            numbers[value] = numbers.get(value, 0) + row["observations"]
    return {
        name: sorting.most_frequent_first(numbers) for name, numbers in facets_by_keyword.items()
    }


def distinct(
    store: Store,
    column: Column,
    condition: Condition,
    time_limit: float | None,
) -> list[Any]:
    """Return the values of a keyword, sorted.

    Parameters
    ----------
    store : Store
        The database.
    column : Column
        The keyword.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that the database may take; None for no limit.

    Returns
    -------
    list
        Without unknown values.

    Raises
    ------
    QueryTimeout
        If the search takes longer than the time limit.
    """
    if column.is_annotation:
        return sorting.sorted_values(_of_annotations(store, column, condition, time_limit))
    condition = looked_up(condition, store)
    selection = select(store, condition, [column.address])
    if selection is None:
        return live_counts.distinct(store, column.address, condition, time_limit)
    return selection.distinct(column.address)
