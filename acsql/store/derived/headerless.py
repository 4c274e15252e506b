"""Outlines: the observations without their headers, for searches that ask for nothing in them.

Headers are nearly all of a document.  Where two conditions meet that no index serves together,
the server has to look at thousands of documents, which takes it seconds if each has tens of
kilobytes, and milliseconds if it has two.  Outlines are made of the observations after every
ingest, by the server itself; from the next write on they are out of date, and nobody asks them
until they are made again.
"""

from collections.abc import Iterable
from typing import Any

from pymongo.collection import Collection

from ...query.conditions import And, AnyOf, Condition, Equals, KeywordCondition, leaves
from ..client import Store
from . import freshness

# The one field that an outline has beyond its observation: the extensions of each filetype that
# there are headers of.
EXTENSIONS = "extensions"


def bring_up_to_date(store: Store) -> None:
    """Make the outlines equal the observations, in as many writes as there are differences."""
    merge = {"into": store.outlines.name, "whenMatched": "replace"}
    store.observations.aggregate(
        [{"$set": {EXTENSIONS: _extensions()}}, {"$unset": "headers"}, {"$merge": merge}]
    )
    if _number(store.outlines) > _number(store.observations):
        _remove_orphans(store)


def serving(store: Store, condition: Condition, addresses: Iterable[str] = ()) -> Collection:
    """Return the collection to ask: the outlines, if they know it all and are up to date.

    Parameters
    ----------
    condition : Condition
        What is asked for.
    addresses : iterable of str
        What is read of it.
    """
    if _by_key(condition):
        # Found at once, whatever it weighs, and nobody has to ask what is up to date.
        return store.observations
    asked = (leaf.keyword for leaf, _ in leaves(condition) if isinstance(leaf, KeywordCondition))
    needed = [*asked, *addresses]
    return current(store) if needed == outside(needed) else store.observations


def _by_key(condition: Condition) -> bool:
    """Whether a condition names the observations that it is about."""
    parts = condition.conditions if isinstance(condition, And) else (condition,)
    return any(isinstance(part, Equals | AnyOf) and part.keyword == "rootname" for part in parts)


def outside(addresses: Iterable[str]) -> list[str]:
    """Return those of some addresses that are not in a header."""
    return [address for address in addresses if "." not in address]


def current(store: Store) -> Collection:
    """Return the outlines if they are up to date, else the observations."""
    return store.outlines if freshness.is_current(store) else store.observations


def _extensions() -> dict[str, Any]:
    """Return the expression for the names of the extensions by filetype."""
    names = {"$map": {"input": entries("$$file.v"), "as": "header", "in": "$$header.k"}}
    of_file = {"k": "$$file.k", "v": names}
    return {"$arrayToObject": {"$map": {"input": entries("$headers"), "as": "file", "in": of_file}}}


def entries(field: str) -> dict[str, Any]:
    """Return the expression for the entries of a field, as a list of ``k`` and ``v``."""
    return {"$objectToArray": {"$ifNull": [field, {}]}}


def _number(collection: Collection) -> int:
    # Without an index every document would be read.
    return collection.count_documents({}, hint="_id_")


def _remove_orphans(store: Store) -> None:
    """Remove the outlines of observations that are not there any more."""
    itself = {"from": store.observations.name, "localField": "_id", "foreignField": "_id"}
    only_key = [{"$project": {"_id": 1}}]
    orphans = store.outlines.aggregate(
        [
            {"$project": {"_id": 1}},
            {"$lookup": itself | {"pipeline": only_key, "as": "whole"}},
            {"$match": {"whole": []}},
        ]
    )
    store.outlines.delete_many({"_id": {"$in": [orphan["_id"] for orphan in orphans]}})
