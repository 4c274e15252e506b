"""Typing of FITS headers: every value gets the type of its keyword spec, and none is lost.

A type mismatch is stored as read and reported; so is a keyword that is not in the specs, and a
value that astropy cannot read.  Where a number is expected, NaN and infinity are numbers however
they are written, so that a column of numbers has no texts because of them.  Blank separator cards
are layout and are dropped.  COMMENT and HISTORY become lists, and so do the blocks of keywords
that drizzling writes for each of its input images.
"""

import contextlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from ..fits.astropy_header import fits_value
from ..fits.cards import Cards
from ..fits.file_card import UnreadableValue
from ..fits.header import HeaderBuilder
from ..keywords import COMMENTARY, PRIMARY, HeaderKey, KeywordSpec, KeywordSpecs

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ISO_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?", re.ASCII)
# As C and Fortran write them, and C on Windows before 2015 ("1.#QNAN").
_NAN = re.compile(r"[+-]?(nan[qs]?(\(\w*\))?|1\.#(ind|[qs]nan)0*)", re.ASCII | re.IGNORECASE)
_INFINITY = re.compile(r"([+-]?)(inf(inity)?|1\.#inf0*)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class TypedHeader:
    """A typed header.

    Attributes
    ----------
    values : dict
        The header as it is stored.
    unspecified : dict
        Keywords not in the specs, with their types.
    mismatches : dict
        Keywords with a type mismatch, with their values as read.
    unreadable : dict
        Keywords with a value that astropy cannot read, with its text.
    altered : set of int
        The cards that do not get their value back from the stored one, by their number among
        those that are not commentary.
    """

    values: dict[str, Any]
    unspecified: dict[str, str]
    mismatches: dict[str, Any]
    unreadable: dict[str, str]
    altered: set[int]


def type_header(cards: Cards, key: HeaderKey | None, specs: KeywordSpecs) -> TypedHeader:
    """Return a header as it is stored.

    Parameters
    ----------
    cards : list of (str, object)
        Keywords and values, as `acsql.fits.cards.read` returns them.
    key : HeaderKey or None
        The key of the header, None if the detector is unknown.
    specs : KeywordSpecs
        The types of keywords.

    Returns
    -------
    TypedHeader
        The values, and their irregularities.
    """
    builder = HeaderBuilder()
    unspecified: dict[str, str] = {}
    mismatches: dict[str, Any] = {}
    unreadable: dict[str, str] = {}
    altered: set[int] = set()
    spellings: dict[str, str] = {}
    extname = extension_name(cards, key)
    number = -1
    for keyword, value in cards:
        if keyword in COMMENTARY:
            builder.add_commentary(keyword, value)
            continue
        number += 1
        location = specs.card_location(keyword, key, extname)
        if location.block is None and spellings.setdefault(location.name, keyword) != keyword:
            location = specs.distinct_location(keyword, key)
        stored, fits_type = type_value(value, location.spec)
        if stored is not value and not _comes_back(stored, value, location.spec):
            altered.add(number)
        if not fits_type:
            mismatches[keyword] = value
        if type(value) is UnreadableValue and isinstance(stored, str):
            unreadable[keyword] = stored
        if not location.listed and key is not None:
            type_ = location.spec.type if location.spec else natural_type(value)
            unspecified[location.spec_name] = type_
        builder.add(location, stored)
    return TypedHeader(builder.build(), unspecified, mismatches, unreadable, altered)


def _comes_back(stored: Any, value: Any, spec: KeywordSpec | None) -> bool:
    """Return whether a header that is made of a stored value has the value that was read."""
    # The image of an unreadable value would be as unreadable.
    if type(value) is UnreadableValue:
        return True
    shown = fits_value(stored, spec)
    # In Python True equals 1, and 1 equals 1.0.
    return type(shown) is type(value) and bool(shown == value)


def extension_name(cards: Cards, key: HeaderKey | None) -> str | None:
    """Return the EXTNAME of an extension as the specs have it, None if it has none.

    Parameters
    ----------
    cards : list of (str, object)
        The keywords and values of its header.
    key : HeaderKey or None
        The key of the header.
    """
    if key is None or key.extension == 0:
        return PRIMARY
    extname = first_value([cards], "EXTNAME")
    return extname.strip().upper() if isinstance(extname, str) else None


def natural_type(value: Any) -> str:
    """Return the type of a value that has no spec.

    Parameters
    ----------
    value : object
        As read from a card.

    Returns
    -------
    str
        One of `acsql.keywords.TYPES`; ``str`` for all that are neither truth values nor numbers.
    """
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "str")


