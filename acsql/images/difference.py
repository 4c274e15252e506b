"""Differences: an image minus another, pixel by pixel of the detector or by the sky.

A difference is a plane like any other, so that cutouts, limits, histograms, statistics and profiles
of it need no code of their own.  By the sky, the other image is interpolated linearly between its
pixels; its distortion is evaluated on a coarse grid of pixels, between which it is nearly linear.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..errors import PreviewError
from ..fits.chips import DType, Pixels
from .planes import Chip, Plane

FloatArray = npt.NDArray[np.float64]

# Pixels between the places at which both world coordinate systems are evaluated; the distortion of
# a WFC chip differs from a linear one by less than 0.001 pixels over this distance.
GRID = 32
# Pixels by which the inverse of a distortion may be wrong (astropy's default: 1e-4).
ROUNDING = 1e-3
LOCKS = ("pixel", "sky")


@dataclass(frozen=True)
class Difference(Plane):
    """An image minus another.

    Attributes
    ----------
    other : Plane
        The image that is subtracted.
    path : Path
        The file of the other image.
    lock : str
        One of `LOCKS`: whether pixels of the same chip or the same sky are subtracted.
    """

    other: Plane
    path: Path
    lock: str

    @property
    def dtype(self) -> DType:
        """Type of the values: a difference of counts may be negative."""
        return np.dtype(np.float64)

    def only(self, extver: int) -> "Difference":
        """Return the difference of a single chip, see `Plane.only`."""
        one = super().only(extver)
        return Difference(**(vars(self) | {"chips": one.chips}))

    def strips(
        self,
        file: BinaryIO,
        filename: str,
        first: int = 0,
        last: int | None = None,
        binning: int = 1,
    ) -> Iterator[Pixels]:
        """Read rows of the difference, see `Plane.strips`; NaN where the other has no pixel."""
        row = first
        with self.path.open("rb", buffering=0) as subtracted:
            for strip in super().strips(file, filename, first, last, binning):
                yield strip - self._subtracted(subtracted, row, len(strip))
                row += len(strip)

    def _subtracted(self, file: BinaryIO, first: int, count: int) -> FloatArray:
        """Return the values of the other image at the pixels of some rows."""
        values = np.full((count, self.width), np.nan)
        for chip in self.chips:
            start = max(first, chip.first_row)
            end = min(first + count, chip.first_row + chip.height)
            if start >= end:
                continue
            for target in self.other.chips:
                x, y = self._places(chip, target, start, end)
                found = self._sampled(file, target, x, y)
                part = values[start - first : end - first]
                np.copyto(part, found, where=~np.isnan(found))
        return values

    def _places(
        self, chip: Chip, target: Chip, start: int, end: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return where pixels of some rows lie on a chip of the other image, NaN off it."""
        rows, columns = np.arange(start, end), np.arange(self.width)
        if self.lock == "sky":
            return _by_sky(chip, target, rows, columns)
        if chip.ccdchip != target.ccdchip or (
            chip.ccdchip is None and chip.extver != target.extver
        ):
            nowhere = np.full((rows.size, columns.size), np.nan)
            return nowhere, nowhere
        x = columns - chip.origin[0] + target.origin[0]
        y = rows - chip.first_row - chip.origin[1] + target.origin[1]
        places = np.broadcast_arrays(x[None, :], y[:, None])
        return places[0], places[1]

    def _sampled(self, file: BinaryIO, target: Chip, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the values of a chip at places in its pixels, NaN off the chip."""
        from scipy.ndimage import map_coordinates

        height, width = target.stored.shape
        # No value is extrapolated beyond the centres of the outer pixels, but for rounding.
        right, top = width - 1 + ROUNDING, height - 1 + ROUNDING
        on = (x >= -ROUNDING) & (x <= right) & (y >= -ROUNDING) & (y <= top)
        if not on.any():
            return np.full(x.shape, np.nan)
        first, last = max(int(y[on].min()) - 1, 0), min(int(y[on].max()) + 3, height)
        pixels = target.stored.rows(file, self.path.name, first, last).astype(np.float64)
        places = np.where(on, y - first, -9), np.where(on, x, -9)
        # Between pixels a linear interpolation; at pixels their values, also beside a NaN.
        order = int(self.lock == "sky")
        sampled: FloatArray = map_coordinates(pixels, places, order=order, mode="nearest")
        sampled[~on] = np.nan
        return sampled


def difference(plane: Plane, other: Plane, path: Path, lock: str) -> Difference:
    """Return an image minus another.

    Parameters
    ----------
    plane : Plane
        The image.
    other : Plane
        The image that is subtracted, with the same unit if the difference is to mean anything.
    path : Path
        The file of the other image.
    lock : str
        One of `LOCKS`.

    Returns
    -------
    Difference
        It has the pixels of the first image.

    Raises
    ------
    PreviewError
        If the lock is the sky, and either image has no sky coordinates.
    """
    if lock == "sky":
        for chip in (*plane.chips, *other.chips):
            chip.wcs_of_plane()
    return Difference(plane.extname, plane.unit, plane.flags, plane.chips, other, path, lock)


def _by_sky(
    chip: Chip, target: Chip, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    from astropy.wcs import NoConvergence
    from scipy.ndimage import map_coordinates

    coarse_rows, coarse_columns = (
        np.linspace(each[0], each[-1], each.size // GRID + 2) for each in (rows, columns)
    )
    x, y = np.meshgrid(coarse_columns, coarse_rows)
    try:
        sky = chip.wcs_of_plane().all_pix2world(x.ravel(), y.ravel(), 0)
        found = target.wcs_of_plane().all_world2pix(*sky, 0, quiet=True)
    except (NoConvergence, ValueError) as error:
        raise PreviewError(f"{target.stored.label}: no pixels for this sky: {error}") from error
    grid = (
        np.linspace(0, coarse_rows.size - 1, rows.size),
        np.linspace(0, coarse_columns.size - 1, columns.size),
    )
    at = np.meshgrid(*grid, indexing="ij")
    x, y = (map_coordinates(each.reshape(x.shape), at, order=1, mode="nearest") for each in found)
    return x, y - target.first_row
