"""Make the index of type mismatches, without which each search would read all documents for them.

Observations list their type mismatches when they are next ingested (``acsql ingest --all``).
"""

from ...keywords import KeywordSpecs
from ...store.client import Store

_COPIES, _FIELD = "headerless_observations", "type_mismatches"


def pending(store: Store) -> int:
    """Return 0: no document changes."""
    del store
    return 0


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Make the index; that of an empty archive is made by its first ingest."""
    del specs
    if _COPIES in store.database.list_collection_names():
        store.database[_COPIES].create_index(_FIELD, sparse=True)
