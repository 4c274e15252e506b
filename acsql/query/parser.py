"""Conditions as text: one small language for the command line, the site and scripts.

``detector=WFC exptime>=500 (filter1=F606W,F814W or targname=NGC*)``: what stands side by side
has to hold together, and `and`, `or`, `not` and parentheses do what they say.  A value is a
word.  Quotes around all of it or a part keep blanks, commas, parentheses and comparison signs
together, and take wildcards and ``..`` literally.  Nothing here knows what keywords there are:
`acsql.query` checks what was read.
"""

import re
from collections.abc import Callable, Container, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, v_args

from ..errors import QueryError
from .coerce import shown
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
)

# Ten thousand rootnames, and room for more.
MAX_TEXT = 300_000

_GRAMMAR = r"""
?start: any
?any: all (_OR all)*
?all: one (_AND? one)*
?one: _NOT one -> negation
    | "(" any ")"
    | VALUE SIGN VALUE ("," VALUE)* -> comparison
    | VALUE SIGN VALUE SIGN VALUE -> chain
    | FUNCTION "(" [argument ("," argument)*] ")" -> call
argument: VALUE+

_OR.2: /or(?![^\s()=<>!,"'])/i
_AND.2: /and(?![^\s()=<>!,"'])/i
_NOT.2: /not(?![^\s()=<>!,"'])/i
FUNCTION.1: /[a-z]+(?=\s*\()/i
SIGN: /[<>!=]=|[<>=]/
VALUE: /("([^"]|"")*+"|'([^']|'')*+'|[^\s()=<>!,"'][^\s()=<>!,"]*)+/
%ignore /\s+/
"""
_PART_OF_VALUE = re.compile(r"""
    "(?P<double>(?:[^"]|"")*+)" | '(?P<single>(?:[^']|'')*+)' | (?P<bare>[^"]+)
""", re.VERBOSE)  # fmt: skip
# Of a list in a field of a form; quotes mean something only where a value begins, as in CSV.
_ITEM = re.compile(r'\s*("(?:[^"]|"")*+"[^,]*|(?!")[^,]*)(,|\Z)')
_PART_OF_ITEM = re.compile(r'\A"(?P<double>(?:[^"]|"")*+)"|(?P<bare>.+)', re.DOTALL)
_WILDCARD = re.compile(r"[*?]")
_RANGE = ".."
_BARE = re.compile(r"""[^\s()=<>!,"'*?]+""")
_WORDS = ("and", "or", "not")
_DESCENDING = {">": "<", ">=": "<="}


class Word(NamedTuple):
    """A value as it was written: its text, and the same with everything quoted blotted out."""

    text: str
    bare: str

    @property
    def is_pattern(self) -> bool:
        """Whether it holds wildcards outside of quotes."""
        return bool(_WILDCARD.search(self.bare))

    @property
    def ends(self) -> tuple[str, str] | None:
        """The two ends of a range like ``100..500``, None if it is none."""
        low, found, _ = self.bare.partition(_RANGE)
        return (self.text[: len(low)], self.text[len(low) + len(_RANGE) :]) if found else None


def _word(written: str, part: re.Pattern[str]) -> Word:
    text, bare = "", ""
    for match in part.finditer(written):
        quote = {"double": '"', "single": "'"}.get(match.lastgroup or "", "")
        found = match[match.lastgroup or 0]
        content = found.replace(quote * 2, quote) if quote else found
        text += content
        bare += "\0" * len(content) if quote else content
    return Word(text, bare)


def read(text: str) -> Condition:
    """Return the condition that a text states, its keywords and values not looked at.

    Raises
    ------
    QueryError
        If it states none: where and why, in one line.
    """
    if not isinstance(text, str):
        raise QueryError(f"{shown(text)} is no condition; write for example exptime>=100")
    if len(text) > MAX_TEXT:
        raise QueryError(f"a condition has at most {MAX_TEXT} characters, not {len(text)}")
    try:
        return _parser().parse(text)
    except UnexpectedInput as error:
        raise QueryError(_why(text, error)) from None


def compared(keyword: str, sign: str, text: str) -> Condition:
    """Return the condition that compares a keyword with what stands in a field of a form.

    Commas separate values and double quotes keep them together, as in CSV; anything else, also
    a blank, is a part of the value.
    """
    if not text.strip():
        raise QueryError(f"{keyword}{sign} has no value")
    if len(text) > MAX_TEXT:
        raise QueryError(f"{keyword}: at most {MAX_TEXT} characters, not {len(text)}")
    return _comparison(keyword, sign, _items(keyword, text))


def _items(keyword: str, text: str) -> list[Word]:
    items, at, more = [], 0, ","
    while more:
        match = _ITEM.match(text, at)
        if not match:
            raise QueryError(f"{keyword}: a quote in {shown(text)} is not closed")
        items.append(_word(match[1].strip(), _PART_OF_ITEM))
        at, more = match.end(), match[2]
    return items


