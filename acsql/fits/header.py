"""A stored header as an astropy Header again, for scripts that are written for FITS files.

What comes back are keywords in FITS spelling, values as a file holds them, and comments from the
keyword specs.  What storing does not keep cannot come back: blank cards, the comments of the file,
where the keywords of drizzled blocks and the lines of COMMENT and HISTORY stood among the others,
which of several repeated keywords came behind which, whether an unknown number, date or truth
value was blank text or undefined, with how many digits or fractions of a second a value was
written, and whether T and F had quotes (they have those that the type of their spec asks for).
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any

from astropy.io import fits

from ..keywords import BLOCK_NUMBER, BLOCKS, REPEATED, HeaderKey, KeywordSpec, KeywordSpecs

# A plain card has room for a comment of so many characters behind a value of twenty.
_ROOM = 47
_PLAIN_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}", re.ASCII)
_NOT_IN_FITS = re.compile(r"[^ -~]")


def to_fits(
    values: Mapping[str, Any], specs: KeywordSpecs, key: HeaderKey | None = None
) -> fits.Header:
    """Return a stored header as astropy has it.

    Parameters
    ----------
    values : mapping
        The header as it is stored.
    key : HeaderKey, optional
        Which header it is; None where its detector is not known.
    """
    return fits.Header(list(_cards(values, specs, key)))


def _cards(
    values: Mapping[str, Any], specs: KeywordSpecs, key: HeaderKey | None
) -> Iterator[fits.Card]:
    for name, value in values.items():
        if name == REPEATED:
            for again, later in value.items():
                spec = _spec(again, specs, key)
                yield from (_card(spec.keyword, part, spec) for part in later)
        elif name == BLOCKS:
            for block in value:
                yield from _block_cards(block, specs, key)
        else:
            spec = _spec(name, specs, key)
            for part in value if isinstance(value, list) else [value]:
                yield _card(spec.keyword, part, spec)


def _block_cards(
    block: Mapping[str, Any], specs: KeywordSpecs, key: HeaderKey | None
) -> Iterator[fits.Card]:
    """Yield what drizzling wrote of one input image: ``D001DATA``, ``D001DEXP`` ..."""
    for name, value in block.items():
        if name == BLOCK_NUMBER:
            continue
        again = name == REPEATED
        for part, values in (value if again else {name: [value]}).items():
            spec = _spec(f"{BLOCKS}{part}", specs, key)
            keyword = f"D{block[BLOCK_NUMBER]:03d}{part.upper()}"
            yield from (_card(keyword, each, spec) for each in values)


def _spec(name: str, specs: KeywordSpecs, key: HeaderKey | None) -> KeywordSpec:
    return specs.spec(name, key) or KeywordSpec(name.upper(), "str")


def _card(keyword: str, stored: Any, spec: KeywordSpec) -> fits.Card:
    """Return one card; its comment is as much of `[unit] description` as it has room for."""
    value = _value(stored, spec)
    if keyword in fits.Card._commentary_keywords:
        return fits.Card(keyword, value)
    recorded = "." in keyword and isinstance(value, int | float)  # a record-valued card
    if not recorded and not _PLAIN_KEYWORD.fullmatch(keyword):
        keyword = f"HIERARCH {keyword}"
    unit = f"[{spec.unit}]" if spec.unit else ""
    comment = _printable(" ".join(filter(None, (unit, spec.description))))
    card = fits.Card(keyword, value)
    plain = not isinstance(value, str) and not recorded and not keyword.startswith("HIERARCH")
    if not plain or len(comment) > _ROOM:
        used = len(card.image.rstrip())
        comment = comment[: max(0, fits.Card.length - max(used, 30) - len(" / "))]
    if comment:
        card.comment = comment
    return card


def _value(stored: Any, spec: KeywordSpec) -> Any:
    """Return a value as a file holds it."""
    match stored:
        case datetime():
            return _written(stored, spec)
        case float() if not math.isfinite(stored):
            return str(stored)
        case str():
            return _printable(stored)
    return stored


def _written(moment: datetime, spec: KeywordSpec) -> str:
    """Return a date or time in the format of its spec, else in ISO 8601."""
    if spec.formats:
        return moment.strftime(spec.formats[0])
    if spec.type == "date" or moment.time() == time.min:
        return moment.date().isoformat()
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def _printable(text: str) -> str:
    """Return a text with a question mark for every character that FITS does not have."""
    return _NOT_IN_FITS.sub("?", text)
