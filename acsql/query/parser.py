"""The query language: text such as ``detector=WFC exptime>=500 (filter1=F606W or targname=NGC*)``.

Conditions side by side must all hold; ``and``, ``or``, ``not`` and parentheses combine them.  A
value is a word, or words between two stars (``comment=*guide star*``); quotes around a value, or a
part of it, allow blanks, commas, parentheses and comparison signs, and make wildcards and ``..``
literal.  Double quotes also make its case count.
The language is the same on the command line, on the site and in scripts.  Parsing knows no
keywords: `acsql.query.prepare` checks keywords and values afterwards.  `acsql.query.printer`
writes conditions in this language.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple, cast

from lark import (
    Lark,
    Token,
    Transformer,
    UnexpectedCharacters,
    UnexpectedInput,
    UnexpectedToken,
    v_args,
)

from ..errors import QueryError
from .conditions import (
    And,
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
    equals_any,
)
from .messages import abbreviate
from .texts import Exact

# Characters; ten thousand rootnames take a third of it.
MAX_TEXT = 300_000

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction (_OR conjunction)*
?conjunction: term (_AND? term)*
?term: _NOT term -> negation
    | "(" disjunction ")"
    | VALUE SIGN VALUE ("," VALUE)* -> comparison
    | VALUE SIGN VALUE SIGN VALUE -> chain
    | FUNCTION "(" [argument ("," argument)*] ")" -> call
argument: VALUE+

_OR.2: /or(?![^\s()=<>!,"'])/i
_AND.2: /and(?![^\s()=<>!,"'])/i
_NOT.2: /not(?![^\s()=<>!,"'])/i
FUNCTION.1: /[a-z]+(?=\s*\()/i
SIGN: /[<>!=]=|[<>=]/
VALUE: WORDS_IN_STARS | WORD
WORDS_IN_STARS: /[*][^\s()=<>!,"'*?]+(\s+[^\s()=<>!,"'*?]+)+[*](?=[\s,)]|\Z)/
WORD: /("([^"]|"")*+"|'([^']|'')*+'|[*?]+|[^\s()=<>!,"'*?][^\s()=<>!,"*?]*)+/
%ignore /\s+/
"""
_VALUE_PART = re.compile(r"""
    "(?P<double>(?:[^"]|"")*+)" | '(?P<single>(?:[^']|'')*+)' | (?P<bare>[*?]+ | [^"*?]+)
""", re.VERBOSE)  # fmt: skip
# An item of a list in a form field; quotes count only where an item begins, as in CSV.
_ITEM = re.compile(r"""\s*("(?:[^"]|"")*+"[^,]*|'(?:[^']|'')*+'\s*(?=,|\Z)|(?!")[^,]*)(,|\Z)""")
_ITEM_PART = re.compile(
    r"""\A"(?P<double>(?:[^"]|"")*+)"|\A'(?P<single>(?:[^']|'')*+)'\Z|(?P<bare>.+)""", re.DOTALL
)
_WILDCARD = re.compile(r"[*?]")
# Between the two ends of a range: 100..500.
RANGE = ".."
RESERVED_WORDS = ("and", "or", "not")
_DESCENDING = {">": "<", ">=": "<="}


class Word(NamedTuple):
    """A value as written.

    Attributes
    ----------
    text : str
        The value without its quotes.
    unquoted : str
        The same text with a NUL in place of every character that was in quotes, in which
        wildcards and ``..`` are looked for.
    is_exact : bool
        Whether a part of it was in double quotes.
    """

    text: str
    unquoted: str
    is_exact: bool = False

    @property
    def value(self) -> str:
        """The text, `Exact` if its case counts."""
        return Exact(self.text) if self.is_exact else self.text

    @property
    def is_pattern(self) -> bool:
        """Whether the value has wildcards outside of quotes."""
        return bool(_WILDCARD.search(self.unquoted))

    @property
    def ends(self) -> tuple[str, str] | None:
        """The two ends of a range like ``100..500``, None if the value is not a range."""
        low, separator, _ = self.unquoted.partition(RANGE)
        if not separator:
            return None
        return self.text[: len(low)], self.text[len(low) + len(RANGE) :]


