"""Results of computations over all observations, kept until one of them changes."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from cachetools import LRUCache

from ..client import Store
from ..moment import MOST_MARKS, current

Result = TypeVar("Result")

# Results of some kilobytes each, with the state that they are of.
_results: LRUCache[Hashable, tuple[Hashable, Any]] = LRUCache(256)
_lock = Lock()


class Kept(Generic[Result]):
    """A computation whose last result is kept for as long as it is right.

    Threads may share it; two of them may compute the same result.

    Parameters
    ----------
    store : Store
        The open database.
    compute : callable
        Returns the result for the observations as they are.
    """

    def __init__(self, store: Store, compute: Callable[[], Result]) -> None:
        self._store = store
        self._compute = compute
        self._last: tuple[Hashable, Result] | None = None

    def __call__(self) -> Result:
        """Return the result.

        Returns
        -------
        object
            Right at this moment; not to be changed, because others get the same one.

        Raises
        ------
        DatabaseError
            If the database fails.
        """
        # Before the result: a change meanwhile makes the next call compute again.
        current, last = state(self._store), self._last
        if last is not None and current is not None and last[0] == current:
            return last[1]
        result = self._compute()
        self._last = current, result
        return result


def of_observations(
    store: Store, key: Hashable, compute: Callable[[], Result], number: int | None = 0
) -> Result:
    """Return what is computed of all observations, kept until one of them changes.

    Parameters
    ----------
    store : Store
        The open database.
    key : hashable
        Stands for the computation.
    compute : callable
        Returns the result for the observations as they are.
    number : int, optional
        Computed again also if it is another one; None if it is unknown.

    Returns
    -------
    object
        Right at this moment; not to be changed, because others get the same one.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    place = store.connection_string, store.database.name, key
    # Before the result: a change meanwhile makes the next call compute again.
    of = state(store), number
    with _lock:
        last = _results.get(place)
    if last is not None and last[0] == of and None not in of:
        return cast(Result, last[1])
    result = compute()
    with _lock:
        _results[place] = of, result
    return result


def state(store: Store) -> Hashable:
    """Return what differs after each write of an observation: each writes another token.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    hashable
        None if it is unknown: without transactions a mark precedes the observation.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    now = current(store)
    if len(now.marks.tokens) > MOST_MARKS:
        now = current(store, 0)
    if now.marks.tokens and not store.has_transactions:
        return None
    return now.registry, now.marks.id