def type_value(value: Any, spec: KeywordSpec | None) -> tuple[Any, bool]:
    """Return a value as it is stored, and whether it fits its spec.

    A blank instead of a number, a date or a truth value means unknown and is stored as None.
    ``T`` and ``F`` are written with and without quotes in ACS headers, so both are accepted, and
    NaN and infinity are numbers also as texts, though not of type int.

    Parameters
    ----------
    value : object
        As read from a card.
    spec : KeywordSpec or None
        The spec of the keyword, None if it is not in the specs.

    Returns
    -------
    stored : object
        The typed value; in a type mismatch the value as read, or NaN or infinity.
    fits_type : bool
        False for a type mismatch.
    """
    if value is None:
        return None, True
    has_type = spec is not None and type(value) is _PYTHON_TYPES.get(spec.type)
    if has_type and (type(value) is not int or _fits_mongo(value)):
        return value, True
    if type(value) is UnreadableValue:
        value = str(value)
    storable = _storable(value)
    if spec is None or storable is not value:
        return storable, spec is None
    if isinstance(value, str) and not value.strip() and spec.type != "str":
        return None, True
    if isinstance(value, str) and spec.type in ("int", "float"):
        number = _not_finite(value.strip())
        return (value, False) if number is None else (number, spec.type == "float")
    try:
        return _TYPED[spec.type](value, spec), True
    except (OverflowError, TypeError, ValueError):
        return value, False


def _storable(value: Any) -> Any:
    """Return a value that MongoDB can store, which may be the text of this one."""
    if isinstance(value, bool | float | str):
        return value
    if isinstance(value, int) and _fits_mongo(value):
        return value
    return str(value)


def _fits_mongo(value: float) -> bool:
    """Whether a number fits MongoDB's eight-byte integers."""
    return bool(-(2**63) <= value < 2**63)


def _as_int(value: Any, _: KeywordSpec) -> int:
    if isinstance(value, bool) or value != int(value) or not _fits_mongo(value):
        raise TypeError(value)
    return int(value)


def _as_float(value: Any, _: KeywordSpec) -> float:
    number = float(value)
    if isinstance(value, bool) or (isinstance(value, int) and number != value):
        raise TypeError(value)
    return number


def _not_finite(text: str) -> float | None:
    """Return the NaN or infinity that a text stands for, if it does."""
    if _NAN.fullmatch(text):
        return math.nan
    infinity = _INFINITY.fullmatch(text)
    return float(f"{infinity[1]}inf") if infinity else None


def _as_str(value: Any, _: KeywordSpec) -> str:
    return "FT"[value] if isinstance(value, bool) else _text(value)


def _as_bool(value: Any, _: KeywordSpec) -> bool:
    if value in ("T", "F"):
        return bool(value == "T")
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _as_date(value: Any, spec: KeywordSpec) -> datetime:
    text = _text(value).strip()
    if spec.formats:
        return _by_formats(text, spec)
    if not _ISO_DATE.fullmatch(text):
        raise ValueError(value)
    return datetime.fromisoformat(text)


def _as_datetime(value: Any, spec: KeywordSpec) -> datetime:
    text = _text(value).strip()
    if spec.formats:
        return _by_formats(text, spec)
    if not (_ISO_DATE.fullmatch(text) or _ISO_DATETIME.fullmatch(text)):
        raise ValueError(value)
    return datetime.fromisoformat(text)


def _as_time(value: Any, _: KeywordSpec) -> str:
    text = _text(value)
    time.fromisoformat(text.strip())
    return text


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _by_formats(text: str, spec: KeywordSpec) -> datetime:
    for format_ in spec.formats:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, format_)
    raise ValueError(text)


# A shortcut for nearly all values: read from a card, they have their type already.
_PYTHON_TYPES = {"int": int, "float": float, "str": str, "bool": bool}
_TYPED = {
    "int": _as_int,
    "float": _as_float,
    "str": _as_str,
    "bool": _as_bool,
    "date": _as_date,
    "time": _as_time,
    "datetime": _as_datetime,
}


def first_value(headers: Iterable[Cards], keyword: str) -> Any:
    """Return the first value of a keyword in some headers.

    Parameters
    ----------
    headers : iterable of Cards
        Headers that are not typed yet.
    keyword : str
        In FITS spelling.

    Returns
    -------
    object or None
        The value as read, None if no header has it.
    """
    return next((value for cards in headers for name, value in cards if name == keyword), None)
