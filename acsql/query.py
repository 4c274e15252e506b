"""What a user can ask: conditions as values, and the one way in which text becomes them.

Python keywords, the command line and the addresses of the site all end in the same few
conditions, checked and typed here by the specs; only the store knows how a database is asked.
A keyword is addressed as ``exptime`` when it is promoted and as ``flt.1.goodmean`` (filetype,
extension, keyword) in any header; FITS spelling and any case are accepted.
"""

import csv
import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from . import names
from .errors import InvalidName, QueryError
from .specs import KeywordSpec, KeywordSpecs


@dataclass(frozen=True)
class Equals:
    """The keyword has this value."""

    keyword: str
    value: Any


@dataclass(frozen=True)
class AnyOf:
    """The keyword has one of these values."""

    keyword: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Between:
    """The keyword lies in a range; None leaves an end open, and `*_inclusive` closes it."""

    keyword: str
    low: Any = None
    high: Any = None
    low_inclusive: bool = True
    high_inclusive: bool = True


@dataclass(frozen=True)
class Like:
    """The text of the keyword matches a pattern with ``*`` (any text) and ``?`` (one)."""

    keyword: str
    pattern: str


@dataclass(frozen=True)
class Not:
    """The condition does not hold."""

    condition: "Condition"


@dataclass(frozen=True)
class And:
    """All of the conditions hold; without any, everything does."""

    conditions: tuple["Condition", ...] = ()


@dataclass(frozen=True)
class Or:
    """At least one of the conditions holds."""

    conditions: tuple["Condition", ...]


Condition = Equals | AnyOf | Between | Like | Not | And | Or


@dataclass(frozen=True)
class Column:
    """A keyword that can be asked for: its normalised address and what is known of it.

    `place` is the (filetype, extension) of a header keyword, None for one at the top.
    """

    address: str
    spec: KeywordSpec
    place: tuple[str, int] | None = None


_IN_A_HEADER = re.compile(r"([a-z0-9]+)\.(\d{1,4})\.(.+)")
_CONDITION = re.compile(r"\s*([^=<>!\s]+)\s*(!=|>=|<=|==|=|>|<)(.*)", re.DOTALL)
_WILDCARD = re.compile(r"[*?]")
_RANGE = re.compile(r"(.*?)\.\.(.*)", re.DOTALL)
TRUE = ("t", "true", "yes", "1")
FALSE = ("f", "false", "no", "0")


def resolve(address: str, specs: KeywordSpecs) -> Column:
    """Return the column that an address names.

    Parameters
    ----------
    address : str
        ``exptime``, ``DATE-OBS``, ``flt.1.goodmean`` ...

    Raises
    ------
    QueryError
        If there is no such keyword (the nearest are suggested), or if it stands in several
        headers and the address does not say in which.
    """
    text = address.strip().lower()
    in_header = _IN_A_HEADER.fullmatch(text)
    if in_header and in_header[1] in specs.filetypes:
        return _header_column(in_header[1], int(in_header[2]), in_header[3], specs)
    name = names.field(text)
    if name in specs.top_level:
        return Column(name, specs.top_level[name])
    places = specs.places(name)
    if places:
        choices = ", ".join(f"{filetype}.{ext}.{name}" for filetype, ext in places)
        raise QueryError(f"{address!r} stands in several headers; say which: {choices}")
    raise QueryError(f"there is no keyword {address!r}{_suggestion(name, specs)}")


def _header_column(filetype: str, extension: int, keyword: str, specs: KeywordSpecs) -> Column:
    name = names.field(keyword)
    address = f"{filetype}.{extension}.{name}"
    found = [
        listed[name]
        for key, listed in specs.lists.items()
        if (key.filetype, key.extension) == (filetype, extension) and name in listed
    ]
    if found:
        # Detectors can differ: a type other than text says more about how to compare.
        spec = next((spec for spec in found if spec.type != "str"), found[0])
        return Column(address, spec, (filetype, extension))
    places = ", ".join(f"{place}.{ext}.{name}" for place, ext in specs.places(name))
    if places:
        raise QueryError(f"no {filetype} header {extension} has {keyword!r}; it is in {places}")
    raise QueryError(f"there is no keyword {address!r}{_suggestion(name, specs)}")


