"""Contours of an image, computed by ``contourpy`` from bins of its pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ..errors import QueryError
from ..fits.chips import Pixels
from .cutout import Region, clip, read_cutout
from .planes import Plane

# The most levels: more lines cannot be told apart.
MAX_LEVELS = 20
# The most positions of all lines: 2 MB of JSON.
MAX_POSITIONS = 100_000
# Standard deviation of the Gaussian with which bins are smoothed, in bins: lines through the noise
# of single bins would hide those of sources.
SMOOTHING = 1.0
# Lines of fewer positions surround noise.
FEWEST_POSITIONS = 8
# Decimals of positions, in pixels.
DECIMALS = 2


@dataclass(frozen=True)
class Contour:
    """The lines of one level.

    Attributes
    ----------
    level : float
        The value, in the unit of the image.
    lines : tuple of list
        Positions of each line: x, y, x, y ... in pixels from the lower left corner of the image.
    """

    level: float
    lines: tuple[list[float], ...]


@dataclass(frozen=True)
class Contours:
    """The contours of a part of an image.

    Attributes
    ----------
    contours : tuple of Contour
        One for each level.
    """

    contours: tuple[Contour, ...]


def read_contours(
    file: BinaryIO,
    filename: str,
    plane: Plane,
    region: Region,
    binning: int,
    levels: Sequence[float],
) -> Contours:
    """Return the contours of a part of an image.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    region : Region
        The part.
    binning : int
        Pixels along the sides of the bins whose means are smoothed and contoured.
    levels : sequence of float
        The values, in the unit of the image.

    Returns
    -------
    Contours
        One for each level.  No line crosses a bin without a value.

    Raises
    ------
    QueryError
        If the part is too large or empty, or there are too many levels or lines.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    from contourpy import LineType, contour_generator

    if not (1 <= len(levels) <= MAX_LEVELS and np.isfinite(levels).all()):
        given = ", ".join(f"{level:g}" for level in levels) or "none"
        raise QueryError(f"levels: expected 1 to {MAX_LEVELS} finite numbers, not {given}")
    region = clip(plane, region)
    values = _smoothed(read_cutout(file, filename, plane, region, binning))
    if min(values.shape) < 2:
        return Contours(tuple(Contour(level, ()) for level in levels))
    rows, columns = values.shape
    x = region.x0 + (np.arange(columns) + 0.5) * binning
    y = region.y0 + (np.arange(rows) + 0.5) * binning
    masked = np.ma.masked_invalid(values)
    generator = contour_generator(x, y, masked, line_type=LineType.Separate)
    contours = tuple(Contour(level, _lines(generator.lines(level))) for level in levels)
    if sum(len(line) // 2 for each in contours for line in each.lines) > MAX_POSITIONS:
        raise QueryError("there are too many contours: zoom in, or choose higher limits")
    return Contours(contours)


def _lines(found: Any) -> tuple[list[float], ...]:
    return tuple(
        np.round(line, DECIMALS).ravel().tolist() for line in found if len(line) >= FEWEST_POSITIONS
    )


def _smoothed(values: Pixels) -> npt.NDArray[np.float64]:
    """Return bins smoothed with their neighbours that have a value."""
    from scipy.ndimage import gaussian_filter

    finite = np.isfinite(values)
    smoothed = gaussian_filter(np.where(finite, values, 0).astype(np.float64), SMOOTHING)
    weights = gaussian_filter(finite.astype(np.float64), SMOOTHING)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: npt.NDArray[np.float64] = np.where(finite, smoothed / weights, np.nan)
    return means
