"""Cutouts: any part of an image, binned to what a screen shows.

Only the rows of the region are read, strip by strip.
"""

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from ..errors import QueryError
from ..fits.chips import DType, Pixels
from .bins import bin_pixels
from .planes import Plane

# The most bins of a cutout: as many as a large screen has pixels.
MAX_CELLS = 1 << 22
# The most pixels along a bin's side: a WFC chip is 16 bins wide then.
MAX_BINNING = 256


@dataclass(frozen=True)
class Region:
    """A rectangle of pixels.

    Attributes
    ----------
    x0, x1 : int
        The columns from `x0` to before `x1`, counted from 0.
    y0, y1 : int
        The rows from `y0` to before `y1`, counted from 0 at the bottom.
    """

    x0: int
    x1: int
    y0: int
    y1: int


def read_cutout(
    file: BinaryIO, filename: str, plane: Plane, region: Region, binning: int = 1
) -> Pixels:
    """Return a part of an image, with `binning` times `binning` pixels in each bin.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    region : Region
        The part; what lies outside the image is left out.  The first bin begins at `x0`, `y0`.
    binning : int
        Pixels along the sides of a bin.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        The bottom row first.  Without binning the pixels themselves, otherwise means of the
        finite pixels, NaN for a bin without any; of flags the bitwise OR.  The last bins of a row
        or column may have fewer pixels.

    Raises
    ------
    QueryError
        If the region is empty or too large.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    region = clip(plane, region)
    height, width = cutout_shape(region, binning)
    values = np.empty((height, width), binned_dtype(plane, binning))
    row = 0
    for strip in plane.strips(file, filename, region.y0, region.y1, binning):
        bins = strip[:, region.x0 : region.x1]
        if binning > 1 or plane.flags:
            bins = bin_pixels(bins, binning, plane.flags, values.dtype).values
        values[row : row + len(bins)] = bins
        row += len(bins)
    return values


def clip(plane: Plane, region: Region) -> Region:
    """Return the part of a region that lies within an image.

    Parameters
    ----------
    plane : Plane
        The image.
    region : Region
        Any region.

    Returns
    -------
    Region
        It has at least one pixel.

    Raises
    ------
    QueryError
        If the region is empty or outside the image.
    """
    x0, x1 = max(region.x0, 0), min(region.x1, plane.width)
    y0, y1 = max(region.y0, 0), min(region.y1, plane.height)
    if x0 >= x1 or y0 >= y1:
        raise QueryError(
            f"x {region.x0} to {region.x1} and y {region.y0} to {region.y1} are not within "
            f"{plane.width} x {plane.height} pixels"
        )
    return Region(x0, x1, y0, y1)


def cutout_shape(region: Region, binning: int) -> tuple[int, int]:
    """Return the shape of a cutout.

    Parameters
    ----------
    region : Region
        The part of an image.
    binning : int
        Pixels along the sides of a bin.

    Returns
    -------
    tuple of int
        Rows and columns.

    Raises
    ------
    QueryError
        If the cutout would have more than `MAX_CELLS` bins, or `binning` is out of range.
    """
    if not 1 <= binning <= MAX_BINNING:
        raise QueryError(f"bin must be 1 to {MAX_BINNING} pixels, not {binning}")
    height = -(-(region.y1 - region.y0) // binning)
    width = -(-(region.x1 - region.x0) // binning)
    if height * width > MAX_CELLS:
        raise QueryError(
            f"{width} x {height} bins are too many for one cutout, at most {MAX_CELLS}: "
            "choose a smaller region or a larger bin"
        )
    return height, width


def binned_dtype(plane: Plane, binning: int) -> DType:
    """Return the type of the bins of an image.

    Parameters
    ----------
    plane : Plane
        The image.
    binning : int
        Pixels along the sides of a bin.

    Returns
    -------
    numpy.dtype
        That of the pixels without binning, an integer for flags, else one that holds exact sums.
    """
    stored = plane.dtype
    if plane.flags:
        return stored if stored.kind in "iu" else np.dtype(np.int32)
    if binning == 1:
        return stored
    exact = (stored.kind in "iu" and stored.itemsize <= 2) or stored == np.float32
    return np.dtype(np.float32 if exact else np.float64)
