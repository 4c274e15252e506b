"""Spellings of texts in conditions, looked up when a search is made.

Equality ignores case, and an index finds a text only in one case.  So a text is replaced by its
stored spellings, which the index finds; counts and sorted pages are then read from the index.
Likewise a pattern is replaced by the stored texts that match it, if they are few.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from ..keywords import KeywordSpecs
from ..query import AnyOf, Condition, Equals, Like, with_leaves
from ..query.texts import ignores_case
from ..store import spellings
from ..store.client import Store
from ..store.moment import of_block
from ..store.summaries.kept import of_observations

Found = TypeVar("Found")


def with_spellings(condition: Condition, store: Store, specs: KeywordSpecs) -> Condition:
    """Return a condition in which the texts of indexed keywords have their stored spellings.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    store : Store
        The database of the spellings.
    specs : KeywordSpecs
        The indexed keywords.

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
            case Like(keyword, pattern) if keyword in specs.indexed:
                return replace(leaf, spellings=_matching(store, keyword, pattern))
        return leaf

    return with_leaves(condition, replaced)


def _stored(store: Store, keyword: str, values: Iterable[object]) -> tuple[str, ...]:
    texts = [value for value in values if isinstance(value, str) and ignores_case(value)]
    if not texts:
        return ()
    key = "spellings", keyword, *texts
    return _once(store, key, lambda: spellings.stored(store, keyword, texts))


def _matching(store: Store, keyword: str, pattern: str) -> tuple[str, ...] | None:
    key = "matching", keyword, pattern
    return _once(store, key, lambda: spellings.matching(store, keyword, pattern))


def _once(store: Store, key: Hashable, read: Callable[[], Found]) -> Found:
    """Return the result of a function that reads, kept in a block of one moment."""
    return read() if of_block(store) is None else of_observations(store, key, read)
