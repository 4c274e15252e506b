"""The observations that meet a condition, from the columns if these can answer.

This module decides whether they can.  It does not load Arrow, whose import takes longer than most
commands run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...keywords import has_many_values
from ...query.annotation_fields import has_annotations
from ...query.conditions import (
    Among,
    And,
    AnyOf,
    Between,
    Condition,
    Equals,
    Exists,
    KeywordCondition,
    Like,
    Or,
    leaves,
)
from ..client import Store
from ..derived.headerless import names_observations
from .paths import has_lists, path_of

if TYPE_CHECKING:
    from .selection import Selection

# Beyond it a float does not represent every integer (IEEE 754, binary64).
LARGEST_EXACT = 2**53


# More rows than this are not read as documents; they would take longer than the columns save.
MOST_DOCUMENTS = 5000


def select(
    store: Store, condition: Condition, addresses: Sequence[str] = (), most: int = MOST_DOCUMENTS
) -> Selection | None:
    """Return the observations that meet a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    addresses : sequence of str
        The keywords whose values the selection has; also paths of own fields, such as
        ``files.flt.size``.
    most : int
        The most rows to read as documents.

    Returns
    -------
    Selection or None
        None if columns do not answer it: before the first fold, for conditions on the sky, for a
        list of rootnames, which are found by key, and if more than `most` rows had to be read as
        documents.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    if has_annotations(condition):
        raise TypeError("the conditions on annotations were not looked up")
    every = [leaf for leaf, _ in leaves(condition)]
    keywords = {leaf.keyword for leaf in every if isinstance(leaf, KeywordCondition)}
    named = sorted({*keywords, *addresses})
    if not all(map(_is_answerable, every)) or any(map(_has_no_column, named)):
        return None
    if names_observations(condition):
        return None
    from .answer import answer

    with store.errors():
        return answer(store, condition, addresses, named, most)


def _is_answerable(leaf: Condition) -> bool:
    """Return whether Arrow compares with the values of a condition as MongoDB does."""
    match leaf:
        case Equals(_, value):
            values: tuple[Any, ...] = (value,)
        case AnyOf(_, values):
            pass
        case Between(_, low, high):
            values = tuple(end for end in (low, high) if end is not None)
        case Like() | Exists() | Among() | And() | Or():
            return True
        case _:
            return False
    return all(_is_exact(value) for value in values)


def _is_exact(value: Any) -> bool:
    if isinstance(value, float):
        return value == value
    return isinstance(value, str | datetime) or (
        isinstance(value, int) and abs(value) <= LARGEST_EXACT
    )


def _has_no_column(address: str) -> bool:
    """Return whether a keyword has several values that are not in a column."""
    name = address.rpartition(".")[2]
    return has_many_values(name) and not has_lists(path_of(address))
