"""Conditions on annotations, and columns of them, looked up when a search runs.

Annotations are in a collection of their own.  A condition on them becomes the list of the
observations that meet it: found by key if they are few, else a mask over the columns.  So does a
long list of rootnames that a script gives.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from ..query import (
    ANNOTATION_FIELDS,
    Among,
    And,
    AnyOf,
    Between,
    Condition,
    Equals,
    Exists,
    Not,
    conjuncts,
    has_annotations,
    narrowed,
    with_leaves,
    with_observations,
)
from ..store.annotations import reads
from ..store.client import Store

# Observations that are found by key, at about 10 microseconds each; the columns find more sooner.
_BY_KEY = 300
# Observations of a rare flag: the first few hundred in an order hardly ever have it.
_RARE = 1000
# Rows whose annotations are read together.
_BATCH = 1000


def looked_up(condition: Condition, store: Store) -> Condition:
    """Return a condition in which those on annotations are lists of observations.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    store : Store
        The database of the annotations.

    Returns
    -------
    Condition
        An equal condition if it has none on annotations.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    condition = with_leaves(condition, _as_list)
    if not has_annotations(condition):
        return condition
    found = with_observations(condition, lambda leaf: reads.rootnames(store, _as_stored(leaf)))
    by_key = tuple(_by_key(part) for part in conjuncts(found))
    return And(by_key) if isinstance(found, And) else by_key[0]


def _as_list(leaf: Condition) -> Condition:
    """Return a long list of observations as one in which each is looked up at once."""
    match leaf:
        case AnyOf("rootname", values) if len(values) > _BY_KEY:
            return Among("rootname", dict.fromkeys(values))
    return leaf


def looked_up_if_kept(condition: Condition, store: Store) -> Condition:
    """Return a condition in which those on annotations are lists where this process has them.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    store : Store
        The database of the annotations.

    Returns
    -------
    Condition
        Lists may have a hundred thousand observations: `looked_up_among` shortens them.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    return with_observations(condition, lambda leaf: reads.kept_rootnames(store, _as_stored(leaf)))


def lists_few(condition: Condition) -> bool:
    """Return whether only some of a few observations can meet a condition."""
    return any(
        isinstance(part, Among) and len(part.rootnames) <= _RARE for part in conjuncts(condition)
    )


def looked_up_among(
    condition: Condition, rootnames: Sequence[str], store: Store
) -> tuple[tuple[str, ...], Condition]:
    """Return the given observations that may meet a condition, and the rest of the condition.

    Parameters
    ----------
    condition : Condition
        As `looked_up_if_kept` returns it.
    rootnames : sequence of str
        The observations, a few hundred.
    store : Store
        The database of the annotations.

    Returns
    -------
    rootnames : tuple of str
        The observations whose annotations meet the condition.
    rest : Condition
        The condition that they have to meet as well; it has no conditions on annotations.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    found = with_observations(
        condition, lambda leaf: reads.rootnames(store, _as_stored(leaf), rootnames)
    )
    rest: list[Condition] = []
    for part in conjuncts(found):
        match part:
            case Among(_, listed):
                rootnames = [name for name in rootnames if name in listed]
            case Not(Among(_, listed)):
                rootnames = [name for name in rootnames if name not in listed]
            case _:
                rest.append(part)
    return tuple(rootnames), And(tuple(narrowed(part, rootnames) for part in rest))


def _as_stored(condition: Condition) -> Condition:
    """Return a condition in the form that the index of annotation states serves.

    The names of flags have one spelling, and a field without a value is not stored.
    """
    match condition:
        case Equals("flags" | "examples", value):
            return replace(condition, spellings=(str(value).lower(),))
        case AnyOf("flags" | "examples", values):
            return replace(condition, spellings=tuple(str(value).lower() for value in values))
        case Exists(name):
            return Between(name, datetime.min if name == "flag_date" else "")
    return condition


def _by_key(condition: Condition) -> Condition:
    match condition:
        case Among(keyword, rootnames) if len(rootnames) <= _BY_KEY:
            return AnyOf(keyword, tuple(rootnames))
    return condition


def names_of(addresses: Iterable[str]) -> list[str]:
    """Return the given addresses that are fields of annotations."""
    return [address for address in addresses if address in ANNOTATION_FIELDS]


def with_fields(
    rows: Iterator[dict[str, Any]], names: Sequence[str], store: Store
) -> Iterator[dict[str, Any]]:
    """Yield rows with fields of the annotations of their observations.

    Parameters
    ----------
    rows : iterator of dict
        Rows with ``rootname``.
    names : sequence of str
        Some of `acsql.query.ANNOTATION_FIELDS`.
    store : Store
        The database of the annotations.

    Yields
    ------
    dict
        None where an observation has no such annotation.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    while batch := list(islice(rows, _BATCH)):
        found = reads.fields_of(store, [row["rootname"] for row in batch], names)
        for row in batch:
            held = found.get(row["rootname"], {})
            yield row | {name: held.get(name) for name in names}
