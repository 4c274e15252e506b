"""Conditions written in the query language, so that `acsql.query.parse` reads the same again.

A condition is written in the shortest form of the language: whole years and months as such, and
quotes only around values that need them.
"""

import re
from collections.abc import Container
from datetime import datetime, timedelta
from typing import Any

from ..errors import QueryError
from ..keywords import KeywordSpecs
from .columns import resolve
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
    leaves,
)
from .messages import abbreviate
from .parser import RANGE, RESERVED_WORDS
from .texts import Exact

_UNQUOTED = re.compile(r"""[^\s()=<>!,"'*?]+""")


def format_condition(condition: Condition, specs: KeywordSpecs | None = None) -> str:
    """Return a condition as text in the query language.

    Parameters
    ----------
    condition : Condition
        A condition as `acsql.query.prepare` returns it.
    specs : KeywordSpecs, optional
        The specs, by which values of keywords of type date are written without a time.

    Returns
    -------
    str
        A text from which `acsql.query.parse` makes the same condition.

    Raises
    ------
    QueryError
        If the language has no form for a value.
    """
    dates = set()
    if specs is not None:
        parts = (leaf for leaf, _ in leaves(condition) if isinstance(leaf, KeywordCondition))
        addresses = {leaf.keyword for leaf in parts}
        dates = {name for name in addresses if resolve(name, specs).spec.type == "date"}
    return format_with_dates(condition, dates)


def format_with_dates(condition: Condition, dates: Container[str]) -> str:
    """Return a condition as text, where the caller knows which keywords are dates.

    Parameters
    ----------
    condition : Condition
        A condition as `acsql.query.prepare` returns it.
    dates : container of str
        Addresses of the keywords whose values are written without a time.

    Returns
    -------
    str
        As `format_condition`.

    Raises
    ------
    QueryError
        If the language has no form for a value.
    """
    match condition:
        case And(()):
            return "everything()"
        case Or(()):
            return "nothing()"
        case And(parts):
            return " ".join(_grouped(part, (And, Or), dates) for part in parts)
        case Or(parts):
            return " or ".join(_grouped(part, (Or,), dates) for part in parts)
        case Not(inner):
            return _negation(inner, dates)
        case KeywordCondition():
            return _keyword_condition(condition, condition.keyword in dates)
        case Within(ra, dec, radius):
            return f"near({ra!r}, {dec!r}, {radius!r})"
        case Covers(ra, dec):
            return f"covers({ra!r}, {dec!r})"
        case Overlaps(rootname):
            return f"overlaps({rootname})"
    raise QueryError(f"{abbreviate(condition)} is not a condition")


def _grouped(
    condition: Condition, kinds: tuple[type[And] | type[Or], ...], dates: Container[str]
) -> str:
    """Return a condition as text, in parentheses if it combines others in one of these ways."""
    text = format_with_dates(condition, dates)
    compound = isinstance(condition, kinds) and condition.conditions
    return f"({text})" if compound else text


def _negation(inner: Condition, dates: Container[str]) -> str:
    text = format_with_dates(inner, dates)
    match inner:
        case Exists(keyword):
            return f"missing({keyword})"
        case Equals() | AnyOf() | Like():
            return text.replace("=", "!=", 1)
        case Between(keyword) if text.startswith(f"{keyword}="):
            return text.replace("=", "!=", 1)
    return f"not {_grouped(inner, (And, Or), dates)}"


def _keyword_condition(condition: KeywordCondition, is_date: bool) -> str:
    match condition:
        case Equals(keyword, value):
            return f"{keyword}={_value(value, is_date)}"
        case AnyOf(keyword, values):
            return f"{keyword}={','.join(_value(value, is_date) for value in values)}"
        case Between():
            return _range(condition, is_date)
        case Like(keyword, pattern):
            return f"{keyword}={_pattern(pattern)}"
        case Exists(keyword):
            return f"exists({keyword})"
    raise QueryError(f"{abbreviate(condition)} is not a condition")


def _range(condition: Between, is_date: bool) -> str:
    keyword = condition.keyword
    low, high = (
        None if end is None else _value(end, is_date) for end in (condition.low, condition.high)
    )
    above = "<=" if condition.low_inclusive else "<"
    below = "<=" if condition.high_inclusive else "<"
    if low is None and high is None:
        return f"exists({keyword})"
    if low is None:
        return f"{keyword}{below}{high}"
    if high is None:
        return f"{keyword}{above.replace('<', '>')}{low}"
    if above == "<=" and below == "<" and (months := _months(condition.low, condition.high)):
        return f"{keyword}={months}"
    if above == below == "<=" and not isinstance(condition.low, str):
        return f"{keyword}={low}{RANGE}{high}"
    return f"{low}{above}{keyword}{below}{high}"


def _months(begin: Any, end: Any) -> str | None:
    """Return a period of whole years or months in short, such as ``2005``, None if it is none."""
    if not (isinstance(begin, datetime) and isinstance(end, datetime) and begin < end):
        return None
    if any(moment != datetime(moment.year, moment.month, 1) for moment in (begin, end)):
        return None
    length = len("2005" if begin.month == end.month == 1 else "2005-03")
    first, last = (day.isoformat()[:length] for day in (begin, end - timedelta(days=1)))
    return first if first == last else f"{first}{RANGE}{last}"


def _value(value: Any, is_date: bool = False) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case datetime():
            # With a fraction of a second it is a moment; without, it is the whole second.
            return value.date().isoformat() if is_date else value.isoformat(timespec="milliseconds")
        case Exact():
            return _quoted(value, '"')
        case str():
            return value if _needs_no_quotes(value) else _quoted(value, "'")
    raise QueryError(f"{abbreviate(value)} cannot be written in the query language")


def _pattern(pattern: str) -> str:
    """Return a pattern with quotes around those parts between wildcards that need them."""
    parts = re.split(r"([*?]+)", pattern)
    is_exact = isinstance(pattern, Exact)
    return "".join(
        part if index % 2 or not part else _value(Exact(part) if is_exact else part)
        for index, part in enumerate(parts)
    )


def _needs_no_quotes(text: str) -> bool:
    return (
        bool(_UNQUOTED.fullmatch(text)) and RANGE not in text and text.lower() not in RESERVED_WORDS
    )


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace(quote, quote * 2) + quote
