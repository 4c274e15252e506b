"""Mark all observations as changed, which acsql then moves into columns.

The columns are new; until an observation is in them, it is read as a document.
"""

from typing import Any

from ...keywords import KeywordSpecs
from ...store.client import Store

_OBSERVATIONS, _CHANGED, _REGISTRY = "observations", "changed_observations", "column_parts"
# The token of a later change is kept.
_MARK: list[dict[str, Any]] = [
    {"$project": {"_id": 1}},
    {"$set": {"token": "migration"}},
    {"$merge": {"into": _CHANGED, "whenMatched": "keepExisting"}},
]


def pending(store: Store) -> int:
    """Return the number of observations that are not marked, if none has been in columns."""
    if store.database[_REGISTRY].find_one():
        return 0
    total = store.database[_OBSERVATIONS].estimated_document_count()
    return total - store.database[_CHANGED].estimated_document_count()


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Mark the observations, reading their rootnames from the index."""
    del specs
    store.database[_OBSERVATIONS].aggregate(_MARK, hint="_id_")
