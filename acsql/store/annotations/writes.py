"""Writing annotations: each write adds entries, and updates the states of their observations.

Both are one transaction where the server has transactions, so a search finds an entry and its
effect, or neither.  On a standalone server the entries are written first and the states
after them; the next write of the observation, or `repair`, repairs a kill in between.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError

from ...annotations import Annotation, state
from ..client import Store
from ..repetition import repeated
from ..schema import ANNOTATED_OBSERVATIONS, ANNOTATION_NUMBERS, ANNOTATIONS, Document
from ..transactions import in_transaction
from .documents import from_document, to_document

# Annotations that one transaction writes; MongoDB advises at most 1,000 documents.
# https://www.mongodb.com/docs/manual/core/transactions-production-consideration/
_AT_ONCE = 1000
_DUPLICATE_KEY = 11000
_COUNTER = {"_id": ANNOTATIONS}


def add(store: Store, annotations: Sequence[Annotation]) -> int:
    """Add annotations; those whose id is stored already are left as they are.

    Parameters
    ----------
    store : Store
        The open database.
    annotations : sequence of Annotation
        Checked ones.

    Returns
    -------
    int
        The number of new ones.

    Raises
    ------
    DatabaseError
        If the database fails; up to 1,000 are added together or not at all, and adding all of
        them again adds those that are missing.
    """
    batches = range(0, len(annotations), _AT_ONCE)
    return sum(_add(store, annotations[start : start + _AT_ONCE]) for start in batches)


@repeated
def _add(store: Store, annotations: Sequence[Annotation]) -> int:
    by_id = {annotation.id: annotation for annotation in annotations}
    collection = store.database[ANNOTATIONS]

    def write(session: ClientSession | None) -> int:
        """Add the entries that are new, and write the states after them."""
        stored = collection.find({"_id": {"$in": list(by_id)}}, {"_id": 1}, session=session)
        known = {document["_id"] for document in stored}
        new = [annotation for key, annotation in by_id.items() if key not in known]
        if new:
            first = _take_numbers(store, len(new), session)
            documents = [to_document(each, number) for number, each in enumerate(new, first)]
            collection.insert_many(documents, session=session)
        # Without transactions, what a killed write has left is repaired as well.
        _write_states(store, _rootnames(by_id.values() if session is None else new), session)
        return len(new)

    return in_transaction(store, write)


@repeated
def repair(store: Store) -> int:
    """Write the states of observations for which a killed write stored only the entries.

    Parameters
    ----------
    store : Store
        The open database; with transactions there are none.

    Returns
    -------
    int
        The number that there were.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    if store.has_transactions:
        return 0
    of_each: list[dict[str, Any]] = [
        {"$match": {"rootname": {"$exists": True}}},
        {"$group": {"_id": "$rootname", "entries": {"$sum": 1}}},
    ]
    with store.errors():
        stored = store.database[ANNOTATED_OBSERVATIONS].find({}, {"entries": 1})
        known = {state["_id"]: state["entries"] for state in stored}
        counted = store.database[ANNOTATIONS].aggregate(of_each)
        behind = [each["_id"] for each in counted if known.get(each["_id"]) != each["entries"]]
        for start in range(0, len(behind), _AT_ONCE):
            _write_states(store, behind[start : start + _AT_ONCE], None)
    return len(behind)


def _take_numbers(store: Store, count: int, session: ClientSession | None) -> int:
    """Return the first of some consecutive numbers, which order the entries as they are written.

    Transactions that take numbers exclude each other, so they are committed in this order.
    """
    counter = store.database[ANNOTATION_NUMBERS].find_one_and_update(
        _COUNTER, {"$inc": {"next": count}}, upsert=True, session=session
    )
    return counter["next"] if counter else 0


def _rootnames(annotations: Iterable[Annotation]) -> list[str]:
    rootnames = (annotation.target.rootname for annotation in annotations)
    return list(dict.fromkeys(name for name in rootnames if name is not None))


def _write_states(store: Store, rootnames: Sequence[str], session: ClientSession | None) -> None:
    """Write the states of observations, unless the stored state has as many entries.

    Entries are only ever added, so the state with more entries is the newer one.
    """
    entries = store.database[ANNOTATIONS].find(
        {"rootname": {"$in": list(rootnames)}}, session=session
    )
    in_order = entries.sort([("rootname", 1), ("number", 1)])
    states = []
    for rootname, of_one in groupby(in_order, lambda entry: entry["rootname"]):
        new = _state_document([from_document(entry) for entry in of_one])
        older = {"_id": rootname, "entries": {"$lt": new["entries"]}}
        states.append(ReplaceOne(older, new, upsert=True))
    if not states:
        return
    try:
        store.database[ANNOTATED_OBSERVATIONS].bulk_write(states, ordered=False, session=session)
    except BulkWriteError as error:
        # Where a stored state is not older, there is none to replace, and insertion fails.
        if {each["code"] for each in error.details["writeErrors"]} != {_DUPLICATE_KEY}:
            raise


def _state_document(annotations: Sequence[Annotation]) -> Document:
    """Return the fields of an observation that searches find, without fields that have no value."""
    now = state(annotations)
    fields: dict[str, Any] = {
        "flags": now.flag_names,
        "flag_date": max((placed.when for placed in now.flags), default=None),
        "comments": [comment.text for comment in now.comments],
        "viewed_by": sorted(now.viewed),
        "examples": list(now.examples),
    }
    held = {name: value for name, value in fields.items() if value}
    return held | {"entries": len(annotations)}
