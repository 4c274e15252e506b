"""Drop the indexes that longer ones have replaced.

Indexes used to end with the rootname, as orders did.  Those of today continue with the start of
the exposure before it, and each old one would only slow down every write.
"""

from ...keywords import KeywordSpecs
from ...store.client import Store


def pending(store: Store) -> int:
    """Return 0: no document changes."""
    del store
    return 0


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Drop the old indexes that exist."""
    del specs
    for name, index in store.observations.index_information().items():
        keywords = [keyword for keyword, _ in index["key"]]
        if keywords[1:] == ["_id"] and keywords[0] != "expstart":
            store.observations.drop_index(name)
