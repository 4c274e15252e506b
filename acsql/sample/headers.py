"""Headers: all keywords of a list in the specs, in the order of the mission, each with a value.

The keyword specs say which keywords a header has and of which type they are.  All times are
Modified Julian Dates until a card is written, because the spec says whether a keyword is a date,
a time or a number.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import time
from functools import lru_cache
from typing import Any

import numpy as np

from .. import keywords as specs
from ..keywords import HeaderKey, KeywordSpec
from .cards import TableColumn, bitpix, card, title
from .header_sections import SECTIONS
from .schedule import moment

# Values by keyword, before they are written as cards.
Values = dict[str, Any]

# Lengths to which strings are padded; others to eight characters, as in FITS.
_WIDTHS = {
    "ROOTNAME": 34, "EXPNAME": 25, "FILENAME": 39, "TARGNAME": 30, "PR_INV_L": 30,
    "PR_INV_F": 20, "PR_INV_M": 20, "LINENUM": 15, "IMAGETYP": 18, "OBSTYPE": 14,
    "OBSMODE": 10, "FILTER1": 18, "FILTER2": 18, "APERTURE": 16, "PROPAPER": 16, "FGSLOCK": 18,
    "EXPFLAG": 13, "SCLAMP": 14, "QUALCOM1": 68, "QUALCOM2": 68, "QUALCOM3": 68, "QUALITY": 68,
    "OPUS_VER": 18, "T_SGSTAR": 18, "PATTERN1": 24, "PHOTMODE": 50, "BUNIT": 18, "ASN_ID": 10,
    "ASN_TAB": 23, "ASN_MTYP": 12,
}  # fmt: skip

# Keywords that say how a table is built, how long an axis is, what a header without data stands
# for, or which tables of distortion to use: a header has them only if there are such things.
_OF_TABLES = re.compile(r"T(TYPE|FORM|UNIT|DISP)(\d+)|TFIELDS|TROWS")
_OF_AXES = re.compile(r"NAXIS(\d)")
_OF_LOOKUPS = re.compile(r"(CPDIS|CPERR|D2IMDIS|D2IMERR)\d|(DP|D2IM)\d\..*")
_OF_CONSTANTS = frozenset({"NPIX1", "NPIX2", "PIXVALUE"})
_COLUMN_FACTS = ("TTYPE", "TFORM", "TUNIT", "TDISP")

# One keyword for every input image of a drizzled product.
_BLOCK = "Dnnn"
_MISSING = object()


def structure(data: np.ndarray | None, columns: Sequence[TableColumn] = ()) -> dict[str, Any]:
    """Return the keywords by which FITS describes an extension's data.

    Parameters
    ----------
    data : array or None
        An image; a structured array is a table; None is an extension without data.
    columns : sequence of TableColumn
        The columns of the table.
    """
    if data is not None and data.dtype.names:
        facts: dict[str, Any] = {
            "XTENSION": "BINTABLE",
            "BITPIX": 8,
            "NAXIS": 2,
            "NAXIS1": data.dtype.itemsize,
            "NAXIS2": len(data),
            "TFIELDS": len(columns),
            "TROWS": len(data),
        }
        for number, column in enumerate(columns, start=1):
            described = (column.name, column.form, column.unit, column.display)
            for fact, value in zip(_COLUMN_FACTS, described, strict=True):
                facts[f"{fact}{number}"] = value
        return {**facts, "PCOUNT": 0, "GCOUNT": 1}
    axes = () if data is None else data.shape[::-1]
    return {
        "XTENSION": "IMAGE",
        "BITPIX": 16 if data is None else bitpix(data),
        "NAXIS": len(axes),
        **{f"NAXIS{number}": length for number, length in enumerate(axes, start=1)},
        "PCOUNT": 0,
        "GCOUNT": 1,
    }


def header(
    key: HeaderKey,
    values: Mapping[str, Any],
    blocks: Sequence[Mapping[str, Any]] = (),
    telemetry: np.random.Generator | None = None,
) -> str:
    """Return the cards of a header that has exactly the keywords of its list.

    A header leaves out of its list only what its kind of extension cannot have: columns in an
    image, axes that the image does not have, a constant where there is an array, and references
    to tables of distortion in a file without them, which would make its WCS unreadable.

    Parameters
    ----------
    values : mapping
        By keyword, together with those of `structure`; a keyword that is not there is blank,
        zero or false, and None is written as an undefined value.
    blocks : sequence of mapping
        For every input of a drizzled product, the values of its ``Dnnn`` keywords.
    telemetry : Generator, optional
        Where numbers that are not in `values` come from, for readings of instruments.
    """
    lines: list[str] = []
    for name, keywords in _arranged(key):
        section = [line for spec in keywords for line in _lines(spec, values, blocks, telemetry)]
        if section:
            lines += [title(name) if name else "", *section]
    return "".join(lines)


def free(values: Mapping[str, Any]) -> str:
    """Return the cards of a header that no list describes.

    Parameters
    ----------
    values : mapping
        Values by keyword, in the order of the cards.

    Returns
    -------
    str
        A multiple of 80 characters.
    """
    return "".join(
        card(keyword, value.ljust(8) if isinstance(value, str) else value)
        for keyword, value in values.items()
    )


@lru_cache(maxsize=256)
def _arranged(key: HeaderKey) -> tuple[tuple[str | None, tuple[KeywordSpec, ...]], ...]:
    """Return the keywords of a list by section, and at last those of no section."""
    listed = {spec.keyword: spec for spec in specs.load().lists[key].values()}
    arranged = []
    for name, keywords in SECTIONS:
        here = tuple(listed.pop(k) for k in keywords.split() if k in listed)
        arranged.append((name, here))
    columns = [spec for keyword, spec in listed.items() if _OF_TABLES.fullmatch(keyword)]
    columns.sort(key=lambda spec: _column_order(spec.keyword))
    others = [spec for keyword, spec in listed.items() if not _OF_TABLES.fullmatch(keyword)]
    return (arranged[0], (None, tuple(columns)), *arranged[1:], (None, tuple(others)))


def _column_order(keyword: str) -> tuple[int, int]:
    matched = _OF_TABLES.fullmatch(keyword)
    number = matched and matched[2]
    return (int(number), _COLUMN_FACTS.index(keyword[:5])) if number else (0, 0)


def _lines(
    spec: KeywordSpec,
    values: Mapping[str, Any],
    blocks: Sequence[Mapping[str, Any]],
    telemetry: np.random.Generator | None,
) -> list[str]:
    keyword = spec.keyword
    if keyword.startswith(_BLOCK):
        part = keyword.removeprefix(_BLOCK)
        return [
            card(f"D{number:03d}{part}", _value(spec, block[part]), spec.description or "")
            for number, block in enumerate(blocks, start=1)
        ]
    if _OF_LOOKUPS.fullmatch(keyword) and keyword not in values:
        return []
    if not _possible(keyword, values):
        return []
    value = values.get(keyword, _MISSING)
    if value is _MISSING:
        value = _default(spec, values, telemetry)
    return [card(keyword, _value(spec, value), spec.description or "")]


def _possible(keyword: str, values: Mapping[str, Any]) -> bool:
    if keyword in _OF_CONSTANTS:
        return bool(values["NAXIS"] == 0)
    if axis := _OF_AXES.fullmatch(keyword):
        return bool(int(axis[1]) <= values["NAXIS"])
    if _OF_TABLES.fullmatch(keyword):
        return keyword in values
    return True


def _default(
    spec: KeywordSpec, values: Mapping[str, Any], telemetry: np.random.Generator | None
) -> Any:
    match spec.type:
        case "int":
            return 0 if telemetry is None else int(telemetry.integers(0, 4096))
        case "float":
            return 0.0 if telemetry is None else round(float(telemetry.normal(0, 25)), 6)
        case "bool":
            return False
        case "str":
            return ""
    return values["EXPSTART"]


def _value(spec: KeywordSpec, value: Any) -> bool | int | float | str | None:
    """Return a value as its spec says it is written."""
    if value is None:
        return None
    match spec.type:
        case "int":
            return int(value)
        case "float":
            return float(value)
        case "bool":
            return bool(value)
        case "str":
            # A few flags are text by their spec and stand as T or F in the files.
            return value if isinstance(value, bool) else _text(spec.keyword, value)
    return _time(spec, value)


def _text(keyword: str, value: str) -> str:
    return (value or " ").ljust(_WIDTHS.get(keyword, 8))


def _time(spec: KeywordSpec, value: float) -> str:
    when = moment(value)
    if spec.formats:
        return when.strftime(spec.formats[0])
    match spec.type:
        case "date":
            return when.date().isoformat()
        case "time":
            return when.time().isoformat()
    # A midnight stands for a day without a time.
    return when.isoformat() if when.time() > time.min else when.date().isoformat()
