"""Mark all observations as changed, so that their lists, such as HISTORY, move into columns.

The columns had no lists; searches read these from the documents.
"""

from typing import Any

from ...keywords import KeywordSpecs
from ...store.client import Store

_OBSERVATIONS, _CHANGED = "observations", "changed_observations"
# The token of a later change is kept.
_MARK: list[dict[str, Any]] = [
    {"$project": {"_id": 1}},
    {"$set": {"token": "lists"}},
    {"$merge": {"into": _CHANGED, "whenMatched": "keepExisting"}},
]


def pending(store: Store) -> int:
    """Return the number of observations that are not marked."""
    total = store.database[_OBSERVATIONS].estimated_document_count()
    return total - store.database[_CHANGED].estimated_document_count()


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Mark the observations, reading their rootnames from the index."""
    del specs
    store.database[_OBSERVATIONS].aggregate(_MARK, hint="_id_")
