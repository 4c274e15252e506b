"""Results of computations over all observations, kept until one of them changes."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeGuard, TypeVar

from cachetools import LRUCache

from ..client import Store
from ..moment import MOST_MARKS, current

Result = TypeVar("Result")

# The state and the number for which a result was computed, and the result.
_Last = tuple[tuple[Hashable, int | None], Result]
# Results of some kilobytes each.
_results: LRUCache[Hashable, _Last[Any]] = LRUCache(256)
_lock = Lock()


class Kept(Generic[Result]):
    """A computation whose last result is kept for as long as it is right.

    Threads may share it; one computes the result, and others wait for it.

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
        self._last: _Last[Result] | None = None
        self._lock = Lock()

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
        last = self._last
        if not _is_right(last, (state(self._store), 0)):
            with self._lock:
                self._last = last = _updated(self._last, self._store, self._compute)
        return last[1]


def of_observations(
    store: Store, key: Hashable, compute: Callable[[], Result], number: int | None = 0
) -> Result:
    """Return a result of all observations, computed once and kept until one of them changes.

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
    with _lock:
        last: _Last[Result] | None = _results.get(place)
    last = _updated(last, store, compute, number)
    with _lock:
        _results[place] = last
    return last[1]


def _updated(
    last: _Last[Result] | None,
    store: Store,
    compute: Callable[[], Result],
    number: int | None = 0,
) -> _Last[Result]:
    """Return the last result while it is right, otherwise a new one."""
    # Before the result: a change meanwhile makes the next call compute again.
    of = state(store), number
    return last if _is_right(last, of) else (of, compute())


def _is_right(
    last: _Last[Result] | None, of: tuple[Hashable, int | None]
) -> TypeGuard[_Last[Result]]:
    """Return whether a result is that of a state, which is known."""
    return last is not None and last[0] == of and None not in of


def state(store: Store) -> Hashable:
    """Return a value that differs after each write of an observation: each writes another token.

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
