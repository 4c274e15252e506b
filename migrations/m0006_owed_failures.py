"""Make the ingest of every file that failed owed, so that the next run reads it once more.

Failures used to be remembered as those of the file even where a full disk or a refused permission
had caused them; and of a young file without a preview only its document has the reason.
"""

from typing import Any

from ...keywords import KeywordSpecs
from ...store.client import Store

_OBSERVATIONS, _FAILURES = "observations", "failures"
_TO_DO = {"owed": {"$exists": False}}

# One failure for each file whose document has a reason in place of a preview.
_WITHOUT_PREVIEW: list[dict[str, Any]] = [
    {
        "$project": {
            "last_ingest_date": 1,
            "previews": {"$objectToArray": "$previews"},
            "datasets": {"$objectToArray": "$datasets"},
        }
    },
    {"$match": {"previews.v.reason": {"$exists": True}}},
    {"$unwind": "$previews"},
    {"$unwind": "$datasets"},
    {
        "$match": {
            "previews.v.reason": {"$exists": True},
            "$expr": {"$eq": ["$previews.k", "$datasets.k"]},
        }
    },
    {
        "$project": {
            "_id": "$datasets.v",
            "rootname": "$_id",
            "stage": "preview",
            "reason": "$previews.v.reason",
            "owed": {"$literal": True},
            "size": None,
            "mtime": None,
            "first": "$last_ingest_date",
            "last": "$last_ingest_date",
        }
    },
]
_UNRECORDED: list[dict[str, Any]] = [
    {
        "$lookup": {
            "from": _FAILURES,
            "localField": "_id",
            "foreignField": "_id",
            "as": "recorded",
        }
    },
    {"$match": {"recorded": []}},
]


def pending(store: Store) -> int:
    """Return the number of failures that are not owed yet."""
    unrecorded = store.database[_OBSERVATIONS].aggregate([*_WITHOUT_PREVIEW, *_UNRECORDED])
    return store.database[_FAILURES].count_documents(_TO_DO) + len(list(unrecorded))


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Mark the recorded failures, and record those that only documents have."""
    del specs
    store.database[_FAILURES].update_many(_TO_DO, {"$set": {"owed": True}})
    merge = {"$merge": {"into": _FAILURES, "whenMatched": "keepExisting"}}
    store.database[_OBSERVATIONS].aggregate([*_WITHOUT_PREVIEW, merge])
