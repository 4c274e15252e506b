"""Cache of the annotation states of all observations; only those that changed are read again.

A flag can be set on a hundred thousand observations, and people may annotate every second.  On a
server with transactions each write of a state takes numbers, in the order of the commits.  The
cache is current if the next number has not changed; otherwise the entries with the numbers in
between name the observations to read again.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache

from ..client import Store
from ..moment import of_block
from ..schema import ANNOTATED_OBSERVATIONS, ANNOTATION_NUMBERS, ANNOTATIONS, Document

Values = dict[str, Any]

# Of at most 213,000 rootnames and some 25 MB each.
_CACHE: LRUCache[Any, "_Kept"] = LRUCache(maxsize=16)
_LOCK = threading.Lock()
# Entries of which the observations are read again; for more, all are.
_MAX_ENTRIES = 5000


@dataclass(frozen=True)
class _Kept:
    """Values by rootname, and the next number when they were read."""

    number: int
    values: Values


def values(store: Store, key: Any, read: Callable[[Document], Values]) -> Values:
    """Return the values that a function reads of all annotated observations.

    Parameters
    ----------
    store : Store
        The open database.
    key : hashable
        A key that stands for the function.
    read : callable
        Takes a filter of annotated observations, and returns values by rootname.

    Returns
    -------
    dict
        Not to be changed.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    number, kept = next_number(store), _kept(store, key)
    if number is None:
        return read({})
    if kept is not None and kept.number > number:
        # Another request, which began later, has kept it.
        number = _number_now(store)
    if kept is not None and kept.number == number:
        return kept.values
    changed = None if kept is None else _changed(store, kept.number, number)
    if kept is None or changed is None:
        found = read({})
    else:
        others = {name: value for name, value in kept.values.items() if name not in changed}
        found = others | read({"_id": {"$in": list(changed)}})
    with _LOCK:
        _CACHE[_place(store, key)] = _Kept(number, found)
    return found


def current(store: Store, key: Any) -> Values | None:
    """Return the cached states if nothing has been annotated since.

    Parameters
    ----------
    store : Store
        The open database.
    key : hashable
        As in `values`.

    Returns
    -------
    dict or None
        As `values` returns it, None if it would have to read.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    kept = _kept(store, key) if store.has_transactions else None
    return kept.values if kept and kept.number == next_number(store) else None


def _place(store: Store, key: Any) -> tuple[Any, ...]:
    return store.connection_string, store.database[ANNOTATED_OBSERVATIONS].full_name, key


def _kept(store: Store, key: Any) -> _Kept | None:
    with _LOCK:
        return _CACHE.get(_place(store, key))


def next_number(store: Store) -> int | None:
    """Return the number that the next write of a state takes.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    int or None
        The same as long as nothing is written; None if the server has no transactions.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    if not store.has_transactions:
        return None
    moment = of_block(store)
    return _number_now(store) if moment is None else moment.number


def _number_now(store: Store) -> int:
    with store.errors():
        counter = store.database[ANNOTATION_NUMBERS].find_one()
    return counter["next"] if counter else 0


def _changed(store: Store, since: int, until: int) -> set[str] | None:
    """Return the observations of the entries with some numbers, None if these are not all there."""
    if not 0 < until - since <= _MAX_ENTRIES:
        return None
    with store.errors():
        entries = list(
            store.database[ANNOTATIONS].find(
                {"number": {"$gte": since, "$lt": until}}, {"rootname": 1}
            )
        )
    if len(entries) != until - since:
        return None
    return {entry["rootname"] for entry in entries if "rootname" in entry}
