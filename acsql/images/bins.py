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
        sides = (binning, binning)
        if self.counts is None:
            return Bins(_reduced(np.bitwise_or, self.sums, sides), None)
        return Bins(_reduced(np.add, self.sums, sides), _reduced(np.add, self.counts, sides))


@np.errstate(over="ignore", invalid="ignore")
def bin_pixels(
    pixels: Pixels, binning: int, flags: bool, dtype: DType, rows: int | None = None
) -> Bins:
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
    rows : int, optional
        Rows of a bin, by default as many as columns.

    Returns
    -------
    Bins
        The last ones of a row or column may have fewer pixels.
    """
    sides = (binning if rows is None else rows, binning)
    if flags:
        integers = np.nan_to_num(pixels) if pixels.dtype.kind == "f" else pixels
        return Bins(_reduced(np.bitwise_or, integers.astype(dtype, copy=False), sides), None)
    values = pixels.astype(dtype, copy=False)
    finite = np.isfinite(values)
    if finite.all():
        lengths = map(_lengths, pixels.shape, sides)
        return Bins(_reduced(np.add, values, sides), np.outer(*lengths).astype(dtype))
    counts = _reduced(np.add, finite.astype(dtype), sides)
    numbers = values.copy()
    np.copyto(numbers, 0, where=~finite)
    return Bins(_reduced(np.add, numbers, sides), counts)


def _reduced(combine: np.ufunc, values: Pixels, sides: tuple[int, int]) -> Pixels:
    """Combine the rows of each bin and then its columns: numpy is fast in long steps."""
    for binning in sides:
        bins = values[::binning].copy(order="K")
        for offset in range(1, binning):
            part = values[offset::binning]
            combine(bins[: len(part)], part, out=bins[: len(part)])
        values = bins.T
    return values


def _lengths(size: int, binning: int) -> np.ndarray[Any, DType]:
    """Return the number of pixels along a side in each of its bins."""
    return np.diff([*range(0, size, binning), size])
