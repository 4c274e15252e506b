"""Drop the indexes that others have taken the place of.

Indexes once ended with the rootname alone, as orders did; those of today go on with the start of
the exposure, and each of the old ones would only cost time at every write.
"""

from ...keywords import KeywordSpecs
from ...store.client import Store


def pending(store: Store) -> int:
    """Return how many documents have to change: none, for indexes are dropped."""
    del store
    return 0


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Drop them, where they are."""
    del specs
    for name, index in store.observations.index_information().items():
        keywords = [keyword for keyword, _ in index["key"]]
        if keywords[1:] == ["_id"] and keywords[0] != "expstart":
            store.observations.drop_index(name)
