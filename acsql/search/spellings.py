"""Spellings of texts in conditions, looked up when a search is made.

Equality ignores case, and an index finds a text only in one case.  So a text is replaced by its
stored spellings, which the index finds; counts and sorted pages are then read from the index.
"""

from collections.abc import Iterable
from dataclasses import replace

from ..keywords import KeywordSpecs
from ..query import AnyOf, Condition, Equals, with_leaves
from ..query.texts import ignores_case
from ..store import spellings
from ..store.client import Store
from ..store.moment import of_block
from ..store.summaries.kept import of_observations


def with_spellings(condition: Condition, store: Store, specs: KeywordSpecs) -> Condition:
    """Return a condition in which the texts of indexed keywords have their stored spellings.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    store : Store
        Where the spellings are looked up.
    specs : KeywordSpecs
        Which keywords are indexed.

    Returns
    -------
    Condition
        An equal condition.
    """

    def replaced(leaf: Condition) -> Condition:
        """Return a leaf with its spellings."""
        match leaf:
            case Equals(keyword, value) if keyword in specs.indexed:
                return replace(leaf, spellings=_stored(store, keyword, [value]))
            case AnyOf(keyword, values) if keyword in specs.indexed:
                return replace(leaf, spellings=_stored(store, keyword, values))
        return leaf

    return with_leaves(condition, replaced)


def _stored(store: Store, keyword: str, values: Iterable[object]) -> tuple[str, ...]:
    texts = [value for value in values if isinstance(value, str) and ignores_case(value)]
    if not texts:
        return ()
    if of_block(store) is None:
        return spellings.stored(store, keyword, texts)
    key = "spellings", keyword, *texts
    return of_observations(store, key, lambda: spellings.stored(store, keyword, texts))
