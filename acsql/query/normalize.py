"""Conditions checked and typed by the specs, and brought into one form.

What comes out has no synonyms: ``Equals`` and not a list of one, no ``And`` in an ``And``, no
pattern without a wildcard.  So what is asked in several ways is asked of the database in one,
can be recognised, and is the same again after it was written as text.  Here are the limits as
well: what a user asks ends before the memory or the patience of the server does.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from ..errors import QueryError
from ..keywords import KeywordSpecs
from .coerce import expected, position, radius, rootname, shown, span, to_str
from .columns import Column, resolve
from .conditions import (
    And,
    AnyOf,
    Between,
    Condition,
    Covers,
    Equals,
    Exists,
    Like,
    Not,
    Or,
    Overlaps,
    Within,
    leaves,
)

MAX_VALUES = 10_000
MAX_CONDITIONS = 200
MAX_DEPTH = 20
MAX_PATTERN = 1_000


def prepare(condition: Condition, specs: KeywordSpecs) -> Condition:
    """Return the same condition with every keyword resolved and every value typed.

    Raises
    ------
    QueryError
        If a keyword does not exist, a value does not fit its type, or there is too much of
        anything.
    """
    _check_size(condition)
    prepared = _prepared(condition, specs)
    _check_size(prepared)
    return prepared


def _check_size(condition: Condition) -> None:
    for number, (_, depth) in enumerate(leaves(condition), 1):
        if number > MAX_CONDITIONS:
            raise QueryError(f"there are more than {MAX_CONDITIONS} conditions")
        if depth > MAX_DEPTH:
            raise QueryError(f"conditions stand in one another more than {MAX_DEPTH} deep")


def _prepared(condition: Condition, specs: KeywordSpecs) -> Condition:
    match condition:
        case And(conditions):
            return _joined(And, [_prepared(part, specs) for part in conditions])
        case Or(conditions):
            return _joined(Or, [_prepared(part, specs) for part in conditions])
        case Not(inner):
            return Not(_prepared(inner, specs))
        case Within(ra, dec, distance):
            return Within(*position(ra, dec), radius(distance))
        case Covers(ra, dec):
            return Covers(*position(ra, dec))
        case Overlaps(name, footprint):
            return Overlaps(rootname(name), footprint)
        case Equals() | AnyOf() | Between() | Like() | Exists():
            return _of_column(condition, resolve(condition.keyword, specs))
    raise QueryError(f"{shown(condition)} is no condition")


def _joined(kind: type[And] | type[Or], parts: Iterable[Condition]) -> Condition:
    """Return conditions as one, those that are of the same kind taken apart."""
    found: list[Condition] = []
    for part in parts:
        found.extend(part.conditions if isinstance(part, kind) else [part])
    return found[0] if len(found) == 1 else kind(tuple(found))


def _of_column(condition: Equals | AnyOf | Between | Like | Exists, column: Column) -> Condition:
    match condition:
        case Equals(_, value):
            return _any_of([value], column)
        case AnyOf(_, values):
            return _any_of(values, column)
        case Between():
            return _range(condition, column)
        case Like(_, pattern):
            return _like(pattern, column)
    return Exists(column.address)


def _any_of(values: Any, column: Column) -> Condition:
    """Return that a column has one of some values; dates that last are ranges."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise QueryError(f"{column.address}: expected a list of values, not {shown(values)}")
    given = list(islice(values, MAX_VALUES + 1))
    if len(given) > MAX_VALUES:
        raise QueryError(f"{column.address}: a list has at most {MAX_VALUES} values")
    spans = dict.fromkeys(span(value, column) for value in given)
    points = tuple(first for first, after in spans if first == after)
    ranges = [
        Between(column.address, first, after, high_inclusive=False)
        for first, after in spans
        if first != after
    ]
    if len(points) == 1:
        return _joined(Or, [Equals(column.address, points[0]), *ranges])
    return _joined(Or, [*([AnyOf(column.address, points)] if points else []), *ranges])


def _range(condition: Between, column: Column) -> Condition:
    """Return the range with typed ends: an end that lasts is in it as a whole or not at all."""
    low, high = condition.low, condition.high
    low_inclusive, high_inclusive = bool(condition.low_inclusive), bool(condition.high_inclusive)
    if low is None and high is None:
        return Exists(column.address)
    if low is None:
        low_inclusive = True
    else:
        low, after = span(low, column)
        if low != after and not low_inclusive:
            low, low_inclusive = after, True
    if high is None:
        high_inclusive = True
    else:
        high, after = span(high, column)
        if high != after and high_inclusive:
            high, high_inclusive = after, False
    return Between(column.address, low, high, low_inclusive, high_inclusive)


def _like(pattern: Any, column: Column) -> Condition:
    if column.spec.type not in ("str", "time"):
        raise QueryError(
            f"{column.address}: expected {expected(column)}, not the pattern {shown(pattern)}: "
            "patterns match only text"
        )
    try:
        text = to_str(pattern)
    except (TypeError, ValueError):
        raise QueryError(f"{column.address}: expected a pattern, not {shown(pattern)}") from None
    if len(text) > MAX_PATTERN:
        raise QueryError(f"{column.address}: a pattern has at most {MAX_PATTERN} characters")
    if not re.search(r"[*?]", text):
        return _any_of([text], column)
    text = re.sub(r"\*+", "*", text)
    return Like(column.address, text.lower() if column.address == "rootname" else text)
