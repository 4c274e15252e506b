"""Comparison rules for texts, shared by `acsql.store.filters` and `acsql.store.columns`.

A text ignores case, because a target may be stored as ``NGC104`` or ``Ngc104``,
and a text that states a number also equals that number, because a keyword that the specs call text
can hold numbers.  `Exact` is compared as it is written.  Only the letters of ASCII have two cases
here: FITS has no others, and engines disagree about them.
"""

import re
from functools import lru_cache

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LETTER = re.compile(r"[A-Za-z]")
_TO_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
# Spellings of a beginning with three letters; more make more ranges of an index than they save.
_VARIED_LETTERS = 3


class Exact(str):
    """A text that is compared as it is written; in the query language it has double quotes."""

    __slots__ = ()

    @property
    def is_distinct(self) -> bool:
        """Whether a text that is not exact would compare otherwise."""
        text = str(self)
        return ignores_case(text) or stated_number(text) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Exact) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Exact, str(self)))

    def __repr__(self) -> str:
        return f"Exact({super().__repr__()})"


def ignores_case(text: str) -> bool:
    """Return whether texts in another case than this one are equal to it."""
    return not isinstance(text, Exact) and _LETTER.search(text) is not None


def fold(text: str) -> str:
    """Return a text in lower case, by which texts are compared that ignore case."""
    return text.translate(_TO_LOWER)


def stated_number(text: str) -> float | None:
    """Return the number that a text states.

    Parameters
    ----------
    text : str
        The value of a condition.

    Returns
    -------
    float or None
        None for `Exact` and for all that is not a decimal number.
    """
    if isinstance(text, Exact) or not _NUMBER.fullmatch(text):
        return None
    return float(text)


@lru_cache(maxsize=1024)
def beginnings(text: str) -> tuple[str, ...]:
    """Return the spellings of the beginning of a text, by which an index finds the text.

    Parameters
    ----------
    text : str
        A text that ignores case.

    Returns
    -------
    tuple of str
        The text up to its third letter, in every case.
    """
    spellings, letters = [""], 0
    for character in text:
        cases = {character.upper(), character.lower()} if _LETTER.match(character) else {character}
        letters += len(cases) > 1
        if letters > _VARIED_LETTERS:
            break
        spellings = [start + case for start in spellings for case in sorted(cases)]
    return tuple(spellings)
