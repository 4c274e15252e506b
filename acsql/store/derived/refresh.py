"""Refresh of the derived collections, all of them, after observations were written.

They are refreshed together, in the order of what they are computed from: the headerless copies
first, unless these have stayed current, and all counts from them.
"""

from ...keywords import KeywordSpecs
from ..client import Store
from ..repetition import repeated
from . import counts, freshness, headerless


def refresh_all(store: Store, specs: KeywordSpecs) -> None:
    """Recompute the derived collections and mark them as current.

    They stay stale if observations are written meanwhile.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the facet keywords and the keywords to count.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    writes = freshness.write_count(store)
    with store.errors():
        if not freshness.has_current_copies(store):
            headerless.refresh(store)
        counts.refresh_combinations(store, specs)
        counts.refresh_values(store, specs)
    freshness.mark_current(store, writes, list(specs.facets))


@repeated
def refresh_copies(store: Store) -> None:
    """Make the headerless copies that are missing or differ, whether they are current or not.

    Parameters
    ----------
    store : Store
        The open database; the caller excludes writers.
    """
    with store.errors():
        headerless.refresh(store)


@repeated
def refresh_if_stale(store: Store, specs: KeywordSpecs) -> None:
    """Call `refresh_all` unless the derived collections are current.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        As for `refresh_all`.
    """
    if not freshness.is_current(store, list(specs.facets)):
        refresh_all(store, specs)
