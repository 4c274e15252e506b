"""Stored headers as lines of text and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..fits.header import cards
from ..keywords import COMMENTARY, KeywordSpec, KeywordSpecs
from ..query import Column
from .values import plain, text


def header_record(values: Mapping[str, Any], specs: KeywordSpecs) -> dict[str, Any]:
    """Return a stored header as JSON represents it.

    Parameters
    ----------
    values : mapping
        A stored header.
    specs : KeywordSpecs
        The specs of the archive.

    Returns
    -------
    dict
        With the keywords as stored; dates as their specs say.
    """
    return {name: plain(value, _column(name, specs)) for name, value in values.items()}


def header_lines(values: Mapping[str, Any], specs: KeywordSpecs) -> Iterator[str]:
    """Yield a stored header as text.

    Parameters
    ----------
    values : mapping
        A stored header.
    specs : KeywordSpecs
        The specs of the archive.

    Yields
    ------
    str
        A line for each value: ``EXPTIME  = 60.0 [s] / exposure duration``.
    """
    for keyword, value, spec in cards(values, specs):
        unit = f" [{spec.unit}]" if spec.unit else ""
        has_comment = spec.description and keyword not in COMMENTARY
        comment = f" / {spec.description}" if has_comment else ""
        yield f"{keyword:8} = {text(value, Column(spec.name, spec))}{unit}{comment}".rstrip()


def _column(name: str, specs: KeywordSpecs) -> Column:
    return Column(name, specs.keywords.get(name) or KeywordSpec(name.upper(), "str"))
