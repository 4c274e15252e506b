"""What a user can ask: conditions, and the one way in which texts and keywords become them.

`conditions` are the values in which every question ends, `columns` finds the keyword that is
meant and `values` what it is compared with, `language` reads and writes text, `keywords` reads
Python keywords, and `preparation` checks and types all of it by the specs.  Only the store knows
how a database is asked.
"""

from ..keywords import KeywordSpecs
from . import parser
from .coerce import FALSE, TRUE, coerce_value
from .columns import Column, resolve, resolve_all, search_keywords
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
from .keyword_arguments import from_keywords, one_of
from .normalize import prepare

__all__ = [
    "FALSE",
    "TRUE",
    "And",
    "AnyOf",
    "Between",
    "Column",
    "Condition",
    "Covers",
    "Equals",
    "Exists",
    "Like",
    "Not",
    "Or",
    "Overlaps",
    "Within",
    "coerce_value",
    "format_condition",
    "from_keywords",
    "leaves",
    "one_of",
    "parse",
    "parse_comparison",
    "prepare",
    "resolve",
    "resolve_all",
    "search_keywords",
]


def parse(text: str, specs: KeywordSpecs) -> Condition:
    """Return the condition that a text states, checked and typed.

    Comparisons
        ``exptime>=100``, also with ``=``, ``!=``, ``<``, ``<=`` and ``>``;
        ``100<exptime<=500``.
    After ``=`` and ``!=``
        A list ``filter1=F606W,F814W``, a pattern ``targname=NGC*`` with ``*`` (any text) and
        ``?`` (one character), a range ``exptime=100..500`` with both its ends, ``100..`` or
        ``..500``.
    Dates
        ``date_obs=2002``, ``2002-04``, ``2002-04-13``, ``expstart>=2002-04-13T18:16:35``: the
        whole of the year, the month, the day, the second; or a Modified Julian Date.
    Functions
        ``exists(flashdur)``, ``missing(flashdur)``, ``near(6.02, -72.08, 5arcmin)`` with
        degrees or sexagesimal ``near(00:24:05.7 -72:04:52, 5arcmin)``, ``covers(6.02, -72.08)``,
        ``overlaps(j8bt05njq)``; ``everything()`` and ``nothing()``.
    Together
        ``detector=WFC exptime>=100``, ``and``, ``or``, ``not`` and parentheses.
    Quotes
        ``targname="OMEGA CEN"``: for values with blanks, commas, parentheses, quotes and
        comparison signs, and for those in which ``*``, ``?`` and ``..`` are meant literally.

    Raises
    ------
    QueryError
        If the text is no condition, or keyword or value are wrong.
    """
    return prepare(parser.read(text), specs)


def format_condition(condition: Condition, specs: KeywordSpecs | None = None) -> str:
    """Return a condition that `prepare` returned as a text, of which `parse` makes the same.

    Parameters
    ----------
    specs : KeywordSpecs, optional
        With them, dates that have no time are written without one.
    """
    days = set()
    if specs:
        addresses = {getattr(leaf, "keyword", None) for leaf, _ in leaves(condition)} - {None}
        days = {name for name in addresses if resolve(name, specs).spec.type == "date"}
    return parser.format_condition(condition, days)


def parse_comparison(keyword: str, operator: str, text: str, specs: KeywordSpecs) -> Condition:
    """Return the condition that compares a keyword with the text of a field.

    Parameters
    ----------
    operator : {"=", "==", "!=", "<", "<=", ">", ">="}
    text : str
        A value; after an equality also a list, a pattern or a range, as in `parse`.  Blanks
        belong to the value, so that only commas and wildcards need quotes.
    """
    return prepare(parser.compared(keyword, operator, text), specs)