def _comparison(keyword: str, sign: str, words: Sequence[Word]) -> Condition:
    match sign:
        case "=" | "==":
            return _equality(keyword, words)
        case "!=":
            return Not(_equality(keyword, words))
        case "<" | "<=" | ">" | ">=":
            if len(words) > 1:
                raise QueryError(f"{keyword}{sign} takes one value: a list goes with = or !=")
            return _one_end(keyword, sign, words[0].text)
    raise QueryError(f"{sign!r} is no comparison")


def _one_end(keyword: str, sign: str, value: str) -> Between:
    closed = sign.endswith("=")
    if sign in _DESCENDING:
        return Between(keyword, low=value, low_inclusive=closed)
    return Between(keyword, high=value, high_inclusive=closed)


def _equality(keyword: str, words: Iterable[Word]) -> Condition:
    """Return that a keyword has one of some values, or lies in or matches one of them."""
    plain: list[str] = []
    others: list[Condition] = []
    for word in words:
        if word.ends:
            low, high = word.ends
            others.append(Between(keyword, low.strip() or None, high.strip() or None))
        elif word.is_pattern:
            others.append(Like(keyword, _pattern(keyword, word)))
        else:
            plain.append(word.text)
    return either(keyword, plain, others)


def either(keyword: str, values: Sequence[Any], others: Sequence[Condition]) -> Condition:
    """Return that a keyword has one of some values or meets one of other conditions."""
    parts = list(others)
    if len(values) == 1:
        parts.append(Equals(keyword, values[0]))
    elif values or not parts:
        parts.append(AnyOf(keyword, tuple(values)))
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _pattern(keyword: str, word: Word) -> str:
    quoted = (char for char, bare in zip(word.text, word.bare, strict=True) if char != bare)
    if any(map(_WILDCARD.match, quoted)):
        raise QueryError(
            f"{keyword}: {shown(word.text)} has wildcards inside of quotes and outside; "
            "write ? for the one inside"
        )
    return word.text


@v_args(inline=True)
class _ToCondition(Transformer):
    """Makes conditions while lark reads."""

    def any(self, *conditions: Condition) -> Condition:
        return Or(conditions)

    def all(self, *conditions: Condition) -> Condition:
        return And(conditions)

    def negation(self, condition: Condition) -> Condition:
        return Not(condition)

    def comparison(self, keyword: Word, sign: Token, *words: Word) -> Condition:
        return _comparison(keyword.text, str(sign), words)

    def chain(
        self, first: Word, sign: Token, keyword: Word, second_sign: Token, second: Word
    ) -> Condition:
        if sign in _DESCENDING and second_sign in _DESCENDING:
            first, sign, second_sign, second = second, second_sign, sign, first
            sign, second_sign = _DESCENDING[sign], _DESCENDING[second_sign]
        if not {sign, second_sign} <= {"<", "<="}:
            raise QueryError(
                f"cannot read {first.text}{sign}{keyword.text}{second_sign}{second.text}: a range "
                "is written 100<exptime<=500, and a value with a comparison sign in quotes"
            )
        return Between(
            keyword.text, first.text, second.text, sign.endswith("="), second_sign.endswith("=")
        )

    def argument(self, *words: Word) -> str:
        return " ".join(word.text for word in words)

    def call(self, function: Token, *arguments: str) -> Condition:
        makers = _FUNCTIONS.get(function.lower())
        if makers is None:
            raise QueryError(f"there is no {function}(): there are {', '.join(_FUNCTIONS)}")
        make = makers.get(len(arguments))
        if make is None:
            numbers = " or ".join(map(str, makers))
            raise QueryError(f"{function}() takes {numbers} arguments, not {len(arguments)}")
        return make(*arguments)

    def VALUE(self, token: Token) -> Word:
        return _word(token, _PART_OF_VALUE)


# What each function makes of how many arguments.
_FUNCTIONS: dict[str, dict[int, Callable[..., Condition]]] = {
    "exists": {1: Exists},
    "missing": {1: lambda keyword: Not(Exists(keyword))},
    "near": {3: Within, 2: lambda position, radius: Within(position, None, radius)},
    "covers": {2: Covers, 1: lambda position: Covers(position, None)},
    "overlaps": {1: Overlaps},
    "everything": {0: And},
    "nothing": {0: lambda: Or(())},
}


@cache
def _parser() -> Lark:
    # Made when it is first needed, because importing does nothing.
    return Lark(_GRAMMAR, parser="lalr", transformer=_ToCondition(), maybe_placeholders=False)


def _why(text: str, error: UnexpectedInput) -> str:
    """Return where and why a text states no condition, and what to write instead."""
    if not text.strip():
        return f"{shown(text)} is no condition; write for example exptime>=100"
    at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
    place = "at its end" if at_end else f"at character {error.pos_in_stream + 1}"
    return f"cannot read {shown(text)} {place}: {_hint(text, error)}"


