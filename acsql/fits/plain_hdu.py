"""Lightweight HDUs of ordinary files, with the attributes of astropy's HDUs that pictures need.

Astropy parses each header for its objects, which takes a third of the time of a small picture; this
module reuses the cards that were already read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from .cards import Cards
from .file_card import FileCard

# The first keyword of a primary header, and the value of XTENSION of an image.
PRIMARY, IMAGE = "SIMPLE", "IMAGE"


@dataclass(frozen=True)
class PlainHDU:
    """An HDU of a file that follows the standard to the letter.

    Attributes
    ----------
    kind : str
        `PRIMARY`, or the value of XTENSION.
    start, data, end : int
        Positions of the header, of the data, and of the first byte after the padding.
    cards : list of (str, value)
        As of `acsql.fits.cards.read`.
    header : mapping
        The first value of each keyword.
    in_file : tuple of FileCard
        As of `acsql.fits.cards.in_file`.
    file : binary file
        The open file.
    """

    kind: str
    start: int
    data: int
    end: int
    cards: Cards
    header: Mapping[str, Any]
    in_file: tuple[FileCard, ...]
    file: BinaryIO

    @property
    def is_image(self) -> bool:
        """Whether it is an image, not a table."""
        return self.kind in (PRIMARY, IMAGE)

    @property
    def name(self) -> str:
        """The EXTNAME in upper case."""
        return str(self.header.get("EXTNAME", "PRIMARY" if self.kind == PRIMARY else "")).upper()

    @property
    def ver(self) -> int:
        """The EXTVER."""
        return int(self.header.get("EXTVER", 1))

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes, that of NAXIS1 last; empty without data."""
        return tuple(self.header[f"NAXIS{axis}"] for axis in range(self.header["NAXIS"], 0, -1))

    def fileinfo(self) -> dict[str, Any]:
        """Return the open file, and the positions of header and data in it, as astropy does."""
        return {
            "file": self.file,
            "hdrLoc": self.start,
            "datLoc": self.data,
            "datSpan": self.end - self.data,
        }
