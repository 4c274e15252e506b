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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from astropy.io import fits

from . import cards
from .cards import Cards, FileCard
from .open import BLOCK, CARD, MAX_HEADER_BYTES, damage_refused, end_of_data, open_fits
from .plain_hdu import IMAGE, PRIMARY, PlainHDU

# Nearly all headers of ACS files fit into one such read, in bytes.
_READ = 8 * BLOCK
_END_CARD = re.compile(rb"END {77}")
_KEYWORD = re.compile(r"[A-Z0-9_-]+", re.ASCII)
# The last is that of headerlets (stwcs), which most calibrated files of ACS have.
_EXTENSIONS = (IMAGE, "BINTABLE", "TABLE", "HDRLET")
# Random groups and compressed images, whose headers astropy constructs; most ACS files state that
# they are not the former.
_SPECIAL = {"GROUPS", "ZIMAGE", "ZTABLE"}
# Keywords by which astropy names an extension, and the types without which it refuses them.
_NAMES = {"EXTNAME": str, "EXTVER": int, "EXTLEVEL": int}
_NOTABLE = _SPECIAL | _NAMES.keys()


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
        for end in _END_CARD.finditer(header):
            if end.start() % CARD == 0:
                length = -(-end.end() // BLOCK) * BLOCK
                is_padded = header[end.end() : length] == b" " * (length - end.end())
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
    header_cards = cards.values(parsed)
    kind, data_size = _kind(header_cards), _data_size(header_cards)
    if kind is None or data_size is None:
        return None
    data = start + len(header)
    end = data + -(-data_size // BLOCK) * BLOCK
    return PlainHDU(kind, start, data, end, header_cards, parsed, file)


def _kind(header: Cards) -> str | None:
    """Return what sort of HDU an ordinary header describes, None if it is not ordinary."""
    keyword, value = header[0]
    # One pass, because there are millions of cards and few of these.
    notable = [(name, each) for name, each in header if name in _NOTABLE or name[:3] == "END"]
    is_special = any(
        (name in _SPECIAL and each is not False)
        or (name.startswith("END") and not _is_keyword(name))
        for name, each in notable
    )
    names = [(name, each) for name, each in notable if name in _NAMES]
    if is_special or not all(type(each) is _NAMES[name] for name, each in names):
        return None
    if len(names) > len({name for name, _ in names}):
        return None
    if keyword == "XTENSION":
        return value if value in _EXTENSIONS else None
    # Astropy changes another EXTEND where a file has extensions.
    extends = [value for keyword, value in header if keyword == "EXTEND"]
    return PRIMARY if value is True and extends == [True] else None


def _is_keyword(name: str) -> bool:
    return name != "END" and _KEYWORD.fullmatch(name) is not None


def _data_size(header: Cards) -> int | None:
    """Return the bytes of the data without padding, None if the header is not ordinary."""
    values = dict(header)
    naxis = values.get("NAXIS")
    if type(naxis) is not int or not 0 <= naxis <= 999:
        return None
    counts = ["PCOUNT", "GCOUNT"]
    axes = [f"NAXIS{axis}" for axis in range(1, naxis + 1)]
    is_primary = header[0][0] == PRIMARY
    sizes = ["BITPIX", "NAXIS", *axes, *([] if is_primary else counts)]
    structural = {header[0][0], *sizes, *counts}
    if [keyword for keyword, _ in header if keyword in structural] != [header[0][0], *sizes]:
        return None
    if [keyword for keyword, _ in header[1 : len(sizes) + 1]] != sizes:
        return None
    numbers = [values[keyword] for keyword in sizes[1:]]
    if not all(type(number) is int and number >= 0 for number in numbers):
        return None
    if values["BITPIX"] not in fits.BITPIX2DTYPE or type(values["BITPIX"]) is not int:
        return None
    if naxis == 0:
        return 0
    pixels = math.prod(values[axis] for axis in axes)
    pcount, gcount = (0, 1) if is_primary else (values[count] for count in counts)
    return int(abs(values["BITPIX"]) * gcount * (pcount + pixels) // 8)
