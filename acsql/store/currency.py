"""Whether what was counted ahead is up to date: it is not from the first write on.

Apart from the counting itself, because whoever writes observations has to say so, and what is
counted reads what they write.
"""

from pymongo.collection import Collection

from .connection import Store

# Beside what was counted, in one document, so that a change of it is one step.
COLLECTION = "tallies_of_all"
_STATE = {"_id": "state"}


def mark_stale(store: Store) -> None:
    """Say that observations are about to be written, so that what was counted is out of date."""
    with store.errors():
        _states(store).update_one(
            _STATE, {"$set": {"current": False}, "$inc": {"writes": 1}}, upsert=True
        )


def writes(store: Store) -> int:
    """Return a number that is another one after every `mark_stale`."""
    with store.errors():
        _states(store).update_one(_STATE, {"$setOnInsert": {"writes": 0}}, upsert=True)
        return _states(store).find_one(_STATE)["writes"]


def mark_current(store: Store, seen: int, facets: list[str]) -> None:
    """Say that everything is counted, of these facets, unless there were writes since `seen`."""
    with store.errors():
        _states(store).update_one(
            {**_STATE, "writes": seen}, {"$set": {"current": True, "facets": facets}}
        )


def is_current(store: Store, facets: list[str]) -> bool:
    """Whether there were no writes since everything was counted, and of these facets."""
    with store.errors():
        return bool(_states(store).find_one({**_STATE, "current": True, "facets": facets}))


def _states(store: Store) -> Collection:
    return store.database[COLLECTION]
