"""Rename the collection of keywords not in the specs, and drop derived collections of old names.

`acsql migrate` and the next ingest compute derived collections anew, under their new names.
"""

from ...keywords import KeywordSpecs
from ...store.client import Store

_OLD_KEYWORDS = "keywords_met"
_NEW_KEYWORDS = "keywords_not_in_specs"
_OLD_DERIVED = ("outlines", "tallies", "tallies_of_proposals", "tallies_of_all")


def pending(store: Store) -> int:
    """Return the number of documents in collections of old names."""
    collections = (store.database[name] for name in (_OLD_KEYWORDS, *_OLD_DERIVED))
    return sum(collection.estimated_document_count() for collection in collections)


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Move the keywords and drop the other collections."""
    del specs
    # A copy and not a rename, which would fail where the new collection exists: an interruption
    # comes before the drop, and the next call copies again.
    store.database[_OLD_KEYWORDS].aggregate(
        [
            {"$set": {"first_seen": "$met"}},
            {"$unset": "met"},
            {"$merge": {"into": _NEW_KEYWORDS, "whenMatched": "keepExisting"}},
        ]
    )
    for name in (_OLD_KEYWORDS, *_OLD_DERIVED):
        store.database[name].drop()
