"""Bins: squares of pixels that are shown as one, and that can be combined into larger ones.

A bin is the mean of all its finite pixels, so sums and numbers are kept apart until the end: the
mean of means would differ beside pixels without a value.  A bin of data quality flags has every
flag that any of its pixels has.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..fits.chips import DType, Pixels


@dataclass(frozen=True)
class Bins:
    """Bins of an image, each dimension the pixels divided by the side of a bin, rounded up.

    Attributes
    ----------
    sums : numpy.ndarray, shape (rows, columns)
        Sums of the finite pixels, or the bitwise OR of flags.
    counts : numpy.ndarray, shape (rows, columns), or None
        Numbers of finite pixels, None for flags.
    """

    sums: Pixels
    counts: Pixels | None

    @property
    def values(self) -> Pixels:
        """Means, NaN for a bin without any finite pixel; of flags the bitwise OR."""
        if self.counts is None:
            return self.sums
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            means: Pixels = self.sums / self.counts
        return means

    # Finite pixels may be too large for a sum.
    @np.errstate(over="ignore", invalid="ignore")
    def combined(self, binning: int) -> "Bins":
        """Return larger bins.

        Parameters
        ----------
        binning : int
            The bins along the side of each.

        Returns
        -------
        Bins
            The last ones of a row or column may have fewer pixels.
        """
        if self.counts is None:
            return Bins(_reduced(np.bitwise_or, self.sums, binning), None)
        return Bins(_reduced(np.add, self.sums, binning), _reduced(np.add, self.counts, binning))


@np.errstate(over="ignore", invalid="ignore")
def bin_pixels(pixels: Pixels, binning: int, flags: bool, dtype: DType) -> Bins:
    """Return the bins of some rows of an image.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (rows, columns)
        The bottom row first.
    binning : int
        Pixels along the sides of a bin.
    flags : bool
        Whether the pixels are data quality flags.
    dtype : numpy.dtype
        Type of the sums, an integer for flags.

    Returns
    -------
    Bins
        The last ones of a row or column may have fewer pixels.
    """
    if flags:
        integers = np.nan_to_num(pixels) if pixels.dtype.kind == "f" else pixels
        return Bins(_reduced(np.bitwise_or, integers.astype(dtype, copy=False), binning), None)
    values = pixels.astype(dtype, copy=False)
    finite = np.isfinite(values)
    if finite.all():
        rows, columns = (_lengths(size, binning) for size in pixels.shape)
        counts = np.outer(rows, columns).astype(dtype)
        return Bins(_reduced(np.add, values, binning), counts)
    counts = _reduced(np.add, finite.astype(dtype), binning)
    numbers = values.copy()
    np.copyto(numbers, 0, where=~finite)
    return Bins(_reduced(np.add, numbers, binning), counts)


def _reduced(combine: np.ufunc, values: Pixels, binning: int) -> Pixels:
    """Combine the rows of each bin and then its columns: numpy is fast in long steps."""
    for _ in range(2):
        bins = values[::binning].copy(order="K")
        for offset in range(1, binning):
            part = values[offset::binning]
            combine(bins[: len(part)], part, out=bins[: len(part)])
        values = bins.T
    return values


def _lengths(size: int, binning: int) -> np.ndarray[Any, DType]:
    """Return the number of pixels along a side in each of its bins."""
    return np.diff([*range(0, size, binning), size])
