"""The planes of an image, which the viewer shows one at a time: science, errors and flags.

A plane joins the chips of one extension name into one image, bottom chip first, with the gap that
the sky coordinates leave between them in whole rows.  It describes the pixels and reads them in
strips of rows, so that a worker never holds a whole image; the description is small enough to be
cached.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from astropy.wcs import WCS

from ..errors import PreviewError
from ..fits.chips import DType, Pixels, StoredImage, image_hdus, stored_image
from ..fits.wcs import TangentWCS, read_usable_wcs
from .preview import MAX_PIXELS

# Pixels per strip: 1 MB of float32 stays in a processor's cache.
STRIP = 1 << 18
# The most rows between two chips: that of the WFC has about 50 (ACS Instrument Handbook, section
# 3.2), and a wrong header must not make an image of any size.
MAX_GAP = 256


@dataclass(frozen=True)
class Chip:
    """One chip of an image.

    Attributes
    ----------
    stored : StoredImage
        Its pixels in the file.
    extver : int
        EXTVER of its extension.
    ccdchip : int or None
        CCDCHIP, None for an image that combines several chips.
    first_row : int
        The row of the plane in which it begins.
    origin : tuple of float
        Column and row of the calibrated detector's first pixel in this image (LTV1, LTV2).
    binning : tuple of float
        Columns and rows of the detector in a pixel (BINAXIS1, BINAXIS2).
    wcs : TangentWCS or None
        Its world coordinates.
    """

    stored: StoredImage
    extver: int
    ccdchip: int | None
    first_row: int
    origin: tuple[float, float]
    binning: tuple[float, float]
    wcs: TangentWCS | None

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.stored.shape[0]

    @property
    def projection(self) -> dict[str, Any] | None:
        """The numbers from which the viewer computes coordinates, see `TangentWCS.projection`."""
        return None if self.wcs is None else self.wcs.projection()

    def wcs_of_plane(self) -> WCS:
        """Return the world coordinates by pixels of the plane, the first pixel 0 or 1 as usual.

        Raises
        ------
        PreviewError
            If the header has none that can be used.
        """
        try:
            if self.wcs is not None:
                x, y = self.wcs.crpix
                return replace(self.wcs, crpix=(x, y + self.first_row)).to_astropy()
        except ValueError as error:
            raise PreviewError(f"{self.stored.label} has no usable WCS: {error}") from error
        raise PreviewError(f"{self.stored.label} has no usable WCS")


@dataclass(frozen=True)
class Plane:
    """All chips of one extension name as one image.

    Attributes
    ----------
    extname : str
        ``SCI``, ``ERR``, ``DQ`` ...
    unit : str
        BUNIT, empty if the header has none.
    flags : bool
        Whether the pixels are data quality flags, which are combined bit by bit.
    chips : tuple of Chip
        The bottom chip first.
    """

    extname: str
    unit: str
    flags: bool
    chips: tuple[Chip, ...]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.chips[0].stored.shape[1]

    @property
    def height(self) -> int:
        """Number of rows of all chips and of the gaps between them."""
        return self.chips[-1].first_row + self.chips[-1].height

    @property
    def pixels(self) -> int:
        """Number of pixels of all chips."""
        return self.width * sum(chip.height for chip in self.chips)

    @property
    def is_stored(self) -> bool:
        """Whether the file has each pixel: an image of a constant value has none."""
        return all(chip.stored.constant is None for chip in self.chips)

    @property
    def has_gaps(self) -> bool:
        """Whether there are rows between chips."""
        return self.width * self.height > self.pixels

    @property
    def on_chips(self) -> npt.NDArray[np.bool_]:
        """Whether each row lies on a chip, shape (height,)."""
        rows = np.zeros(self.height, bool)
        for chip in self.chips:
            rows[chip.first_row : chip.first_row + chip.height] = True
        return rows

    @property
    def dtype(self) -> DType:
        """Type that holds all values that `strips` yields."""
        types = [chip.stored.physical_type for chip in self.chips]
        # Float32 holds 16-bit integers exactly.
        return np.result_type(*types, *([np.float32] if self.has_gaps and not self.flags else []))

    def only(self, extver: int) -> "Plane":
        """Return the plane of a single chip.

        Parameters
        ----------
        extver : int
            EXTVER of the chip.

        Returns
        -------
        Plane
            Its rows count from the bottom of that chip.

        Raises
        ------
        PreviewError
            If there is no such chip.
        """
        for chip in self.chips:
            if chip.extver == extver:
                return replace(self, chips=(replace(chip, first_row=0),))
        labels = ", ".join(chip.stored.label for chip in self.chips)
        raise PreviewError(f"no {self.extname},{extver}; the file has {labels}")

    def strips(
        self,
        file: BinaryIO,
        filename: str,
        first: int = 0,
        last: int | None = None,
        binning: int = 1,
    ) -> Iterator[Pixels]:
        """Read rows of the plane in strips of about `STRIP` pixels.

        Parameters
        ----------
        file : binary file
            The open file.
        filename : str
            Name of the file for error messages.
        first, last : int
            The rows from `first` to before `last`; by default all.
        binning : int
            The number of rows of each strip but the last is a multiple of this.

        Yields
        ------
        numpy.ndarray, shape (rows, width)
            Physical values, from the bottom upwards; in gaps NaN, of flags 0.

        Raises
        ------
        PreviewError
            If the file is truncated.
        OSError
            If the system cannot read it.
        """
        last = self.height if last is None else last
        step = max(1, STRIP // self.width // binning) * binning
        for row in range(first, last, step):
            yield self._rows(file, filename, row, min(row + step, last))

    def chip_strips(self, file: BinaryIO, filename: str) -> Iterator[Pixels]:
        """Read all chips in strips, without the gaps between them.

        Parameters
        ----------
        file : binary file
            The open file.
        filename : str
            Name of the file for error messages.

        Yields
        ------
        numpy.ndarray, shape (rows, width)
            Physical values, from the bottom upwards.

        Raises
        ------
        PreviewError
            If the file is truncated.
        OSError
            If the system cannot read it.
        """
        for chip in self.chips:
            yield from replace(self, chips=(replace(chip, first_row=0),)).strips(file, filename)

    def _rows(self, file: BinaryIO, filename: str, first: int, last: int) -> Pixels:
        """Read rows from all chips on which they lie, and fill the gaps."""
        parts: list[Pixels] = []
        row = first
        for chip in self.chips:
            start, end = max(row, chip.first_row), min(last, chip.first_row + chip.height)
            if row < min(start, last):
                parts.append(self._gap(min(start, last) - row))
                row = min(start, last)
            if start < end:
                of_chip = (start - chip.first_row, end - chip.first_row)
                parts.append(chip.stored.rows(file, filename, *of_chip))
                row = end
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _gap(self, rows: int) -> Pixels:
        return np.full((rows, self.width), 0 if self.flags else np.nan, self.dtype)


def read_planes(
    hdus: fits.HDUList, filename: str, science: str = "SCI", quality: str = "DQ"
) -> tuple[Plane, ...]:
    """Return the planes of an image: science, and all that match it pixel by pixel.

    Parameters
    ----------
    hdus : HDUList
        An open file, opened with any options; its data must not have been accessed.
    filename : str
        Name of the file for error messages.
    science, quality : str
        Extension names of the image itself, and of its data quality flags.

    Returns
    -------
    tuple of Plane
        The science plane first.

    Raises
    ------
    PreviewError
        If the file is truncated, has no science image, or one that is too large.
    """
    first = _spaced(_plane(hdus, science, filename, quality))
    if first.width * first.height > MAX_PIXELS:
        raise PreviewError(f"{filename}: {first.width} x {first.height} pixels are too many")
    planes = [first]
    for name in dict.fromkeys(hdu.name.upper() for hdu in hdus):
        if name in ("PRIMARY", science.upper()):
            continue
        try:
            plane = _plane(hdus, name, filename, quality)
        except PreviewError:
            # A table or a cube, which cannot be shown in place of the image.
            continue
        if _layout(plane) == _layout(first):
            planes.append(_with_coordinates_of(first, plane))
    return tuple(planes)


def _plane(hdus: fits.HDUList, extname: str, filename: str, quality: str) -> Plane:
    images = image_hdus(hdus, extname, filename)
    chips: list[Chip] = []
    row = 0
    for hdu in images:
        chip = _chip(hdu, filename, row)
        chips.append(chip)
        row += chip.height
    unit = images[-1].header.get("BUNIT")
    flags = extname.upper() == quality.upper()
    return Plane(extname.upper(), unit if isinstance(unit, str) else "", flags, tuple(chips))


def _chip(hdu: fits.ImageHDU, filename: str, first_row: int) -> Chip:
    header, ccdchip = hdu.header, hdu.header.get("CCDCHIP")
    return Chip(
        stored_image(hdu, filename),
        hdu.ver,
        # Drizzled images of several chips have a negative one.
        ccdchip if type(ccdchip) is int and ccdchip > 0 else None,
        first_row,
        (_finite(header, "LTV1", 0), _finite(header, "LTV2", 0)),
        (_finite(header, "BINAXIS1", 1), _finite(header, "BINAXIS2", 1)),
        read_usable_wcs(header),
    )


def _spaced(plane: Plane) -> Plane:
    """Return a plane with the gaps between its chips, as the sky coordinates place them."""
    chips = [plane.chips[0]]
    for chip in plane.chips[1:]:
        top = chips[-1].first_row + chips[-1].height
        chips.append(replace(chip, first_row=top + _gap_rows(chips[-1], chip)))
    return replace(plane, chips=tuple(chips))


def _gap_rows(lower: Chip, upper: Chip) -> int:
    """Return the rows between two chips in the middle of their edges, 0 without coordinates.

    Distortion makes the gap wider at one end than at the other, and chips overlap where overscan
    lies between them, which has no sky.
    """
    try:
        sky = replace(upper, first_row=0).wcs_of_plane().all_pix2world(_middle(upper), 0, 0)
        (_, row) = replace(lower, first_row=0).wcs_of_plane().all_world2pix(*sky, 0, quiet=True)
    except (PreviewError, ValueError):
        return 0
    gap = float(row) - lower.height
    return round(gap) if 0 < gap <= MAX_GAP else 0


def _middle(chip: Chip) -> float:
    return (chip.stored.shape[1] - 1) / 2


def _finite(header: fits.Header, keyword: str, default: float) -> float:
    """Return a finite number, the default if the header has none."""
    value = header.get(keyword)
    return float(value) if type(value) in (int, float) and math.isfinite(value) else default


def _layout(plane: Plane) -> list[tuple[int, tuple[int, int]]]:
    return [(chip.extver, chip.stored.shape) for chip in plane.chips]


def _with_coordinates_of(science: Plane, plane: Plane) -> Plane:
    """Return a plane with the places of the science: constant images have no coordinates."""
    chips = zip(plane.chips, science.chips, strict=True)
    return replace(
        plane,
        chips=tuple(
            replace(
                chip,
                ccdchip=of.ccdchip,
                first_row=of.first_row,
                origin=of.origin,
                binning=of.binning,
                wcs=of.wcs,
            )
            for chip, of in chips
        ),
    )
