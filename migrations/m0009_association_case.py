"""Write ASN_ID in upper case, as later ingests do.

Association files have it in lower case and their exposures in upper case, so neither found the
other.
"""

import uuid

from pymongo import UpdateOne

from ...keywords import KeywordSpecs
from ...store.client import Store

_OBSERVATIONS, _COPIES = "observations", "headerless_observations"
_CHANGED = "changed_observations"
_LOWER = {"asn_id": {"$regex": "[a-z]"}}
_UPPER = [{"$set": {"asn_id": {"$toUpper": "$asn_id"}}}]


def pending(store: Store) -> int:
    """Return the number of observations with lower-case letters in ASN_ID, by the index."""
    return store.database[_OBSERVATIONS].count_documents(_LOWER)


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Mark these observations, then change the copies and at last the observations."""
    del specs
    database = store.database
    rootnames = [each["_id"] for each in database[_OBSERVATIONS].find(_LOWER, {"_id": 1})]
    marks = [
        UpdateOne({"_id": name}, {"$set": {"token": uuid.uuid4().hex}}, upsert=True)
        for name in rootnames
    ]
    if marks:
        database[_CHANGED].bulk_write(marks, ordered=False)
    for collection in (_COPIES, _OBSERVATIONS):
        database[collection].update_many({"_id": {"$in": rootnames}}, _UPPER)
