"""Headers as lines of text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..keywords import KeywordSpec, KeywordSpecs
from ..query import Column
from .values import plain

if TYPE_CHECKING:
    from astropy.io import fits


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


def header_lines(header: fits.Header) -> Iterator[str]:
    """Yield a header as text.

    Parameters
    ----------
    header : astropy.io.fits.Header
        As `acsql.Observation.header` returns it.

    Yields
    ------
    str
        The cards as in a FITS file, without blanks at their ends:
        ``EXPTIME =                 60.0 / exposure duration``.
    """
    for card in header.tostring(sep="\n", endcard=False, padding=False).split("\n"):
        yield card.rstrip()


def _column(name: str, specs: KeywordSpecs) -> Column:
    return Column(name, specs.keywords.get(name) or KeywordSpec(name.upper(), "str"))