def _suggestion(name: str, specs: KeywordSpecs) -> str:
    known = [*specs.top_level, *specs.keywords]
    near = dict.fromkeys(difflib.get_close_matches(name, known, n=3, cutoff=0.6))
    return f"; did you mean {' or '.join(near)}?" if near else ""


def parse(text: str, specs: KeywordSpecs) -> Condition:
    """Return the condition that a text like ``exptime>=100`` or ``targname=NGC*`` states.

    ``=``, ``!=``, ``<``, ``<=``, ``>`` and ``>=`` compare; after ``=`` may stand a list
    (``filter1=F606W,F814W``), a pattern (``NGC*``) or a range (``100..500``, ``100..``).

    Raises
    ------
    QueryError
        If the text is no condition, or keyword or value are wrong.
    """
    match = _CONDITION.fullmatch(text)
    if not match:
        raise QueryError(f"{text!r} is no condition; write for example exptime>=100")
    keyword, operator, value = match[1], match[2], match[3].strip()
    return compare(keyword, operator, value, specs)


def compare(keyword: str, operator: str, text: str, specs: KeywordSpecs) -> Condition:
    """Return the condition that compares a keyword with a text.

    Parameters
    ----------
    operator : {"=", "==", "!=", "<", "<=", ">", ">="}
    text : str
        A value; after an equality also a list, a pattern or a range.
    """
    if not text:
        raise QueryError(f"{keyword}{operator} has no value")
    match operator:
        case "=" | "==":
            condition = _equal(keyword, text, specs)
        case "!=":
            condition = Not(_equal(keyword, text, specs))
        case "<" | "<=":
            condition = Between(keyword, high=text, high_inclusive=operator == "<=")
        case ">" | ">=":
            condition = Between(keyword, low=text, low_inclusive=operator == ">=")
        case _:
            raise QueryError(f"{operator!r} is no comparison")
    return prepare(condition, specs)


def _equal(keyword: str, text: str, specs: KeywordSpecs) -> Condition:
    spec = resolve(keyword, specs).spec
    between = _RANGE.fullmatch(text)
    if between and spec.type != "str":
        return Between(keyword, between[1] or None, between[2] or None)
    try:
        values = next(csv.reader([text], skipinitialspace=True))
    except csv.Error as error:
        raise QueryError(f"{keyword}: {text!r} is no list of values: {error}") from None
    # Blanks before a comma belong to nobody; FITS drops those at the end of a text as well.
    return one_of(keyword, [value.rstrip() for value in values])


