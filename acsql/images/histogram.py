"""Histogram of the pixel values of an image, from which users choose the limits of the stretch.

All pixels count, not bins of them: the mean of several pixels has less noise than each.
"""

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..errors import QueryError
from ..fits.chips import Pixels, finite_pixels
from .planes import Plane

# As many as the colour bar of the viewer has pixels.
BINS = 256


@dataclass(frozen=True)
class Histogram:
    """Numbers of pixels by value.

    Attributes
    ----------
    low, high : float
        The range, in the unit of the image.
    counts : tuple of int
        Pixels in each of `BINS` bins of equal width; the last bin includes `high`.
    below, above : int
        Pixels outside the range.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    below: int
    above: int


@np.errstate(invalid="ignore", over="ignore")
def read_histogram(
    file: BinaryIO, filename: str, plane: Plane, low: float, high: float
) -> Histogram:
    """Return the histogram of all finite pixels of an image.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    low, high : float
        The range, in the unit of the image.

    Returns
    -------
    Histogram
        With the same counts as `numpy.histogram`.

    Raises
    ------
    QueryError
        If the range is empty, or too narrow for `BINS` different float64.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    if not low < high or not np.isfinite(high - low):
        raise QueryError(f"a histogram from {low:g} to {high:g} has no range")
    counts = np.zeros(BINS, np.int64)
    below = above = 0
    for strip in plane.chip_strips(file, filename):
        values = finite_pixels(strip.reshape(-1))
        counts += _counts(values, low, high)
        below += int(np.count_nonzero(values < low))
        above += int(np.count_nonzero(values > high))
    return Histogram(low, high, tuple(counts.tolist()), below, above)


def _counts(values: Pixels, low: float, high: float) -> npt.NDArray[np.int64]:
    """Return the numbers of values in each bin, or raise QueryError if bins have no width."""
    # Bins of values of few bits may have none where those of float64 do.
    for each in (values.dtype, np.float64):
        try:
            return np.histogram(values.astype(each, copy=False), BINS, (low, high))[0]
        except ValueError:
            continue
    raise QueryError(f"a histogram from {low:.17g} to {high:.17g} has no range")
