"""Normal form of conditions: keywords resolved, values typed, synonyms removed.

The normal form has no `AnyOf` of one value, no `And` in an `And` and no pattern without a
wildcard.  Conditions that mean the same therefore become the same MongoDB filter, can be compared
with each other, and stay the same when they are written as text and parsed again.  The limits on
the size of a condition are checked here as well, so that user input cannot exhaust the server.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from ..errors import QueryError
from ..keywords import KeywordSpecs
from .angles import position, radius
from .coerce import expected, rootname, span, to_str
from .columns import Column, resolve
from .conditions import (
    And,
    AnyOf,
    Between,
    Condition,
    Covers,
    Equals,
    Exists,
    KeywordCondition,
    Like,
    Not,
    Or,
    Overlaps,
    Within,
    join,
    leaves,
)
from .messages import abbreviate
from .texts import Exact

# Values in a list, conditions in a search, their depth, and characters of a pattern.
MAX_VALUES = 10_000
# Rootnames in a list: more than the mission has observations.  At 30 bytes each they take half of
# what MongoDB accepts as a filter (16 MB).
MAX_ROOTNAMES = 300_000
MAX_CONDITIONS = 200
MAX_DEPTH = 20
MAX_PATTERN = 1_000


def most_values(keyword: str) -> int:
    """Return the largest number of values that a list can have for a keyword."""
    return MAX_ROOTNAMES if keyword == "rootname" else MAX_VALUES


def prepare(condition: Condition, specs: KeywordSpecs) -> Condition:
    """Return the normal form of a condition, with every keyword resolved and every value typed.

    Parameters
    ----------
    condition : Condition
        A condition as a program or the parser made it.
    specs : KeywordSpecs
        The specs of the archive.

    Returns
    -------
    Condition
        A condition for `acsql.store.filters`; `prepare` returns it unchanged.

    Raises
    ------
    QueryError
        If there is no such keyword, a value does not fit its type, or the condition exceeds a
        limit of this module.
    """
    _check_size(condition)
    prepared = _prepare(condition, specs)
    _check_size(prepared)
    return prepared


def both(condition: Condition, other: Condition) -> Condition:
    """Return the normal form of two conditions joined by ``and``.

    Parameters
    ----------
    condition, other : Condition
        As `prepare` returns them.

    Returns
    -------
    Condition
        It has the stored spellings and footprints that they have.

    Raises
    ------
    QueryError
        If it exceeds a limit of this module.
    """
    joined = join(And, (condition, other))
    _check_size(joined)
    return joined


def _check_size(condition: Condition) -> None:
    for number, (_, depth) in enumerate(leaves(condition), 1):
        if number > MAX_CONDITIONS:
            raise QueryError(f"there are more than {MAX_CONDITIONS} conditions")
        if depth > MAX_DEPTH:
            raise QueryError(f"conditions are nested more than {MAX_DEPTH} deep")


def _prepare(condition: Condition, specs: KeywordSpecs) -> Condition:
    match condition:
        case And(conditions):
            return join(And, [_prepare(part, specs) for part in conditions])
        case Or(conditions):
            return join(Or, [_prepare(part, specs) for part in conditions])
        case Not(inner):
            return Not(_prepare(inner, specs))
        case Within(ra, dec, distance):
            return Within(*position(ra, dec), radius(distance))
        case Covers(ra, dec):
            return Covers(*position(ra, dec))
        case Overlaps(name, footprint):
            return Overlaps(rootname(name), footprint)
        case KeywordCondition(keyword):
            return _prepare_for(resolve(keyword, specs), condition)
    raise QueryError(f"{abbreviate(condition)} is not a condition")


def _prepare_for(column: Column, condition: KeywordCondition) -> Condition:
    match condition:
        case Equals(_, value):
            return _equality([value], column)
        case AnyOf(_, values):
            return _equality(values, column)
        case Between():
            return _range(condition, column)
        case Like(_, pattern):
            return _pattern(pattern, column)
        case Exists():
            return Exists(column.address)
    raise QueryError(f"{abbreviate(condition)} is not a condition")


def _equality(values: Any, column: Column) -> Condition:
    """Return the condition that a column has one of some values; periods become ranges."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise QueryError(f"{column.address}: expected a list of values, not {abbreviate(values)}")
    most = most_values(column.address)
    listed = list(islice(values, most + 1))
    if len(listed) > most:
        raise QueryError(f"{column.address}: a list has at most {most} values")
    spans = dict.fromkeys(span(value, column) for value in listed)
    points = tuple(begin for begin, end in spans if begin == end)
    ranges = [
        Between(column.address, begin, end, high_inclusive=False)
        for begin, end in spans
        if begin != end
    ]
    if len(points) == 1:
        return join(Or, [Equals(column.address, points[0]), *ranges])
    return join(Or, [*([AnyOf(column.address, points)] if points else []), *ranges])


def _range(condition: Between, column: Column) -> Condition:
    """Return a range with typed ends; a period at an end is included or excluded as a whole."""
    low, high = condition.low, condition.high
    low_inclusive, high_inclusive = bool(condition.low_inclusive), bool(condition.high_inclusive)
    if low is None and high is None:
        return Exists(column.address)
    if low is None:
        low_inclusive = True
    else:
        low, end = span(low, column)
        if low != end and not low_inclusive:
            low, low_inclusive = end, True
    if high is None:
        high_inclusive = True
    else:
        high, end = span(high, column)
        if high != end and high_inclusive:
            high, high_inclusive = end, False
    if column.spec.type == "int" and any(isinstance(end, str) for end in (low, high)):
        raise QueryError(
            f"{column.address}: whole numbers beyond 64 bits are stored as text; "
            "compare them with ="
        )
    return Between(column.address, low, high, low_inclusive, high_inclusive)


def _pattern(pattern: Any, column: Column) -> Condition:
    if column.spec.type not in ("str", "time"):
        raise QueryError(
            f"{column.address}: expected {expected(column)}, not the pattern "
            f"{abbreviate(pattern)}; patterns match only text"
        )
    try:
        text = to_str(pattern)
    except (TypeError, ValueError):
        raise QueryError(
            f"{column.address}: expected a pattern, not {abbreviate(pattern)}"
        ) from None
    if len(text) > MAX_PATTERN:
        raise QueryError(f"{column.address}: a pattern has at most {MAX_PATTERN} characters")
    if not re.search(r"[*?]", text):
        return _equality([text], column)
    shortened = re.sub(r"\*+", "*", text)
    if column.address == "rootname":
        return Like(column.address, shortened.lower())
    return Like(column.address, Exact(shortened) if isinstance(text, Exact) else shortened)