def _hint(text: str, error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedCharacters):
        if error.char in "\"'":
            return "the quote is not closed"
        return f"{error.char!r} can stand only in quotes"
    token = error.token
    if "SIGN" in error.expected:
        before = error.token_history[-1] if error.token_history else text[error.pos_in_stream :]
        return (
            f"{shown(str(before))} is compared with nothing; write for example exptime>=100, "
            'and a value with blanks in quotes: targname="OMEGA CEN"'
        )
    if error.expected == {"$END"}:
        return "there is no ( for this )"
    if "FUNCTION" in error.expected and "_AND" not in error.expected:
        return "a condition is expected, for example exptime>=100"
    if token.type == "SIGN":
        return "a value is expected; one with a comparison sign goes in quotes"
    if "RPAR" in error.expected:
        return "a ) is missing"
    if "VALUE" in error.expected:
        return "a value is expected; one with blanks, commas or parentheses goes in quotes"
    return f"{shown(str(token))} means nothing here"


# --- and back


def format_condition(condition: Condition, days: Container[str] = ()) -> str:
    """Return a condition as text; `read` and `acsql.query.prepare` make the same of it.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    days : container of str
        The keywords whose dates have no time, so that none is written.

    Raises
    ------
    QueryError
        If a value is of a kind that no text has.
    """
    match condition:
        case And(()):
            return "everything()"
        case Or(()):
            return "nothing()"
        case And(parts):
            return " ".join(_grouped(part, And | Or, days) for part in parts)
        case Or(parts):
            return " or ".join(_grouped(part, Or, days) for part in parts)
        case Not(inner):
            return _negated(inner, days)
        case Equals(keyword, value):
            return f"{keyword}={_written(value, keyword in days)}"
        case AnyOf(keyword, values):
            return f"{keyword}={','.join(_written(value, keyword in days) for value in values)}"
        case Between():
            return _range(condition, condition.keyword in days)
        case Like(keyword, pattern):
            return f"{keyword}={_written_pattern(pattern)}"
        case Exists(keyword):
            return f"exists({keyword})"
        case Within(ra, dec, radius):
            return f"near({ra!r}, {dec!r}, {radius!r})"
        case Covers(ra, dec):
            return f"covers({ra!r}, {dec!r})"
        case Overlaps(rootname):
            return f"overlaps({rootname})"
    raise QueryError(f"{shown(condition)} is no condition")


def _grouped(condition: Condition, loose: Any, days: Container[str]) -> str:
    """Return a part of a condition as text, in parentheses if it would fall apart."""
    text = format_condition(condition, days)
    compound = isinstance(condition, loose) and condition.conditions
    return f"({text})" if compound else text


def _negated(inner: Condition, days: Container[str]) -> str:
    text = format_condition(inner, days)
    match inner:
        case Exists(keyword):
            return f"missing({keyword})"
        case Equals() | AnyOf() | Like():
            return text.replace("=", "!=", 1)
        case Between(keyword) if text.startswith(f"{keyword}="):
            return text.replace("=", "!=", 1)
    return f"not {_grouped(inner, And | Or, days)}"


def _range(condition: Between, day: bool) -> str:
    keyword = condition.keyword
    low, high = (
        None if end is None else _written(end, day) for end in (condition.low, condition.high)
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
        return f"{keyword}={low}{_RANGE}{high}"
    return f"{low}{above}{keyword}{below}{high}"


def _months(begin: Any, end: Any) -> str | None:
    """Return a time of whole years or months as people say it, None if it is none: ``2005``."""
    if not (isinstance(begin, datetime) and isinstance(end, datetime) and begin < end):
        return None
    if any(moment != datetime(moment.year, moment.month, 1) for moment in (begin, end)):
        return None
    length = len("2005" if begin.month == end.month == 1 else "2005-03")
    first, last = (day.isoformat()[:length] for day in (begin, end - timedelta(days=1)))
    return first if first == last else f"{first}{_RANGE}{last}"


def _written(value: Any, day: bool = False) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case datetime():
            # A fraction makes it a moment and not the whole of a second.
            return value.date().isoformat() if day else value.isoformat(timespec="milliseconds")
        case str():
            return value if _is_bare(value) else _quoted(value)
    raise QueryError(f"{shown(value)} cannot be written as text")


def _written_pattern(pattern: str) -> str:
    parts = re.split(r"([*?]+)", pattern)
    return "".join(
        part if index % 2 or not part or _is_bare(part) else _quoted(part)
        for index, part in enumerate(parts)
    )


def _is_bare(text: str) -> bool:
    return bool(_BARE.fullmatch(text)) and _RANGE not in text and text.lower() not in _WORDS


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
