"""The headers of ordinary FITS files, found by plain reads and the sizes that they state.

Astropy spends two thirds of the time of reading headers on HDU objects.  A file that follows the
standard to the letter needs none: its structural keywords are in the order that FITS 4.0, section
4.4.1 requires, astropy reads all of its cards, and it ends where its headers say.  Every other
file is left to `acsql.fits.open`, whose checks and messages hold for it.
"""

import io
import math
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from astropy.io import fits

from . import cards
from .cards import Cards
from .file_card import FileCard
from .open import BLOCK, CARD, MAX_HEADER_BYTES, damage_refused, end_of_data, open_fits
from .plain_hdu import IMAGE, PRIMARY, PlainHDU

# Nearly all headers of ACS files fit into one such read, in bytes.
_READ = 8 * BLOCK
# Bytes that may be an END for astropy.
_ENDS = re.compile(rb"END(?![A-Z0-9_-])")
_END = b"END".ljust(CARD)
# The last is that of headerlets (stwcs), which most calibrated files of ACS have.
_EXTENSIONS = (IMAGE, "BINTABLE", "TABLE", "HDRLET")
# Random groups and compressed images, whose headers astropy constructs; most ACS files state that
# they are not the former.
_SPECIAL = {"GROUPS", "ZIMAGE", "ZTABLE"}
# Keywords by which astropy names an extension, and the types without which it refuses them.
_NAMES = {"EXTNAME": str, "EXTVER": int, "EXTLEVEL": int}
_COUNTS = ("PCOUNT", "GCOUNT")
# No ordinary header has more than one of each.
_ONCE = _SPECIAL | _NAMES.keys() | {"EXTEND"}


@dataclass(frozen=True)
class Headers:
    """The headers of an open file.

    Attributes
    ----------
    cards : list of Cards
        The keywords and values of each HDU.
    in_file : list of tuple of FileCard
        All cards of each HDU, as of `acsql.fits.cards.in_file`.
    end : int
        Position of the first byte after the last HDU and its padding.
    hdus : list of HDU
        The HDUs, for reading pixels until the file is closed: `PlainHDU` or those of astropy.
    """

    cards: list[Cards]
    in_file: list[tuple[FileCard, ...]]
    end: int
    hdus: list[Any]


@contextmanager
def open_headers(path: Path) -> Iterator[Headers]:
    """Open a FITS file and read the cards of all of its headers, but no data.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    Headers
        The headers; pixels can be read until the file is closed.

    Raises
    ------
    FileError
        If it is not a FITS file, or one of its headers is damaged.
    OSError
        If the file cannot be opened or read.
    """
    with io.BufferedReader(io.FileIO(path)) as file:
        if hdus := _walk(file):
            headers, in_file = [hdu.cards for hdu in hdus], [hdu.in_file for hdu in hdus]
            yield Headers(headers, in_file, hdus[-1].end, hdus)
            return
    with open_fits(path) as opened:
        with damage_refused(path.name):
            end = end_of_data(opened[-1])
            headers = [cards.read(hdu) for hdu in opened]
            in_file = [cards.in_file(hdu) for hdu in opened]
        yield Headers(headers, in_file, end, list(opened))


def _walk(file: BinaryIO) -> list[PlainHDU]:
    """Return the HDUs of an ordinary file, none of any other."""
    size = os.fstat(file.fileno()).st_size
    hdus: list[PlainHDU] = []
    start, remaining = 0, MAX_HEADER_BYTES
    while start < size:
        header = _header(file.fileno(), start, remaining)
        hdu = _ordinary(header, start, file)
        if hdu is None or hdu.end > size:
            return []
        hdus.append(hdu)
        remaining -= len(header)
        start = hdu.end
    return hdus


def _header(descriptor: int, start: int, limit: int) -> bytes:
    """Return the blocks of a header, empty if it has no END within `limit` bytes."""
    header = b""
    while more := os.pread(descriptor, _READ, start + len(header)):
        header += more
        for found in _ENDS.finditer(header):
            if (end := found.start()) % CARD == 0:
                length = -(-(end + CARD) // BLOCK) * BLOCK
                is_padded = header[end:length] == _END.ljust(length - end)
                return header[:length] if is_padded and length <= limit else b""
        if len(header) > limit:
            break
    return b""


def _ordinary(header: bytes, start: int, file: BinaryIO) -> PlainHDU | None:
    """Return the HDU of a header that follows the standard to the letter, None of any other."""
    if not header.startswith(b"XTENSION=" if start else b"SIMPLE  ="):
        return None
    parsed = cards.parse(header)
    if not parsed:
        return None
    pairs = cards.values(parsed)
    values = dict(reversed(pairs))
    repeated = _repeated(pairs) if len(values) < len(pairs) else set()
    kind, data_size = _kind(pairs, values, repeated), _data_size(pairs, values, repeated)
    if kind is None or data_size is None:
        return None
    data = start + len(header)
    end = data + -(-data_size // BLOCK) * BLOCK
    return PlainHDU(kind, start, data, end, pairs, values, parsed, file)


def _repeated(pairs: Cards) -> set[str]:
    numbers = Counter(keyword for keyword, _ in pairs)
    return {keyword for keyword, number in numbers.items() if number > 1}


def _kind(pairs: Cards, values: Mapping[str, Any], repeated: Set[str]) -> str | None:
    """Return what sort of HDU an ordinary header describes, None if it is not ordinary."""
    special = [values[name] for name in _SPECIAL & values.keys()]
    names = _NAMES.keys() & values.keys()
    if (
        "END" in values
        or not _ONCE.isdisjoint(repeated)
        or any(each is not False for each in special)
        or any(type(values[name]) is not _NAMES[name] for name in names)
    ):
        return None
    keyword, value = pairs[0]
    if keyword == "XTENSION":
        return value if value in _EXTENSIONS else None
    # Astropy changes another EXTEND where a file has extensions.
    return PRIMARY if value is True and values.get("EXTEND") is True else None


def _data_size(pairs: Cards, values: Mapping[str, Any], repeated: Set[str]) -> int | None:
    """Return the bytes of the data without padding, None if the header is not ordinary."""
    naxis = values.get("NAXIS")
    if type(naxis) is not int or not 0 <= naxis <= 999:
        return None
    is_primary = pairs[0][0] == PRIMARY
    axes = [f"NAXIS{axis}" for axis in range(1, naxis + 1)]
    sizes = ["BITPIX", "NAXIS", *axes, *(() if is_primary else _COUNTS)]
    structural = [pairs[0][0], *sizes]
    if [keyword for keyword, _ in pairs[: len(structural)]] != structural:
        return None
    if not repeated.isdisjoint(structural):
        return None
    if is_primary and not values.keys().isdisjoint(_COUNTS):
        return None
    bitpix, *numbers = (values[keyword] for keyword in sizes)
    if type(bitpix) is not int or bitpix not in fits.BITPIX2DTYPE:
        return None
    if not all(type(number) is int and number >= 0 for number in numbers):
        return None
    if naxis == 0:
        return 0
    pixels = math.prod(values[axis] for axis in axes)
    pcount, gcount = (0, 1) if is_primary else (values[count] for count in _COUNTS)
    return int(abs(bitpix) * gcount * (pcount + pixels) // 8)