def _word(written: str, part_pattern: re.Pattern[str]) -> Word:
    text, unquoted, is_exact = "", "", False
    for match in part_pattern.finditer(written):
        quote = {"double": '"', "single": "'"}.get(match.lastgroup or "", "")
        part = match[match.lastgroup or 0]
        content = part.replace(quote * 2, quote) if quote else part
        text += content
        is_exact |= quote == '"'
        unquoted += "\0" * len(content) if quote else content
    return Word(text, unquoted, is_exact)


def read_condition(text: str) -> Condition:
    """Return the condition that a text states, with keywords and values as written.

    Parameters
    ----------
    text : str
        A condition in the query language.

    Returns
    -------
    Condition
        A condition for `acsql.query.prepare` to check; all its values are texts.

    Raises
    ------
    QueryError
        If the text is not a condition; the message gives position and reason in one line.
    """
    if not isinstance(text, str):
        raise QueryError(f"{abbreviate(text)} is not a condition; write for example exptime>=100")
    if len(text) > MAX_TEXT:
        raise QueryError(f"a condition has at most {MAX_TEXT} characters, not {len(text)}")
    try:
        # lark's parse tree is what the transformer below returns for the start rule.
        return cast(Condition, _parser().parse(text))
    except UnexpectedInput as error:
        raise QueryError(_syntax_error(text, error)) from None


def read_comparison(keyword: str, operator: str, text: str) -> Condition:
    """Return the condition that compares a keyword with the content of a form field.

    Parameters
    ----------
    keyword : str
        Address of the keyword.
    operator : {"=", "==", "!=", "<", "<=", ">", ">="}
        The comparison.
    text : str
        A value, or after an equality also a list, pattern or range.  Commas separate values and
        quotes around a value keep them together; all else, also a blank, is part of a value.

    Returns
    -------
    Condition
        A condition for `acsql.query.prepare` to check; all its values are texts.

    Raises
    ------
    QueryError
        If there is no value, no such operator, or a quote is not closed.
    """
    if not text.strip():
        raise QueryError(f"{keyword}{operator}: a value is missing")
    if len(text) > MAX_TEXT:
        raise QueryError(f"{keyword}: at most {MAX_TEXT} characters, not {len(text)}")
    return _comparison(keyword, operator, _items(keyword, text))


def _items(keyword: str, text: str) -> list[Word]:
    items, position, comma = [], 0, ","
    while comma:
        match = _ITEM.match(text, position)
        if not match:
            raise QueryError(f"{keyword}: a quote in {abbreviate(text)} is not closed")
        items.append(_word(match[1].strip(), _ITEM_PART))
        position, comma = match.end(), match[2]
    return items


def _comparison(keyword: str, operator: str, words: Sequence[Word]) -> Condition:
    match operator:
        case "=" | "==":
            return _equality(keyword, words)
        case "!=":
            return Not(_equality(keyword, words))
        case "<" | "<=" | ">" | ">=":
            if len(words) > 1:
                raise QueryError(f"{keyword}{operator} takes one value; lists go with = or !=")
            return _one_end(keyword, operator, words[0].value)
    raise QueryError(f"{abbreviate(operator)} is not a comparison operator")


def _one_end(keyword: str, operator: str, value: str) -> Between:
    inclusive = operator.endswith("=")
    if operator in _DESCENDING:
        return Between(keyword, low=value, low_inclusive=inclusive)
    return Between(keyword, high=value, high_inclusive=inclusive)


def _equality(keyword: str, words: Iterable[Word]) -> Condition:
    """Return the condition that a keyword has one of the values, or lies in or matches one."""
    values: list[str] = []
    alternatives: list[Condition] = []
    for word in words:
        if word.ends:
            low, high = word.ends
            alternatives.append(Between(keyword, low.strip() or None, high.strip() or None))
        elif word.is_pattern:
            alternatives.append(Like(keyword, _pattern(keyword, word)))
        else:
            values.append(word.value)
    return equals_any(keyword, values, alternatives)


def _pattern(keyword: str, word: Word) -> str:
    characters = zip(word.text, word.unquoted, strict=True)
    quoted = (character for character, unquoted in characters if character != unquoted)
    if any(map(_WILDCARD.match, quoted)):
        raise QueryError(
            f"{keyword}: {abbreviate(word.text)} has wildcards inside of quotes and outside; "
            "write ? for the one inside"
        )
    return word.value


