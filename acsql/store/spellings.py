"""Stored spellings: the values of an indexed keyword that equal a text, or match a pattern.

Equality ignores case, and an index finds a text only in one case.  So a query of documents replaces
a text by its stored spellings, which the index finds; counts and sorted pages are then read from
the index.  Likewise it replaces a pattern by the stored texts that match it, if they are few.  The
columns need no spellings.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, TypeVar

from bson.regex import Regex

from ..query import AnyOf, Condition, Equals, Like, with_leaves
from ..query.texts import Exact, beginnings, fold, ignores_case
from .client import Store
from .derived.headerless import names_observations
from .fields import field_path
from .filters import like, text_before_wildcards, to_filter
from .moment import of_block
from .summaries.kept import of_observations

Found = TypeVar("Found")

# Beginnings of texts that are looked up one by one; for more, all values of the keyword are read.
_MOST_BEGINNINGS = 200
# Values with the beginning of a pattern that are read, and values that take the place of a pattern:
# MongoDB merges up to 200 ranges of an index in the order of the results
# (internalQueryMaxScansToExplode).
_MOST_READ = 1000
_MOST_MATCHING = 100


def with_spellings(condition: Condition, store: Store) -> Condition:
    """Return a condition in which the texts of indexed keywords have their stored spellings.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    store : Store
        The open database.

    Returns
    -------
    Condition
        An equal condition; the same one if it lists rootnames, which are found by key.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    if names_observations(condition):
        return condition
    indexed = store.specs.indexed

    def replaced(leaf: Condition) -> Condition:
        """Return a leaf with its spellings."""
        match leaf:
            case Equals(keyword, value, None) if keyword in indexed:
                return replace(leaf, spellings=_equal(store, keyword, [value]))
            case AnyOf(keyword, values, None) if keyword in indexed:
                return replace(leaf, spellings=_equal(store, keyword, values))
            case Like(keyword, pattern, None) if keyword in indexed:
                return replace(leaf, spellings=_matching(store, keyword, pattern))
        return leaf

    return with_leaves(condition, replaced)


def to_stored_filter(condition: Condition, store: Store) -> dict[str, Any]:
    """Return the MongoDB filter of a condition with its texts as they are stored.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    store : Store
        The open database.

    Returns
    -------
    dict
        As `acsql.store.filters.to_filter` returns it.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    return to_filter(with_spellings(condition, store))


def _equal(store: Store, keyword: str, values: Iterable[object]) -> tuple[str, ...]:
    texts = [value for value in values if isinstance(value, str) and ignores_case(value)]
    if not texts:
        return ()
    key = "spellings", keyword, *texts
    return _once(store, key, lambda: stored(store, keyword, texts))


def _matching(store: Store, keyword: str, pattern: str) -> tuple[str, ...] | None:
    key = "matching", keyword, pattern
    return _once(store, key, lambda: matching(store, keyword, pattern))


def _once(store: Store, key: Hashable, read: Callable[[], Found]) -> Found:
    """Return the result of a function that reads, kept in a block of one moment."""
    return read() if of_block(store) is None else of_observations(store, key, read)


def stored(store: Store, keyword: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Return the values of a keyword that equal one of some texts, ignoring case.

    The server reads each value once, at the places of the index where it can be (about 1 ms for
    one text among 213,000 observations).

    Parameters
    ----------
    store : Store
        The open database.
    keyword : str
        An indexed top-level field.
    texts : iterable of str
        Any texts.

    Returns
    -------
    tuple of str
        Sorted.
    """
    folded = set(map(fold, texts))
    starts = sorted({start for text in folded for start in beginnings(text)})
    values = _values(store, keyword, starts if len(starts) <= _MOST_BEGINNINGS else [])
    return tuple(sorted(value for value in values if fold(value) in folded))


def matching(store: Store, keyword: str, pattern: str) -> tuple[str, ...] | None:
    """Return the values of a keyword that match a pattern.

    A pattern of which an index finds only a common beginning, such as ``WFC1-*`` where most values
    begin with ``WFC``, makes the server compare the keys of most observations.

    Parameters
    ----------
    store : Store
        The open database.
    keyword : str
        An indexed top-level field.
    pattern : str
        As in `acsql.query.Like`.

    Returns
    -------
    tuple of str or None
        Sorted; None if they are many, if the pattern begins with a wildcard, or if an index finds
        all of the pattern, such as ``WFC*``.
    """
    start = text_before_wildcards(pattern)
    starts = (start,) if isinstance(pattern, Exact) else beginnings(start)
    is_found_by_index = str(pattern) == f"{start}*" and len(starts[0]) == len(start)
    if not start or is_found_by_index:
        return None
    values = _values(store, keyword, starts, _MOST_READ + 1)
    regex = re.compile(like(pattern), re.DOTALL)
    found = sorted(value for value in values if regex.search(value))
    if len(values) > _MOST_READ or len(found) > _MOST_MATCHING:
        return None
    return tuple(found)


def _values(store: Store, keyword: str, starts: Sequence[str], most: int = 0) -> list[str]:
    """Return the texts of a keyword that have some beginnings, or all; at most a number of them."""
    field = field_path(keyword)
    regexes = [Regex(f"^{re.escape(start)}") for start in starts]
    first = {"$match": {field: {"$in": regexes}}} if regexes else {"$sort": {field: 1}}
    limit = [{"$limit": most}] if most else []
    stages = [first, {"$group": {"_id": f"${field}"}}, *limit]
    with store.errors():
        found = [row["_id"] for row in store.observations.aggregate(stages)]
    # A field can have a list of values.
    values = chain.from_iterable(each if isinstance(each, list) else [each] for each in found)
    return [value for value in values if isinstance(value, str)]
