"""Drop the counts and summaries that were computed ahead, which the columns replace."""

from ...keywords import KeywordSpecs
from ...store.client import Store

_COLLECTIONS = (
    "facet_counts",
    "value_counts",
    "totals",
    "proposal_summaries",
    "statistics",
)


def pending(store: Store) -> int:
    """Return the number of documents in these collections."""
    return sum(store.database[name].estimated_document_count() for name in _COLLECTIONS)


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Drop the collections."""
    del specs
    for name in _COLLECTIONS:
        store.database[name].drop()
