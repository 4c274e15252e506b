"""Facts about proposals that headers lack: type, title, cycle and principal investigator.

Each proposal is one document.  The type is also a field of its observations, so that searches
can use it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo import ReplaceOne, UpdateOne

from . import observation_writes
from .client import Store
from .repetition import repeated

# The facts about a proposal and their types.
FACTS: dict[str, type] = {"type": str, "title": str, "cycle": int, "pi": str}


@repeated
def save(store: Store, proposals: Mapping[int, Mapping[str, Any]]) -> None:
    """Store facts about proposals, and their types in the observations.

    Parameters
    ----------
    store : Store
        The open database.
    proposals : mapping
        Proposal numbers to the four facts of each, None for an unknown one.
    """
    stored = by_id(store)
    changed = {key: facts for key, facts in proposals.items() if facts != stored.get(key)}
    if not changed:
        return
    # The proposals last: if this is interrupted, the next call finds them changed again.
    with store.errors():
        for key, facts in changed.items():
            change = {"$set": {"proposal_type": facts["type"]}}
            rootnames = store.observations.distinct("_id", {"proposid": key})
            observation_writes.update(store, dict.fromkeys(rootnames, change))
        store.proposals.bulk_write(
            [ReplaceOne({"_id": key}, dict(facts), upsert=True) for key, facts in changed.items()]
        )


@repeated
def by_id(store: Store, proposids: Iterable[int] | None = None) -> dict[int, dict[str, Any]]:
    """Return the stored facts about proposals.

    Parameters
    ----------
    store : Store
        The open database.
    proposids : iterable of int, optional
        By default all.

    Returns
    -------
    dict
        Proposal numbers to the facts about each.
    """
    filter_ = {} if proposids is None else {"_id": {"$in": list(proposids)}}
    with store.errors():
        documents = store.proposals.find(filter_, dict.fromkeys(FACTS, True))
        return {facts.pop("_id"): facts for facts in documents}


def observed_proposids(store: Store) -> set[int]:
    """Return the numbers of the proposals that have observations."""
    with store.errors():
        return set(store.observations.distinct("proposid")) - {None}


def proposids_with_facts(store: Store, proposids: Iterable[int]) -> set[int]:
    """Return the given proposals with at least one stored fact."""
    stored = by_id(store, proposids)
    return {key for key, facts in stored.items() if any(v is not None for v in facts.values())}


def proposids_looked_up_since(store: Store, proposids: Iterable[int], since: datetime) -> set[int]:
    """Return the given proposals whose last lookup without result was at `since` or later.

    Parameters
    ----------
    store : Store
        The open database.
    proposids : iterable of int
        The proposals.
    since : datetime
        In UTC.

    Returns
    -------
    set of int
        Their numbers.
    """
    filter_ = {"_id": {"$in": list(proposids)}, "tried": {"$gte": since}}
    with store.errors():
        return set(store.proposals.distinct("_id", filter_))


def record_lookup(store: Store, proposids: Iterable[int], when: datetime) -> None:
    """Record that proposals were looked up without result.

    Parameters
    ----------
    store : Store
        The open database.
    proposids : iterable of int
        The proposals; those without a document get one without facts.
    when : datetime
        In UTC.
    """
    no_facts = dict.fromkeys(FACTS)
    updates = [
        UpdateOne({"_id": key}, {"$set": {"tried": when}, "$setOnInsert": no_facts}, upsert=True)
        for key in proposids
    ]
    if updates:
        with store.errors():
            store.proposals.bulk_write(updates, ordered=False)


def type_of(store: Store, proposid: int | None) -> str | None:
    """Return the type of a proposal, such as ``GO``, or None if it is not known."""
    if proposid is None:
        return None
    with store.errors():
        return (store.proposals.find_one({"_id": proposid}, {"type": 1}) or {}).get("type")
