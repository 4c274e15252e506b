"""Make the headerless copies of all observations, which each write keeps current from then on.

Until now an ingest made them at its end, and they were stale while it ran.
"""

from typing import Any

from ...keywords import KeywordSpecs
from ...store.client import Store

_OBSERVATIONS = "observations"
_COPIES = "headerless_observations"
_STATES = "derived_state"
_STATE = {"_id": "state"}


def _entries(field: str) -> dict[str, Any]:
    return {"$objectToArray": {"$ifNull": [field, {}]}}


_OF_FILE = {"k": "$$file.k", "v": {"$size": _entries("$$file.v")}}
_EXTENSIONS = {"$map": {"input": _entries("$headers"), "as": "file", "in": _OF_FILE}}
_COPY: list[dict[str, Any]] = [
    {"$set": {"extensions": {"$arrayToObject": _EXTENSIONS}}},
    {"$unset": "headers"},
    {"$merge": {"into": _COPIES, "whenMatched": "replace"}},
]
_ORPHANS: list[dict[str, Any]] = [
    {"$project": {"_id": 1}},
    {
        "$lookup": {
            "from": _OBSERVATIONS,
            "localField": "_id",
            "foreignField": "_id",
            "pipeline": [{"$project": {"_id": 1}}],
            "as": "observation",
        }
    },
    {"$match": {"observation": []}},
]


def pending(store: Store) -> int:
    """Return the number of observations whose copies are to be checked."""
    if store.database[_STATES].find_one(_STATE | {"copies": True}):
        return 0
    return store.database[_OBSERVATIONS].estimated_document_count()


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Make the copies that are missing or differ, and remove those without an observation."""
    del specs
    store.database[_OBSERVATIONS].aggregate(_COPY)
    orphans = [each["_id"] for each in store.database[_COPIES].aggregate(_ORPHANS)]
    store.database[_COPIES].delete_many({"_id": {"$in": orphans}})
    store.database[_STATES].update_one(_STATE, {"$set": {"copies": True}}, upsert=True)