def one_of(keyword: str, values: Iterable[Any]) -> Condition:
    """Return the condition that a keyword has one of some values or matches one of them."""
    values = list(values)
    patterns = [value for value in values if isinstance(value, str) and _WILDCARD.search(value)]
    plain = tuple(value for value in values if value not in patterns)
    parts: list[Condition] = [Like(keyword, pattern) for pattern in patterns]
    if len(plain) == 1:
        parts.append(Equals(keyword, plain[0]))
    elif plain or not parts:
        parts.append(AnyOf(keyword, plain))
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def from_keywords(keywords: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions that Python keywords state.

    A tuple of two is a range (None leaves an end open), another collection is any of its
    values, a text with ``*`` or ``?`` is a pattern, anything else is equality.
    """
    return [_from_keyword(keyword, value) for keyword, value in keywords.items()]


def _from_keyword(keyword: str, value: Any) -> Condition:
    if isinstance(value, tuple):
        if len(value) != 2:
            raise QueryError(f"{keyword}: a range is a tuple of two, not of {len(value)}")
        return Between(keyword, *value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return one_of(keyword, value)
    return one_of(keyword, [value])


def prepare(condition: Condition, specs: KeywordSpecs) -> Condition:
    """Return the same condition with every keyword resolved and every value typed.

    Raises
    ------
    QueryError
        If a keyword does not exist or a value does not fit its type.
    """
    match condition:
        case And(conditions):
            return And(tuple(prepare(part, specs) for part in conditions))
        case Or(conditions):
            return Or(tuple(prepare(part, specs) for part in conditions))
        case Not(inner):
            return Not(prepare(inner, specs))
        case Equals() | AnyOf() | Between() | Like():
            return _prepared(condition, resolve(condition.keyword, specs))
    raise QueryError(f"{condition!r} is no condition")


def _prepared(condition: Equals | AnyOf | Between | Like, column: Column) -> Condition:
    match condition:
        case Equals(_, value):
            return Equals(column.address, typed(value, column))
        case AnyOf(_, values):
            return AnyOf(column.address, tuple(typed(value, column) for value in values))
        case Between(_, low, high, low_inclusive, high_inclusive):
            return Between(
                column.address,
                None if low is None else typed(low, column),
                None if high is None else typed(high, column),
                low_inclusive,
                high_inclusive,
            )
    return Like(column.address, _pattern(condition.pattern, column))


def typed(value: Any, column: Column) -> Any:
    """Return a value as the column's type.

    Raises
    ------
    QueryError
        If it is none; the message says what is expected.
    """
    try:
        converted = _CONVERSIONS[column.spec.type](value)
    except (AttributeError, TypeError, ValueError, OverflowError):
        unit = f" in {column.spec.unit}" if column.spec.unit else ""
        raise QueryError(
            f"{column.address}: expected {_EXPECTED[column.spec.type]}{unit}, not {value!r}"
        ) from None
    return _rootname(converted) if column.address == "rootname" else converted


def _pattern(pattern: Any, column: Column) -> str:
    if column.spec.type not in ("str", "time"):
        raise QueryError(
            f"{column.address} is of type {column.spec.type}: "
            f"a pattern like {pattern!r} matches only text"
        )
    try:
        text = _to_str(pattern)
    except (TypeError, ValueError):
        raise QueryError(f"{column.address}: expected a pattern, not {pattern!r}") from None
    return text.lower() if column.address == "rootname" else text


def _rootname(value: str) -> str:
    try:
        return names.rootname(value)
    except InvalidName as error:
        raise QueryError(str(error)) from None


def _to_int(value: Any) -> int:
    if isinstance(value, bool | bytes):
        raise TypeError(value)
    number = int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError(value)
    return number


def _to_float(value: Any) -> float:
    if isinstance(value, bool | bytes):
        raise TypeError(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _to_str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    if "\0" in value:
        raise ValueError(value)
    value.encode()  # half a surrogate pair is no Unicode, and MongoDB does not take it
    return value


def _to_bool(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in TRUE + FALSE:
        return text in TRUE
    raise ValueError(value)


def _to_datetime(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _to_date(value: Any) -> datetime:
    if isinstance(value, str):
        value = date.fromisoformat(value.strip())
    return datetime(value.year, value.month, value.day)


def _to_time(value: Any) -> str:
    if isinstance(value, str):
        value = time.fromisoformat(value.strip())
    if not isinstance(value, time):
        raise TypeError(value)
    return value.isoformat()


_CONVERSIONS = {
    "int": _to_int,
    "float": _to_float,
    "str": _to_str,
    "bool": _to_bool,
    "date": _to_date,
    "time": _to_time,
    "datetime": _to_datetime,
}
_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "date": "a date like 2002-04-13",
    "time": "a time like 18:16:35",
    "datetime": "a date and time like 2002-04-13T18:16:35",
}


def columns(addresses: Sequence[str], specs: KeywordSpecs) -> list[Column]:
    """Return the columns of some addresses, each once, in their order."""
    found = (resolve(address, specs) for address in addresses)
    return list({column.address: column for column in found}.values())
