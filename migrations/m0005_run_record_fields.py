"""Rename the fields of run records after the terms of the glossary."""

from ...keywords import KeywordSpecs
from ...store.client import Store

_COLLECTION = "ingest_runs"
_RENAMED = {
    "keywords_new": "keywords_not_in_specs",
    "misfits": "type_mismatches",
    "others": "ignored",
    "remarks": "warnings",
}


def pending(store: Store) -> int:
    """Return the number of records with fields of old names."""
    old = {"$or": [{name: {"$exists": True}} for name in _RENAMED]}
    return store.database[_COLLECTION].count_documents(old)


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Rename the fields; a record is changed whole, so an interruption leaves it old or new."""
    del specs
    store.database[_COLLECTION].update_many({}, {"$rename": _RENAMED})
