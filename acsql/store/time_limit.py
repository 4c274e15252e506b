"""Time limits of queries: their form for the server, and the error if one was exceeded.

A time limit is in seconds, for the server to keep; None lifts it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pymongo.errors import ExecutionTimeout

from ..errors import QueryTimeout
from ..query import Condition, Like
from ..query.conditions import KeywordCondition, leaves
from .client import Store
from .fields import field_path
from .sorting import SortKey

_LARGEST = 2**31 - 1  # milliseconds; the server takes a number of four bytes


def milliseconds(time_limit: float | None) -> int:
    """Return a time limit in whole milliseconds, at least one; to MongoDB 0 means no limit."""
    return 0 if time_limit is None else int(min(max(1, 1000 * time_limit), _LARGEST))


@contextmanager
def explained_timeout(
    store: Store,
    condition: Condition,
    time_limit: float | None,
    order: Sequence[SortKey] = (),
) -> Iterator[None]:
    """Turn the errors of the driver into acsql's, a timeout into one that gives the reason.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        The condition of the query that the block runs.
    time_limit : float or None
        Its time limit in seconds.
    order : sequence of SortKey
        The order that it asks for.

    Raises
    ------
    QueryTimeout
        If the server ends the query at the time limit.
    DatabaseError
        If the database fails.
    """
    with store.errors():
        try:
            yield
        except ExecutionTimeout as error:
            slow = keywords_without_index(store, condition, order)
            reason = f"no index serves {', '.join(slow)}" if slow else "it reads many observations"
            raise QueryTimeout(
                f"the query exceeded its time limit of {time_limit:g} seconds: {reason}. "
                "Narrow it, or raise the time limit"
            ) from error


def keywords_without_index(
    store: Store, condition: Condition, order: Sequence[SortKey]
) -> list[str]:
    """Return the conditions and the sort key of a query that no index serves.

    Parameters
    ----------
    store : Store
        The open database, whose indexes are read.
    condition : Condition
        The condition of the query.
    order : sequence of SortKey
        The order of the query, of which the first key counts.

    Returns
    -------
    list of str
        Keyword addresses; patterns with a leading wildcard as ``targname=*104``.
    """
    indexes = store.observations.index_information().values()
    served = {index["key"][0][0] for index in indexes}
    served |= {path for index in indexes for path in index.get("wildcardProjection", ())}
    slow = []
    for leaf, _ in leaves(condition):
        if isinstance(leaf, Like) and leaf.pattern[:1] in ("*", "?"):
            slow.append(f"{leaf.keyword}={leaf.pattern}")
        elif isinstance(leaf, KeywordCondition) and field_path(leaf.keyword) not in served:
            slow.append(leaf.keyword)
    if order and field_path(order[0].address) not in served:
        slow.append(order[0].address)
    return list(dict.fromkeys(slow))
