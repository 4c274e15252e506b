"""Freshness of the derived collections: any write to the observations invalidates the counts.

The headerless copies stay current, because each write of an observation writes its copy as well
(`acsql.store.observation_writes`).

It is a separate module because all code that writes observations imports it, and the modules of
the derived collections import code that reads observations.
"""

from ..client import Store
from ..schema import DERIVED_STATE, DocumentCollection

# All derived collections share one state.
_STATE = {"_id": "state"}
# Its field that says whether each write of an observation has written its headerless copy since
# all copies were made.
_COPIES = "copies"


def invalidate(store: Store) -> None:
    """Mark the derived collections as stale; call it before the first write of observations.

    Parameters
    ----------
    store : Store
        The open database.
    """
    stale = {"$set": {"current": False}, "$inc": {"writes": 1}}
    with store.errors():
        _states(store).update_one(_STATE, stale, upsert=True)


def mark_copies_current(store: Store) -> None:
    """Mark the headerless copies as current: all are made, and no write since has left one out.

    Parameters
    ----------
    store : Store
        The open database; the caller excludes writers.
    """
    with store.errors():
        _states(store).update_one(_STATE, {"$set": {_COPIES: True}}, upsert=True)


def has_current_copies(store: Store) -> bool:
    """Return whether the headerless copies describe the observations as they are.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    bool
        False also before they are made.
    """
    with store.errors():
        state = _states(store).find_one({**_STATE, _COPIES: True}, {"_id": 1})
    return state is not None


def write_count(store: Store) -> int:
    """Return how often the derived collections were invalidated.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    int
        A refresh reads it before it starts and gives it to `mark_current` at its end.
    """
    with store.errors():
        _states(store).update_one(_STATE, {"$inc": {"writes": 0}}, upsert=True)
        state = _states(store).find_one(_STATE) or {}
    return int(state["writes"])


def mark_current(store: Store, writes: int, facets: list[str]) -> None:
    """Mark the derived collections as current, unless observations were written meanwhile.

    Parameters
    ----------
    store : Store
        The open database.
    writes : int
        What `write_count` returned before the refresh started.
    facets : list of str
        The facet keywords whose values were counted.
    """
    unchanged = {**_STATE, "writes": writes}
    with store.errors():
        _states(store).update_one(unchanged, {"$set": {"current": True, "facets": facets}})


def is_current(store: Store, facets: list[str] | None = None) -> bool:
    """Return whether all derived collections describe the observations as they are.

    Parameters
    ----------
    store : Store
        The open database.
    facets : list of str, optional
        If given, the values of exactly these facet keywords have to be counted.

    Returns
    -------
    bool
        False also before the first refresh.
    """
    counted = {} if facets is None else {"facets": facets}
    with store.errors():
        state = _states(store).find_one({**_STATE, "current": True, **counted}, {"_id": 1})
    return state is not None


def _states(store: Store) -> DocumentCollection:
    return store.database[DERIVED_STATE]
