"""Promoted keywords: the top-level fields of a document, taken from its best header.

The keyword specs say in which filetypes, extensions and keywords a value is looked up; the first
that has the type of its spec is used, else the first that can stand in its place: a number for
another sort of number, its digits for a text.  No text is promoted for a number, because a field
with both could not be sorted page by page, and neither are NaN and infinity, which would spoil
sums.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .. import names
from ..fits.cards import Cards
from ..keywords import KeywordSpecs, Promotion
from .typing import natural_type


def find_detector(headers: Mapping[str, Sequence[Cards]], specs: KeywordSpecs) -> str | None:
    """Return the detector of an observation from headers that are not typed yet.

    The detector selects the specs by which the headers are typed, so it has to be known first.

    Parameters
    ----------
    headers : mapping
        The cards of each extension, by filetype.
    specs : KeywordSpecs
        The places where the detector is looked up.

    Returns
    -------
    str or None
        None if no header has it.
    """
    promotion = specs.promoted["detector"]
    keywords = {promotion.name, *(name for _, _, name in promotion.also)}
    extensions = {0, *(extension for _, extension, _ in promotion.also)}
    untyped = {
        filetype: {
            str(extension): {
                name: value
                for keyword, value in cards
                if (name := names.field(keyword)) in keywords
            }
            for extension, cards in enumerate(by_extension)
            if extension in extensions
        }
        for filetype, by_extension in headers.items()
    }
    detector = promoted_value(untyped, promotion, specs)
    return None if detector is None else str(detector)


def promote(headers: Mapping[str, Any], specs: KeywordSpecs) -> dict[str, Any]:
    """Return the promoted keywords of an observation.

    Parameters
    ----------
    headers : mapping
        The headers by filetype and extension, as they are stored.
    specs : KeywordSpecs
        The promoted keywords, and the places where they are looked up.

    Returns
    -------
    dict
        The value of each promoted keyword, None where no header has one of the right type.
    """
    return {
        name: promoted_value(headers, promotion, specs)
        for name, promotion in specs.promoted.items()
    }


def promoted_value(
    headers: Mapping[str, Any], promotion: Promotion, specs: KeywordSpecs
) -> Any | None:
    """Return the value of one promoted keyword.

    Parameters
    ----------
    headers : mapping
        The headers by filetype and extension, as they are stored.
    promotion : Promotion
        The keyword, and where it is looked up beside the primary headers.
    specs : KeywordSpecs
        Its filetypes, the best first.

    Returns
    -------
    object or None
        The first value that is known and has the type of its spec; else the first that can stand
        in its place.
    """
    substitutes = []
    primary = [(filetype, 0, promotion.name) for filetype in specs.filetypes]
    for filetype, extension, name in [*primary, *promotion.also]:
        value = headers.get(filetype, {}).get(str(extension), {}).get(name)
        if isinstance(value, str):
            value = _matching_part(value.strip(), promotion.pattern)
            if promotion.upper:
                value = value and value.upper()
        if value not in (None, "") and _has_type(value, promotion.spec.type):
            return value
        if type(value) in (int, float) and math.isfinite(value):
            substitutes.append(value)
    if not substitutes or promotion.spec.type not in ("int", "float", "str"):
        return None
    return str(substitutes[0]) if promotion.spec.type == "str" else substitutes[0]


def _has_type(value: Any, type_: str) -> bool:
    """Whether a stored value has a type of the specs, and is finite if it is a number."""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    if type_ in ("date", "datetime"):
        return isinstance(value, datetime)
    return natural_type(value) == ("str" if type_ == "time" else type_)


def _matching_part(text: str, pattern: str | None) -> str | None:
    if pattern is None:
        return text
    match = re.search(pattern, text)
    return match[0] if match else None


def position(document: Mapping[str, Any], specs: KeywordSpecs) -> dict[str, Any] | None:
    """Return the sky position of an observation as GeoJSON.

    GeoJSON longitudes run from -180 to 180 degrees, right ascensions from 0 to 360.

    Parameters
    ----------
    document : mapping
        The promoted keywords; ``ra_targ`` and ``dec_targ`` are degrees (J2000).
    specs : KeywordSpecs
        The rule that tells internal observations.

    Returns
    -------
    dict or None
        A Point; None for internal observations and coordinates out of range.
    """
    if specs.is_internal(document):
        return None
    ra, dec = document.get("ra_targ"), document.get("dec_targ")
    if ra is None or dec is None or not (0 <= ra <= 360 and -90 <= dec <= 90):
        return None
    return {"type": "Point", "coordinates": [ra - 360 if ra > 180 else ra, dec]}
