"""Whether what is made of the observations is up to date: it is not from the first write on.

That is what was counted ahead, and their outlines.  Apart from both, because whoever writes
observations has to say so, and what is made of them reads what they write.
"""

from pymongo.collection import Collection

from ..client import Store

# Beside what was counted, in one document, so that a change of it is one step.
COLLECTION = "tallies_of_all"
_STATE = {"_id": "state"}
# What only an acsql that makes outlines says: where it is not said there are none.
_CURRENT = {"current": True, "outlines": True}


def mark_stale(store: Store) -> None:
    """Say that observations are about to be written, so that all that is out of date."""
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
    """Say that all is made and counted, of these facets, unless there were writes since `seen`."""
    with store.errors():
        _states(store).update_one(
            {**_STATE, "writes": seen}, {"$set": {**_CURRENT, "facets": facets}}
        )


def is_current(store: Store, facets: list[str] | None = None) -> bool:
    """Whether there were no writes since all was made; and counted of these facets, if given."""
    counted = {} if facets is None else {"facets": facets}
    with store.errors():
        return bool(_states(store).find_one({**_STATE, **_CURRENT, **counted}, {"_id": 1}))


def _states(store: Store) -> Collection:
    return store.database[COLLECTION]
