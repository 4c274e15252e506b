"""Freshness of the derived collections: any write to the observations invalidates them.

It is a separate module because all code that writes observations imports it, and the modules of
the derived collections import code that reads observations.
"""

from ..client import Store
from ..schema import DERIVED_STATE, DocumentCollection

# All derived collections share one state: they are refreshed together.
_STATE = {"_id": "state"}


def invalidate(store: Store) -> None:
    """Mark the derived collections as stale; call it before the first write of observations.

    Parameters
    ----------
    store : Store
        The open database.
    """
    with store.errors():
        _states(store).update_one(
            _STATE, {"$set": {"current": False}, "$inc": {"writes": 1}}, upsert=True
        )


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
        _states(store).update_one(_STATE, {"$setOnInsert": {"writes": 0}}, upsert=True)
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
    """Return whether the derived collections describe the observations as they are.

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
