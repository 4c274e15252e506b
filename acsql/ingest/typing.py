"""FITS headers as documents: every keyword typed by its spec, nothing lost.

A value that does not fit its type is kept as it was read, and reported; so is a keyword that no
spec names.  Blank separator cards are layout and are left out; COMMENT and HISTORY become lists,
and so do the blocks of keywords that drizzling writes for each of its input images.
"""

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from .. import names
from ..fits.cards import Cards
from ..keywords import (
    BLOCK_NUMBER,
    BLOCKS,
    COMMENTARY,
    REPEATED,
    HeaderKey,
    KeywordSpec,
    KeywordSpecs,
)

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ISO_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?", re.ASCII)


@dataclass
class TypedHeader:
    """A header as it is stored, the keywords that no spec names, and the values that misfit.

    `unknown` maps keywords to types, `misfits` maps them to the values as read.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    misfits: dict[str, Any] = field(default_factory=dict)


def typed_header(read: Cards, key: HeaderKey | None, specs: KeywordSpecs) -> TypedHeader:
    """Return a header as it is stored.

    Parameters
    ----------
    read : list of (str, object)
        What `cards.read` returned.
    key : HeaderKey or None
        Which header it is; None where the detector could not be found out.
    """
    header = TypedHeader()
    blocks: dict[int, dict[str, Any]] = {}
    for keyword, value in read:
        if keyword in COMMENTARY:
            header.values.setdefault(names.field(keyword), []).append(value)
            continue
        place = specs.card_location(keyword, key)
        stored, fits_type = typed(value, place.spec)
        if not fits_type:
            header.misfits[keyword] = value
        if not place.listed and key is not None:
            header.unknown[place.spec_name] = place.spec.type if place.spec else natural_type(value)
        target = header.values
        if place.block is not None:
            target = blocks.setdefault(place.block, {BLOCK_NUMBER: place.block})
        _put(target, place.name, stored)
    if blocks:
        header.values[BLOCKS] = [blocks[number] for number in sorted(blocks)]
    return header


def _put(target: dict[str, Any], name: str, stored: Any) -> None:
    """Put a value into a header, beside earlier ones of the same keyword if there are any.

    A keyword that is named as the places of these are, or of blocks, goes there as well.
    """
    if name in target or name in (REPEATED, BLOCKS):
        target.setdefault(REPEATED, {}).setdefault(name, []).append(stored)
    else:
        target[name] = stored


def natural_type(value: Any) -> str:
    """Return the type of the specs that a value has by itself; text where it has none."""
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "str")


def typed(value: Any, spec: KeywordSpec | None) -> tuple[Any, bool]:
    """Return a value as it is stored, and whether it fits its spec.

    A blank where a number, a date or a truth value is expected means unknown: None.  ``T`` and
    ``F`` are written with and without quotes in ACS headers, so either is taken for the other.
    """
    if value is None:
        return None, True
    if spec is not None and type(value) is _AS_THEY_ARE.get(spec.type) and value == value:
        return value, True
    storable = _storable(value)
    if spec is None or storable is not value:
        return storable, spec is None
    if isinstance(value, str) and not value.strip() and spec.type != "str":
        return None, True
    try:
        return _TYPED[spec.type](value, spec), True
    except (OverflowError, TypeError, ValueError):
        return value, False


def _storable(value: Any) -> Any:
    """Return a value that MongoDB can hold: text in the place of one that it cannot."""
    if isinstance(value, bool | float | str):
        return value
    if isinstance(value, int) and _fits_mongo(value):
        return value
    return str(value)


def _fits_mongo(value: float) -> bool:
    """Whether a number is one that MongoDB's integers, of eight bytes, can hold."""
    return -(2**63) <= value < 2**63


def _as_int(value: Any, _: KeywordSpec) -> int:
    if isinstance(value, bool | str) or value != int(value) or not _fits_mongo(value):
        raise TypeError(value)
    return int(value)


def _as_float(value: Any, _: KeywordSpec) -> float:
    number = float(value)
    if isinstance(value, bool | str) or number != value:
        raise TypeError(value)
    return number


def _as_str(value: Any, _: KeywordSpec) -> str:
    return "FT"[value] if isinstance(value, bool) else _words(value)


def _as_bool(value: Any, _: KeywordSpec) -> bool:
    if value in ("T", "F"):
        return value == "T"
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _as_date(value: Any, spec: KeywordSpec) -> datetime:
    text = _words(value).strip()
    if spec.formats:
        return _by_formats(text, spec)
    if not _ISO_DATE.fullmatch(text):
        raise ValueError(value)
    return datetime.fromisoformat(text)


def _as_datetime(value: Any, spec: KeywordSpec) -> datetime:
    text = _words(value).strip()
    if spec.formats:
        return _by_formats(text, spec)
    if not (_ISO_DATE.fullmatch(text) or _ISO_DATETIME.fullmatch(text)):
        raise ValueError(value)
    return datetime.fromisoformat(text)


def _as_time(value: Any, _: KeywordSpec) -> str:
    time.fromisoformat(_words(value).strip())
    return value


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _by_formats(text: str, spec: KeywordSpec) -> datetime:
    for format_ in spec.formats:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, format_)
    raise ValueError(text)


# Nearly all values are of their type when they are read: of these only NaN is not taken so.
_AS_THEY_ARE = {"float": float, "str": str, "bool": bool}
_TYPED = {
    "int": _as_int,
    "float": _as_float,
    "str": _as_str,
    "bool": _as_bool,
    "date": _as_date,
    "time": _as_time,
    "datetime": _as_datetime,
}


def first(headers: Iterable[Cards], keyword: str) -> Any:
    """Return the first value of a keyword in some headers, None where none has it."""
    return next((value for read in headers for name, value in read if name == keyword), None)
