"""Rows of a search: found by an index where one serves it, else in the columns.

A page that the columns find is read from columns that are in memory, else from its documents, which
have every field.  Results of thousands of rows are read from the columns, because their documents
would take seconds.  The first page of a search with annotations is mostly found by
`acsql.search.order_walk`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from ..fits.regions import stc_s
from ..query import REGION, And, AnyOf, narrowed
from ..store import queries, sorting
from ..store.columns.select import select
from ..store.moment import one_moment
from ..store.sorting import SortKey
from . import annotated, order_walk
from .access_paths import an_index_serves
from .criteria import Criteria

Row = dict[str, Any]

# Rows that are read from their documents, at about 20 microseconds each.
_FEW = 1000


def find(
    criteria: Criteria,
    addresses: Sequence[str],
    order: Sequence[SortKey],
    limit: int = 0,
    after: Sequence[Any] | None = None,
) -> Iterator[Row]:
    """Yield the values of keywords in the observations that meet a condition.

    Parameters
    ----------
    criteria : Criteria
        The condition and the time limit; its columns, order and row limit do not apply.
    addresses : sequence of str
        The keywords, or other fields, to read.
    order : sequence of SortKey
        The sort order.
    limit : int
        The largest number of rows; 0 means all.
    after : sequence, optional
        The `acsql.store.sorting.cursor_values` of the last row seen; rows after it are yielded.

    Yields
    ------
    dict
        Keyword addresses, also those of the order, to values.

    Raises
    ------
    QueryTimeout
        If the documents take longer than the time limit, also after some rows.
    DatabaseError
        If the database fails.
    """
    total = sorting.total_order(order)
    if names := annotated.names_of(addresses):
        others = [address for address in addresses if address not in names]
        rows = find(criteria, others, total, limit, after)
        yield from annotated.with_fields(rows, names, criteria.source.store)
        return
    first = order_walk.first(criteria, addresses, total, limit, after)
    if first is not None:
        yield from first
        return
    criteria = _looked_up(criteria)
    found: Iterator[Row] | None = None
    if not limit or not an_index_serves(criteria.condition, total, criteria.source.specs):
        with one_moment():
            found = _in_columns(criteria, addresses, total, limit, after)
    if found is None:
        found = _documents(criteria, addresses, total, limit, after)
    yield from map(_with_region, found) if REGION in addresses else found


def arrays(criteria: Criteria) -> dict[str, Any] | None:
    """Return the values of the columns of a search in all its rows, if the columns have them.

    Parameters
    ----------
    criteria : Criteria
        The search.

    Returns
    -------
    dict or None
        Keyword addresses to masked arrays, or to lists of values of several types; None if the
        rows are few, or have to be found by an index or in documents.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    order = sorting.total_order(criteria.order)
    needed = list(dict.fromkeys((*criteria.addresses, *(key.address for key in order))))
    is_short = criteria.max_rows is not None and criteria.max_rows <= _FEW
    if is_short or not _are_columns(criteria, criteria.addresses):
        return None
    criteria = _looked_up(criteria)
    selection = select(criteria.source.store, criteria.condition, needed)
    if selection is None or selection.count <= _FEW or not selection.can_sort(order):
        return None
    return selection.arrays(criteria.addresses, order, criteria.max_rows)


def sample(criteria: Criteria, addresses: Sequence[str], size: int) -> list[Row]:
    """Return rows of observations chosen at random.

    Parameters
    ----------
    criteria : Criteria
        As in `find`.
    addresses : sequence of str
        As in `find`.
    size : int
        The largest number of rows.

    Returns
    -------
    list of dict
        Keyword addresses to values.

    Raises
    ------
    QueryTimeout, DatabaseError
        As in `find`.
    """
    if names := annotated.names_of(addresses):
        others = [address for address in addresses if address not in names]
        rows = sample(criteria, ["rootname", *others], size)
        return list(annotated.with_fields(iter(rows), names, criteria.source.store))
    criteria = _looked_up(criteria)
    store, condition = criteria.source.store, criteria.condition
    selection = select(store, condition, addresses) if _are_columns(criteria, addresses) else None
    if selection is not None:
        return selection.sample(size)
    found = queries.sample(store, condition, addresses, size, criteria.max_seconds)
    return list(map(_with_region, found)) if REGION in addresses else found


def _with_region(row: Row) -> Row:
    """Return a row with its footprint as text."""
    return row | {REGION: stc_s(row[REGION])}


def _looked_up(criteria: Criteria) -> Criteria:
    condition = annotated.looked_up(criteria.condition, criteria.source.store)
    return replace(criteria, condition=condition)


def _in_columns(
    criteria: Criteria,
    addresses: Sequence[str],
    order: Sequence[SortKey],
    limit: int,
    after: Sequence[Any] | None,
) -> Iterator[Row] | None:
    """Return the rows that the columns find, or None if they do not answer."""
    store, condition = criteria.source.store, criteria.condition
    keys = [key.address for key in order]
    selection = select(store, condition, keys)
    if selection is None or not selection.can_sort(order):
        return None
    number = min(limit or selection.count, selection.count)
    needed = list(dict.fromkeys((*addresses, *keys)))
    are_columns = _are_columns(criteria, addresses)
    if number > _FEW:
        whole = select(store, condition, needed) if are_columns else None
        return None if whole is None else islice(whole.every(order, after), limit or None)
    names = tuple(row["rootname"] for row in selection.first(order, number, after))
    if are_columns:
        # Loads Arrow, whose import takes longer than most commands run.
        from ..store.columns import by_name

        in_memory = by_name.rows(store, names, needed)
        if in_memory is not None:
            return iter(in_memory)
    same = narrowed(condition, names)
    named = replace(criteria, condition=And((AnyOf("rootname", names), same)))
    rows = list(_documents(named, addresses, order))
    # If some have changed since, only the documents show which rows take their places.
    return iter(rows) if len(rows) == len(names) else None


def _documents(
    criteria: Criteria,
    addresses: Sequence[str],
    order: Sequence[SortKey],
    limit: int = 0,
    after: Sequence[Any] | None = None,
) -> Iterator[Row]:
    """Yield rows from the documents."""
    return queries.find(
        criteria.source.store,
        criteria.condition,
        addresses,
        order,
        limit,
        after,
        criteria.max_seconds,
    )


def _are_columns(criteria: Criteria, addresses: Sequence[str]) -> bool:
    """Return whether all of some fields are keywords, and not documents such as ``files``."""
    promoted = criteria.source.specs.top_level
    return all("." in address or address in promoted for address in addresses)
