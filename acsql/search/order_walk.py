"""The first rows of a search with annotations, found by walking an index in order.

If every tenth observation has a flag, the first page of its observations is found among the first
few hundred of an indexed order.  Their annotations are read by key, so neither a list of all
flagged observations nor the columns are needed.
"""

from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Any

from cachetools import TTLCache

from ..query import And, AnyOf, has_annotations
from ..store import queries, sorting
from ..store.schema import Document
from ..store.sorting import SortKey
from . import annotated
from .access_paths import an_index_serves
from .criteria import Criteria

# Observations that are read first, and those that are read next if enough of the first meet the
# condition; at some 5 microseconds each, all take less time than the columns.
_CHUNKS = (300, 600)
# Seconds for which a search is not walked again after its first observations had too few rows.
_FUTILE_S = 60
# Searches of this kind that are remembered.
_MOST_FUTILE = 1000

_futile: TTLCache[Hashable, None] = TTLCache(_MOST_FUTILE, _FUTILE_S)
_lock = Lock()


def first(
    criteria: Criteria,
    addresses: Sequence[str],
    order: Sequence[SortKey],
    limit: int,
    after: Sequence[Any] | None = None,
) -> list[Document] | None:
    """Return the first rows of a search.

    Parameters
    ----------
    criteria : Criteria
        The condition and the time limit.
    addresses : sequence of str
        The keywords, or other fields, to read.
    order : sequence of SortKey
        A total order.
    limit : int
        The largest number of rows; 0 means all.
    after : sequence, optional
        The `acsql.store.sorting.cursor_values` of the last row seen.

    Returns
    -------
    list of dict or None
        None without a condition on annotations, if another access path is better, and if
        observations change meanwhile.

    Raises
    ------
    QueryTimeout
        If it takes longer than the time limit.
    DatabaseError
        If the database fails.
    """
    if not _serves(criteria, order, limit):
        return None
    database = criteria.source.store.database
    search = (database, criteria.condition, tuple(order), limit, tuple(after or ()))
    with _lock:
        if search in _futile:
            return None
    rows = _walk(criteria, addresses, order, limit, after)
    if rows is None:
        with _lock:
            _futile[search] = None
    return rows


def _walk(
    criteria: Criteria,
    addresses: Sequence[str],
    order: Sequence[SortKey],
    limit: int,
    after: Sequence[Any] | None,
) -> list[Document] | None:
    """Return the first rows, None if too few observations in order meet the condition."""
    store, seconds = criteria.source.store, criteria.max_seconds
    condition = annotated.looked_up_if_kept(criteria.condition, store)
    if annotated.lists_few(condition):
        return None
    found: list[Document] = []
    number = 0
    for size in _CHUNKS:
        walked = list(queries.find(store, And(), (), order, size, after, seconds))
        places = {row["rootname"]: sorting.cursor_values(row, order) for row in walked}
        names, others = annotated.looked_up_among(condition, list(places), store)
        number += size
        is_last = len(walked) < size
        if not is_last and _are_too_few(len(found) + len(names), number, limit):
            return None
        named = And((AnyOf("rootname", names), others))
        rows = list(queries.find(store, named, addresses, order, time_limit=seconds))
        if any(sorting.cursor_values(row, order) != places[row["rootname"]] for row in rows):
            return None
        found += rows
        if is_last or len(found) >= limit:
            return found[:limit]
        if _are_too_few(len(found), number, limit):
            return None
        after = sorting.cursor_values(walked[-1], order)
    return None


def _serves(criteria: Criteria, order: Sequence[SortKey], limit: int) -> bool:
    """Return whether observations are read by an index of the order, and none of the condition."""
    condition, specs = criteria.condition, criteria.source.specs
    return (
        0 < limit <= _CHUNKS[0]
        and has_annotations(condition)
        and not an_index_serves(condition, order, specs)
        and an_index_serves(And(), order, specs)
    )


def _are_too_few(found: int, number: int, limit: int) -> bool:
    """Return whether all chunks would lack rows, if the rest has as many as the first ones."""
    return found * sum(_CHUNKS) < limit * number
