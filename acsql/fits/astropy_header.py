"""Astropy headers, made from stored headers.

Apart from `acsql.fits.header`, because searches need the shape of stored headers and not astropy.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from astropy.io import fits

from ..keywords import COMMENTARY, HeaderKey, KeywordSpec, KeywordSpecs
from .header import Card, cards

# Characters: a card without quotes has room for such a comment behind its value.
_COMMENT_LENGTH = 47
_PLAIN_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}", re.ASCII)
# As astropy recognises them: "DP1.AXIS.1".
_RECORD_VALUED = re.compile(
    r"[A-Z_][A-Z0-9_]{0,7}(\.[A-Z_]\w*(\.[0-9]+)?)+", re.ASCII | re.IGNORECASE
)
_NOT_IN_KEYWORD = re.compile(r"[^ -<>-~]")
_NOT_IN_FITS = re.compile(r"[^ -~]")


def to_fits(
    values: Mapping[str, Any], specs: KeywordSpecs, key: HeaderKey | None = None
) -> fits.Header:
    """Return a stored header as astropy Header, with comments from the keyword specs.

    Parameters
    ----------
    values : mapping
        A stored header.
    specs : KeywordSpecs
        The specs of the archive.
    key : HeaderKey, optional
        Which header it is; None if its detector is unknown.

    Returns
    -------
    astropy.io.fits.Header
        With keywords in FITS spelling and values as a file holds them.
    """
    return fits.Header([_fits_card(card) for card in cards(values, specs, key)])


def _fits_card(card: Card) -> fits.Card:
    """Return an astropy card, commented with as much of ``[unit] description`` as fits."""
    keyword, spec = card.keyword, card.spec
    value = _fits_value(card.value, spec)
    if keyword in COMMENTARY:
        return fits.Card(keyword, value)
    is_record_valued = _RECORD_VALUED.fullmatch(keyword) and isinstance(value, int | float)
    if not is_record_valued and not _PLAIN_KEYWORD.fullmatch(keyword):
        keyword = f"HIERARCH {_NOT_IN_KEYWORD.sub('?', keyword)}"
    unit = f"[{spec.unit}]" if spec.unit else ""
    comment = _printable(" ".join(filter(None, (unit, spec.description))))
    fits_card = fits.Card(keyword, value)
    is_plain = not (isinstance(value, str) or is_record_valued or keyword.startswith("HIERARCH"))
    if not is_plain or len(comment) > _COMMENT_LENGTH:
        used = len(fits_card.image.rstrip())
        comment = comment[: max(0, fits.Card.length - max(used, 30) - len(" / "))]
    if comment:
        fits_card.comment = comment
    return fits_card


def _fits_value(stored: Any, spec: KeywordSpec) -> Any:
    """Return a value as a file holds it."""
    match stored:
        case datetime():
            return _format_moment(stored, spec)
        case float() if not math.isfinite(stored):
            return str(stored)
        case str():
            return _printable(stored)
    return stored


def _format_moment(moment: datetime, spec: KeywordSpec) -> str:
    """Return a date or time in the format of its spec, else in ISO 8601."""
    if spec.formats:
        return moment.strftime(spec.formats[0])
    if spec.type == "date" or moment.time() == time.min:
        return moment.date().isoformat()
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def _printable(text: str) -> str:
    """Return a text with question marks for the characters that FITS does not allow."""
    return _NOT_IN_FITS.sub("?", text)
