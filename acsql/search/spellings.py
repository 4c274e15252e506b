"""Spellings of texts in conditions, looked up when a search is made.

Equality ignores case, and an index finds a text only in one case.  So a text is replaced by its
stored spellings, which the index finds; counts and sorted pages are then read from the index.
"""

from collections.abc import Iterable
from dataclasses import replace

from ..keywords import KeywordSpecs
from ..query import And, AnyOf, Condition, Equals, Not, Or
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
    match condition:
        case And(parts) | Or(parts):
            return type(condition)(tuple(with_spellings(part, store, specs) for part in parts))
        case Not(inner):
            return Not(with_spellings(inner, store, specs))
        case Equals(keyword, value) if keyword in specs.indexed:
            return replace(condition, spellings=_stored(store, keyword, [value]))
        case AnyOf(keyword, values) if keyword in specs.indexed:
            return replace(condition, spellings=_stored(store, keyword, values))
    return condition


def _stored(store: Store, keyword: str, values: Iterable[object]) -> tuple[str, ...]:
    texts = [value for value in values if isinstance(value, str) and ignores_case(value)]
    if not texts:
        return ()
    if of_block(store) is None:
        return spellings.stored(store, keyword, texts)
    key = "spellings", keyword, *texts
    return of_observations(store, key, lambda: spellings.stored(store, keyword, texts))
