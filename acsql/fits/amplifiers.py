"""The parts of an image that the amplifiers of a detector read, and their overscan.

LTV1 and LTV2 say where the first pixel of a chip lies in its image, so the same rule holds for full
frames and subarrays: what lies outside of the chip is overscan.  The physical overscan is beside
the chip, on the side of the amplifier; the virtual overscan is above or below the chip.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..keywords import DetectorReadout
from .chips import ImageHDU, image_shape, number

# Rows and columns of a part of an image.
Area = tuple[slice, slice]

_AMPLIFIERS = re.compile("[A-D]+")


@dataclass(frozen=True)
class AmplifierParts:
    """The parts of an image that one amplifier reads.

    Attributes
    ----------
    area : tuple of slice
        Rows and columns of the chip.
    overscan, virtual_overscan : tuple of slice
        The pixels of its overscan; none where the image has no overscan.
    """

    area: Area
    overscan: Area
    virtual_overscan: Area


@dataclass(frozen=True)
class ImageParts:
    """The parts of an image.

    Attributes
    ----------
    area : tuple of slice
        Rows and columns without overscan.
    amplifiers : mapping
        The parts of each amplifier, by its name in lower case.
    """

    area: Area
    amplifiers: Mapping[str, AmplifierParts]


def size(area: Area) -> int:
    """Return the number of pixels of a part of an image."""
    rows, columns = area
    return int(max(0, rows.stop - rows.start) * max(0, columns.stop - columns.start))


def image_parts(
    hdu: ImageHDU, ccdamp: Any, readout: DetectorReadout | None, filename: str
) -> ImageParts:
    """Return the parts of an image.

    Parameters
    ----------
    hdu : HDU
        The image.
    ccdamp : object
        CCDAMP of the primary header: the amplifiers that were used.
    readout : DetectorReadout, optional
        How the detector is read out; None for an image without amplifiers or overscan.
    filename : str
        Name of the file for error messages.

    Returns
    -------
    ImageParts
        The amplifiers that read at least one pixel.

    Raises
    ------
    PreviewError
        If a keyword that says where the chip lies is not a number.
    """
    shape = image_shape(hdu, filename)
    if readout is None:
        return ImageParts((slice(0, shape[0]), slice(0, shape[1])), {})
    return chip_parts(
        shape,
        (number(hdu, "LTV1", 0, filename), number(hdu, "LTV2", 0, filename)),
        (number(hdu, "BINAXIS1", 1, filename), number(hdu, "BINAXIS2", 1, filename)),
        int(number(hdu, "CCDCHIP", 1, filename)),
        ccdamp,
        readout,
    )


def chip_parts(
    shape: tuple[int, int],
    origin: tuple[float, float],
    binning: tuple[float, float],
    ccdchip: int,
    ccdamp: Any,
    readout: DetectorReadout,
) -> ImageParts:
    """Return the parts of an image of one chip.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    origin : tuple of float
        LTV1 and LTV2: columns and rows of the image before the first pixel of the chip.
    binning : tuple of float
        BINAXIS1 and BINAXIS2: columns and rows of the detector in a pixel.
    ccdchip : int
        CCDCHIP, 1 for a detector of one chip.
    ccdamp : object
        CCDAMP of the primary header: the amplifiers that were used.
    readout : DetectorReadout
        How the detector is read out.

    Returns
    -------
    ImageParts
        The amplifiers that read at least one pixel.
    """
    rows = _Side.of(readout.rows, shape[0], origin[1], binning[1])
    columns = _Side.of(readout.columns, shape[1], origin[0], binning[0])
    corners = _used(ccdamp, readout.amplifiers.get(ccdchip, {}))
    parts = {
        name.lower(): _of_amplifier(corner, list(corners.values()), rows, columns, readout)
        for name, corner in corners.items()
    }
    return ImageParts(
        (rows.inside, columns.inside),
        {name: part for name, part in parts.items() if size(part.area)},
    )


@dataclass(frozen=True)
class _Side:
    """One axis of an image: where the chip lies, which may begin and end outside of the image."""

    chip: slice
    pixels: int
    binning: int

    @classmethod
    def of(cls, length: int, pixels: int, first: float, binning: float) -> "_Side":
        """Return an axis of a chip whose first pixel is at a place of the image."""
        side = max(1, int(binning))
        start = round(first)
        return cls(slice(start, start + length // side), pixels, side)

    @property
    def inside(self) -> slice:
        """The pixels of the chip."""
        return self._clipped(self.chip.start, self.chip.stop)

    def half(self, upper: bool) -> slice:
        """Return the pixels of one half of the chip."""
        middle = (self.chip.start + self.chip.stop) // 2
        ends = (middle, self.chip.stop) if upper else (self.chip.start, middle)
        return self._clipped(*ends)

    def outside(self, upper: bool, most: int | None = None) -> slice:
        """Return the pixels on one side of the chip, at most some next to it."""
        if upper:
            stop = self.pixels if most is None else self.chip.stop + most
            return self._clipped(self.chip.stop, stop)
        return self._clipped(0 if most is None else self.chip.start - most, self.chip.start)

    def _clipped(self, start: int, stop: int) -> slice:
        start = min(max(start, 0), self.pixels)
        return slice(start, max(start, min(stop, self.pixels)))


def _used(ccdamp: Any, corners: Mapping[str, str]) -> dict[str, str]:
    """Return the amplifiers of a chip that were used, with their corners."""
    if not isinstance(ccdamp, str) or not _AMPLIFIERS.fullmatch(ccdamp.strip().upper()):
        return {}
    return {name: corner for name, corner in corners.items() if name in ccdamp.upper()}


def _of_amplifier(
    corner: str, used: list[str], rows: _Side, columns: _Side, readout: DetectorReadout
) -> AmplifierParts:
    """Return the parts of an amplifier, which shares the chip with all that were used."""
    right, top = "right" in corner, "top" in corner
    own_columns, own_rows = columns.inside, rows.inside
    if any(("right" in other) != right for other in used):
        own_columns = columns.half(right)
    if any("top" in other for other in used) and any("bottom" in other for other in used):
        own_rows = rows.half(top)
    most = max(1, round(readout.overscan_columns / columns.binning))
    # One of the two sides has no rows outside of the chip.
    above, below = rows.outside(upper=True), rows.outside(upper=False)
    virtual = above if above.stop > above.start else below
    return AmplifierParts(
        (own_rows, own_columns),
        (own_rows, columns.outside(right, most)),
        (virtual, own_columns),
    )
