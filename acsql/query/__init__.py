"""Queries: conditions on keywords and on the sky, and the query language that states them.

Keyword arguments (`from_keywords`), form fields (`parse_comparison`) and text (`parse`) become
conditions, and `prepare` checks them against the keyword specs.  Nothing here knows MongoDB:
`acsql.store.filters` translates conditions.
"""

from ..keywords import KeywordSpecs
from . import parser
from .annotation_fields import (
    ANNOTATION_FIELDS,
    for_person,
    has_annotations,
    narrowed,
    with_observations,
)
from .coerce import FALSE, TRUE, coerce_value
from .columns import Column, computed_column, resolve, resolve_all, resolve_results
from .conditions import (
    Among,
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
    SkyCondition,
    Within,
    conjuncts,
    leaves,
    with_leaves,
)
from .document_fields import REGION, is_dataset
from .image_statistics import ALL, is_statistic, spec_in_filetype
from .keyword_arguments import from_keywords, one_of
from .keyword_search import KEYWORD_COLUMNS, keyword_row, search_keywords
from .normalize import both, prepare
from .printer import format_condition
from .texts import Exact

__all__ = [
    "ALL",
    "ANNOTATION_FIELDS",
    "FALSE",
    "KEYWORD_COLUMNS",
    "REGION",
    "TRUE",
    "Among",
    "And",
    "AnyOf",
    "Between",
    "Column",
    "Condition",
    "Covers",
    "Equals",
    "Exact",
    "Exists",
    "KeywordCondition",
    "Like",
    "Not",
    "Or",
    "Overlaps",
    "SkyCondition",
    "Within",
    "both",
    "coerce_value",
    "computed_column",
    "conjuncts",
    "for_person",
    "format_condition",
    "from_keywords",
    "has_annotations",
    "is_dataset",
    "is_statistic",
    "keyword_row",
    "leaves",
    "narrowed",
    "one_of",
    "parse",
    "parse_comparison",
    "prepare",
    "resolve",
    "resolve_all",
    "resolve_results",
    "search_keywords",
    "spec_in_filetype",
    "with_leaves",
    "with_observations",
]


def parse(text: str, specs: KeywordSpecs) -> Condition:
    """Return the condition that a text in the query language states, checked and typed.

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
    Annotations
        ``flag=satellite_trail``, ``flag=*trail*``, ``flagged()``, ``flagged_after>=2026-01-01``,
        ``comment=*'guide star'*``, ``viewed()`` by anybody, ``viewed(ann)``.
    Combinations
        ``detector=WFC exptime>=100``, ``and``, ``or``, ``not`` and parentheses.
    Quotes
        ``targname="OMEGA CEN"``: for values with blanks, commas, parentheses, quotes and
        comparison signs, and for those in which ``*``, ``?`` and ``..`` are meant literally.
        Texts ignore case, except in double quotes.

    Parameters
    ----------
    text : str
        A condition in the query language.
    specs : KeywordSpecs
        The specs of the archive.

    Returns
    -------
    Condition
        As `prepare` returns it.

    Raises
    ------
    QueryError
        If the text is not a condition, or a keyword or value is wrong.

    Examples
    --------
    >>> from acsql import keywords
    >>> parse("filter1=F606W,F814W", keywords.load())
    AnyOf(keyword='filter1', values=('F606W', 'F814W'))
    """
    return prepare(parser.read_condition(text), specs)


def parse_comparison(keyword: str, operator: str, text: str, specs: KeywordSpecs) -> Condition:
    """Return the condition that compares a keyword with the content of a form field.

    Parameters
    ----------
    keyword : str
        Address of the keyword.
    operator : {"=", "==", "!=", "<", "<=", ">", ">="}
        The comparison.
    text : str
        A value; after an equality also a list, a pattern or a range, as in `parse`.  Blanks
        belong to the value, so that only commas and wildcards need quotes.
    specs : KeywordSpecs
        The specs of the archive.

    Returns
    -------
    Condition
        As `prepare` returns it.

    Raises
    ------
    QueryError
        If keyword, operator or value are wrong.
    """
    return prepare(parser.read_comparison(keyword, operator, text), specs)