@v_args(inline=True)
class _ToCondition(Transformer[Token, Condition]):
    """Builds conditions from the rules of the grammar while lark parses."""

    def disjunction(self, *conditions: Condition) -> Condition:
        return Or(conditions)

    def conjunction(self, *conditions: Condition) -> Condition:
        return And(conditions)

    def negation(self, condition: Condition) -> Condition:
        return Not(condition)

    def comparison(self, keyword: Word, sign: Token, *words: Word) -> Condition:
        return _comparison(keyword.text, str(sign), words)

    def chain(
        self, first: Word, first_sign: Token, keyword: Word, second_sign: Token, second: Word
    ) -> Condition:
        low, above, below, high = first.value, str(first_sign), str(second_sign), second.value
        if above in _DESCENDING and below in _DESCENDING:
            low, above, below, high = high, _DESCENDING[below], _DESCENDING[above], low
        if not {above, below} <= {"<", "<="}:
            raise QueryError(
                f"cannot read {low}{above}{keyword.text}{below}{high}: write a range as "
                "100<exptime<=500, and a value with a comparison sign in quotes"
            )
        return Between(keyword.text, low, high, above.endswith("="), below.endswith("="))

    def argument(self, *words: Word) -> str:
        return " ".join(word.text for word in words)

    def call(self, function: Token, *arguments: str) -> Condition:
        by_arity = _FUNCTIONS.get(function.lower())
        if by_arity is None:
            raise QueryError(
                f"there is no function {function}(); the functions are {', '.join(_FUNCTIONS)}"
            )
        build = by_arity.get(len(arguments))
        if build is None:
            numbers = " or ".join(map(str, by_arity))
            raise QueryError(f"{function}() takes {numbers} arguments, not {len(arguments)}")
        return build(*arguments)

    def VALUE(self, token: Token) -> Word:
        return _word(token, _VALUE_PART)


# The conditions that functions stand for, by name and number of arguments.
_FUNCTIONS: dict[str, dict[int, Callable[..., Condition]]] = {
    "exists": {1: Exists},
    "missing": {1: lambda keyword: Not(Exists(keyword))},
    "near": {3: Within, 2: lambda position, radius: Within(position, None, radius)},
    "covers": {2: Covers, 1: lambda position: Covers(position, None)},
    "overlaps": {1: Overlaps},
    "flagged": {0: lambda: Exists("flags")},
    "viewed": {0: lambda: Exists("viewed_by"), 1: lambda name: Equals("viewed_by", name)},
    "everything": {0: And},
    "nothing": {0: lambda: Or(())},
}


@cache
def _parser() -> Lark:
    # Built on first use, because importing acsql does no work.
    return Lark(_GRAMMAR, parser="lalr", transformer=_ToCondition(), maybe_placeholders=False)


def _syntax_error(text: str, error: UnexpectedInput) -> str:
    """Return a message with the place and reason of a syntax error, and a correct form."""
    if not text.strip():
        return f"{abbreviate(text)} is not a condition; write for example exptime>=100"
    at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
    position = (error.pos_in_stream or 0) + 1
    where = "at its end" if at_end else f"at character {position}"
    return f"cannot read {abbreviate(text)} {where}: {_hint(text, error)}"


def _hint(text: str, error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedCharacters):
        if error.char in "\"'":
            return "the quote is not closed"
        return f"{error.char!r} is allowed only in quotes"
    if not isinstance(error, UnexpectedToken):
        return "it is not in the query language"
    if "SIGN" in error.expected:
        position = error.pos_in_stream or 0
        before = error.token_history[-1] if error.token_history else text[position:]
        return (
            f"{abbreviate(str(before))} lacks a comparison; write for example exptime>=100, "
            'and a value with blanks in quotes: targname="OMEGA CEN"'
        )
    if error.expected == {"$END"}:
        return "this ) has no ("
    if "FUNCTION" in error.expected and "_AND" not in error.expected:
        return "expected a condition, for example exptime>=100"
    if error.token.type == "SIGN":
        return "expected a value; write values with comparison signs in quotes"
    if "RPAR" in error.expected:
        return "a ) is missing"
    if "VALUE" in error.expected:
        return "expected a value; write values with blanks, commas or parentheses in quotes"
    return f"unexpected {abbreviate(str(error.token))}"
