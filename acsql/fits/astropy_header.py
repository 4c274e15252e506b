"""Astropy headers, made from stored headers.

Apart from `acsql.fits.header`, because searches need the shape of stored headers and not astropy.
"""

import math
import re
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from itertools import chain
from typing import Any

from astropy.io import fits

from .. import names
from ..keywords import COMMENTARY, HeaderKey, KeywordSpec, KeywordSpecs
from .header import Card, Entry, card, entries
from .header_layout import HeaderLayout
from .make_card import PLAIN_KEYWORD, make_card

_NOT_IN_FITS = re.compile(r"[^ -~]")
# The column where a number or truth value ends (FITS 4.0, section 4.2.3), and no text before it.
_VALUE_END = 30


def to_fits(
    values: Mapping[str, Any],
    specs: KeywordSpecs,
    key: HeaderKey | None = None,
    layout: HeaderLayout | None = None,
) -> fits.Header:
    """Return a stored header as astropy Header.

    Parameters
    ----------
    values : mapping
        A stored header.
    specs : KeywordSpecs
        The specs of the archive.
    key : HeaderKey, optional
        The key of the header; None if its detector is unknown.
    layout : HeaderLayout, optional
        Its layout in the file.  Without it the comments are those of the keyword specs, and there
        are no blank cards.

    Returns
    -------
    astropy.io.fits.Header
        With keywords in FITS spelling and values as a file holds them.  A keyword END, which a
        damaged file can have, is left out, because it would end the header.
    """
    waiting: dict[str, deque[Entry]] = {}
    for entry in entries(values):
        waiting.setdefault(entry.file_name, deque()).append(entry)
    waiting.pop("end", None)
    shown = [] if layout is None else list(_by_layout(waiting, specs, key, layout))
    # Entries that someone has added to the document have no place in the layout.
    others = chain.from_iterable(waiting.values())
    return fits.Header([*shown, *(_with_spec(card(entry, specs, key)) for entry in others)])


def _by_layout(
    waiting: Mapping[str, deque[Entry]],
    specs: KeywordSpecs,
    key: HeaderKey | None,
    layout: HeaderLayout,
) -> Iterator[fits.Card]:
    """Yield the cards of a layout, with the values that wait under the names of their keywords."""
    for place in layout.places():
        keyword, text = place.keyword, _printable(place.text)
        if not keyword:
            yield fits.Card("", text)
            continue
        names_ = (names.distinct_field(keyword), names.field(keyword))
        entries_ = next((waiting[name] for name in names_ if waiting.get(name)), deque())
        if keyword in COMMENTARY:
            number = int(text) if text.isdecimal() else len(entries_)
            for _ in range(min(number, len(entries_))):
                yield fits.Card(keyword, fits_value(entries_.popleft().value))
        elif entries_:
            stored = card(entries_.popleft(), specs, key)
            made = make_card(keyword, fits_value(stored.value, stored.spec), text)
            yield made if place.image is None else _as_in_file(place.image, made)


def _as_in_file(image: str, otherwise: fits.Card) -> fits.Card:
    """Return the card of an image, or another one if somebody has damaged the image."""
    if not image.startswith(otherwise.image[:8]):
        return otherwise
    read = fits.Card.fromstring(_printable(image))
    try:
        # Astropy reads a card when it is used.
        _ = read.value, read.comment
    except (fits.VerifyError, ValueError):
        return otherwise
    return read


def _with_spec(card: Card) -> fits.Card:
    """Return an astropy card, commented with as much of ``[unit] description`` as fits."""
    keyword, spec = card.keyword, card.spec
    value = fits_value(card.value, spec)
    if keyword in COMMENTARY:
        return fits.Card(keyword, value)
    unit = f"[{spec.unit}]" if spec.unit else ""
    comment = _printable(" ".join(filter(None, (unit, spec.description))))
    made = make_card(keyword, value)
    if comment := comment[: max(0, fits.Card.length - _used(made, keyword, value) - len(" / "))]:
        made.comment = comment
    return made


def _used(made: fits.Card, keyword: str, value: Any) -> int:
    """Return the columns of a card before its comment."""
    # To format a card takes longer than to make it.
    if PLAIN_KEYWORD.fullmatch(keyword):
        # Integers of a database have 64 bits at most, and astropy cuts real numbers.
        if isinstance(value, int | float):
            return _VALUE_END
        if isinstance(value, str) and "'" not in value:
            return max(_VALUE_END, len("KEYWORD = ''") + len(value))
    return max(_VALUE_END, len(made.image.rstrip()))


def fits_value(stored: Any, spec: KeywordSpec | None = None) -> Any:
    """Return a value as a file holds it.

    Parameters
    ----------
    stored : object
        As in a document.
    spec : KeywordSpec, optional
        The spec of the keyword, which has the format of a date.

    Returns
    -------
    object
        A text, number or truth value; None if it is unknown.
    """
    match stored:
        case datetime():
            return _format_moment(stored, spec)
        case float() if not math.isfinite(stored):
            return str(stored)
        case str():
            return _printable(stored)
    return stored


def _format_moment(moment: datetime, spec: KeywordSpec | None) -> str:
    """Return a date or time in the format of its spec, else in ISO 8601."""
    if spec and spec.formats:
        return moment.strftime(spec.formats[0])
    if (spec and spec.type == "date") or moment.time() == time.min:
        return moment.date().isoformat()
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def _printable(text: str) -> str:
    """Return a text with question marks for the characters that FITS does not allow."""
    return _NOT_IN_FITS.sub("?", text)
