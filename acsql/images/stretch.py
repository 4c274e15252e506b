"""The stretch of previews: linear, to 8 bits, between the 1st and 99th percentile of an image.

Where these are equal, as in exposures with few counts, a higher percentile is white.  The result
equals the plain definition with `numpy.percentile` to the last bit, in a tenth of the time.  Images
of 8 or 16 bits need one histogram of all possible values and one look-up table.  For
all others a sample estimates where the tails begin, one pass collects the tails, and the ranks of
all finite pixels decide whether the estimate was good enough; float32 pixels are scaled as they
are, and only those near the boundary of two greys in float64.  All work chunk by chunk, so that
nothing as large as the image is allocated but the picture.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import PreviewError
from ..fits.chips import Pixels, finite_pixels

# The percentile shown as black, and those shown as white: the first that differs from black.
LOW_PERCENT = 1
HIGH_PERCENTS = (99, 99.5, 99.9, 99.99, 100)
# Grey of all pixels of a constant image.
MID_GREY = 128

# Pixels per chunk: 1 MB of float64 stays in a processor's cache.
CHUNK = 1 << 17
# Pixels of the sample that estimates the tails, and the fraction of it taken as a tail.  1 % is
# needed; the 1,250th of 100,000 random pixels is below the 1st percentile only beyond 7 sigma.
SAMPLE = 100_000
TAIL = 0.0125
# Differences of the limits for which a float32 scale neither overflows nor loses digits, and the
# error of a grey above which too many pixels would be scaled twice.
FLOAT32_RANGES = 1e-30, 1e30
MAX_ERROR = 0.01

Grey = npt.NDArray[np.uint8]
ValueAt = Callable[[int], float]


class StretchLimits(NamedTuple):
    """The pixel values shown as black and white.

    Attributes
    ----------
    low, high : float
        In the unit of the image.
    high_percent : float
        The percentile that `high` is, one of `HIGH_PERCENTS`.
    """

    low: float
    high: float
    high_percent: float = HIGH_PERCENTS[0]

    @property
    def is_sparse(self) -> bool:
        """Whether so few pixels are brighter than black that a higher percentile is white."""
        return self.high_percent != HIGH_PERCENTS[0]


# Numpy warns at every access to a signalling NaN.
@np.errstate(invalid="ignore")
def percentile_limits(chips: Sequence[Pixels], filename: str) -> StretchLimits:
    """Return the limits of the finite pixels of all chips together.

    Parameters
    ----------
    chips : sequence of numpy.ndarray
        Physical values, of any real type and byte order.
    filename : str
        Name of the file for error messages.

    Returns
    -------
    StretchLimits
        As from `limits_of`.

    Raises
    ------
    PreviewError
        As from `limits_of`.
    """
    same_type = len({chip.dtype for chip in chips}) == 1
    by_rank = _by_counting if same_type and is_countable(chips[0]) else _by_tails
    return limits_of(*by_rank(chips), filename)


def limits_of(size: int, value_at: ValueAt, filename: str) -> StretchLimits:
    """Return the limits of finite pixels: two percentiles.

    Parameters
    ----------
    size : int
        Number of pixels.
    value_at : callable
        Returns the value at a rank, from 0.
    filename : str
        Name of the file for error messages.

    Returns
    -------
    StretchLimits
        The 1st percentile, and the lowest of `HIGH_PERCENTS` that differs from it, or equal limits
        if none does.  Both equal `numpy.percentile` of the same pixels in float64.

    Raises
    ------
    PreviewError
        If no pixel is finite, or the difference of the two exceeds the range of a float64.
    """
    if not size:
        raise PreviewError(f"{filename}: no pixel of the image is finite")
    low = percentile(size, value_at, LOW_PERCENT)
    highs = ((percentile(size, value_at, percent), percent) for percent in HIGH_PERCENTS)
    high, percent = next((pair for pair in highs if pair[0] != low), (low, HIGH_PERCENTS[0]))
    if not math.isfinite(high - low):
        raise PreviewError(f"{filename}: its pixel values are too far apart to be scaled")
    return StretchLimits(low, high, percent)


@np.errstate(invalid="ignore", over="ignore")
def to_grey(chips: Sequence[Pixels], low: float, high: float) -> Grey:
    """Return the picture of an image.

    A finite pixel x becomes ``round((clip(x, low, high) - low) / (high - low) * 255)``,
    calculated in float64, or 128 if `low` equals `high`; a pixel that is not finite becomes 0.

    Parameters
    ----------
    chips : sequence of numpy.ndarray, shape (rows, width)
        Physical values of any real type and byte order, the bottom chip first.
    low, high : float
        The values shown as black and white.

    Returns
    -------
    numpy.ndarray of uint8, shape (all rows, width)
        The picture, top row first: row 0 of the bottom chip is its last row.
    """
    picture = np.empty((sum(len(chip) for chip in chips), chips[0].shape[1]), np.uint8)
    upwards, first = picture[::-1], 0
    for chip in chips:
        _fill(upwards[first : first + len(chip)], chip, low, high)
        first += len(chip)
    return picture


def _fill(picture: Grey, chip: Pixels, low: float, high: float) -> None:
    if is_countable(chip):
        codes = codes_of(chip)
        table = _grey(possible_values(chip), low, high)
        for rows in _chunks(chip):
            # All codes are in the table: "wrap" only saves numpy a buffered check.
            np.take(table, codes[rows], out=picture[rows], mode="wrap")
    else:
        scaled = _grey_by_float32 if chip.dtype.newbyteorder("=") == np.float32 else _grey
        for rows in _chunks(chip):
            picture[rows] = scaled(chip[rows], low, high)


def _grey_by_float32(values: Pixels, low: float, high: float) -> Grey:
    """Scale float32 as float32, and in float64 each pixel whose grey a rounding might change."""
    if not FLOAT32_RANGES[0] < high - low < FLOAT32_RANGES[1]:
        return _grey(values, low, high)
    scale = 255 / (high - low)
    offset = low * scale
    # Scale, product, offset and two sums are rounded, each by at most 2**-24 of these numbers.
    error = (abs(offset) + 256) * 2**-21
    if error > MAX_ERROR:
        return _grey(values, low, high)
    greys = values * np.float32(scale)
    greys += np.float32(0.5 - error - offset)
    np.clip(greys, 0, 255, out=greys)
    least = greys.astype(np.uint8)
    greys += np.float32(2 * error)
    doubtful = greys.astype(np.uint8) != least
    doubtful |= ~np.isfinite(values)
    again = np.flatnonzero(doubtful)
    least.put(again, _grey(values.take(again), low, high))
    return least


def _grey(values: Pixels, low: float, high: float) -> Grey:
    grey = values.astype(np.float64)
    finite = np.isfinite(grey)
    if low == high:
        grey.fill(MID_GREY)
    else:
        np.clip(grey, low, high, out=grey)
        grey -= low
        grey /= high - low
        grey *= 255
        np.rint(grey, out=grey)
    if not finite.all():
        grey[~finite] = 0
    return grey.astype(np.uint8)


def percentile(size: int, value_at: ValueAt, percent: float) -> float:
    """Return a percentile, interpolated between two ranks as `numpy.percentile` does.

    Parameters
    ----------
    size : int
        Number of values.
    value_at : callable
        Returns the value at a rank, from 0.
    percent : float
        From 0 to 100.

    Returns
    -------
    float
        Equal to that of `numpy.percentile` to the last bit.
    """
    position = (size - 1) * (percent / 100)
    rank = math.floor(position)
    part = position - rank
    below, above = value_at(rank), value_at(min(rank + 1, size - 1))
    if part < 0.5:
        return below + (above - below) * part
    return above - (above - below) * (1 - part)


def _by_counting(chips: Sequence[Pixels]) -> tuple[int, ValueAt]:
    """Return the number of pixels and a function from a rank to its value."""
    values = possible_values(chips[0])
    counts = np.sum([counts_of_codes(codes_of(chip)) for chip in chips], axis=0)
    order = np.argsort(values)
    ranks = np.cumsum(counts[order])

    def value_at(rank: int) -> float:
        return float(values[order[np.searchsorted(ranks, rank, side="right")]])

    return int(ranks[-1]), value_at


def _by_tails(chips: Sequence[Pixels]) -> tuple[int, ValueAt]:
    """Return the number of finite pixels and a function from a rank to its value."""
    bottom, top = _estimated_tails(chips)
    size = up_to_bottom = from_top = 0
    below: list[Pixels] = []
    above: list[Pixels] = []
    for chip in chips:
        for rows in _chunks(chip):
            values = _finite(chip[rows])
            size += values.size
            low_values, high_values = values[values <= bottom], values[values >= top]
            up_to_bottom += low_values.size
            from_top += high_values.size
            # Pixels equal to a bound are only counted: there may be millions of them.
            below.append(low_values[low_values < bottom])
            above.append(high_values[high_values > top])
    lowest, highest = np.concatenate(below), np.concatenate(above)

    def value_at(rank: int) -> float:
        rank_from_top = size - 1 - rank
        if rank < lowest.size:
            return float(np.partition(lowest, rank)[rank])
        if rank < up_to_bottom:
            return float(bottom)
        if rank_from_top < highest.size:
            at = highest.size - 1 - rank_from_top
            return float(np.partition(highest, at)[at])
        if rank_from_top < from_top:
            return float(top)
        return _by_partition(chips, rank)

    return size, value_at


def _by_partition(chips: Sequence[Pixels], rank: int) -> float:
    """Return the value at a rank in neither tail, which means that the estimate was bad."""
    values = np.concatenate([_finite(chip) for chip in chips])
    values.partition(rank)
    return float(values[rank])


def _estimated_tails(chips: Sequence[Pixels]) -> tuple[Any, Any]:
    """Return the values where, according to a sample, the lower tail ends and the upper begins."""
    # An odd step does not keep to a few columns of a chip whose width is a power of two.
    step = sum(chip.size for chip in chips) // SAMPLE | 1
    sample = np.concatenate([_finite(chip.reshape(-1)[::step]) for chip in chips])
    if not sample.size:
        return np.float64(np.nan), np.float64(np.nan)
    sample.sort()
    tail = min(sample.size - 1, 1 + math.ceil(sample.size * TAIL))
    return sample[tail], sample[-1 - tail]


def counts_of_codes(codes: Pixels) -> npt.NDArray[np.int64]:
    """Return how often each code of 8 or 16 bits occurs, counted chunk by chunk.

    Parameters
    ----------
    codes : numpy.ndarray of an unsigned type
        Of one or two dimensions.

    Returns
    -------
    numpy.ndarray
        One number for each possible code.
    """
    possible = 1 << 8 * codes.dtype.itemsize
    counts = np.zeros(possible, np.int64)
    step = CHUNK if codes.ndim == 1 else max(1, CHUNK // max(1, codes.shape[1]))
    for first in range(0, len(codes), step):
        counts += np.bincount(codes[first : first + step].ravel(), minlength=possible)
    return counts


def _finite(values: Pixels) -> Pixels:
    """Return the finite ones of some values, flat and in the byte order of the processor."""
    return finite_pixels(values.ravel().astype(values.dtype.newbyteorder("="), copy=False))


def is_countable(chip: Pixels) -> bool:
    """Return whether pixels have at most 16 bits, so that all possible values can be counted."""
    return chip.dtype.kind in "iu" and chip.dtype.itemsize <= 2


def codes_of(chip: Pixels) -> Pixels:
    """Return the bytes of pixels as unsigned integers in the byte order of the processor."""
    return chip.view(f"=u{chip.dtype.itemsize}")


def possible_values(chip: Pixels) -> Pixels:
    """Return the value of each code."""
    bytes_each = chip.dtype.itemsize
    return np.arange(1 << 8 * bytes_each, dtype=f"=u{bytes_each}").view(chip.dtype)


def _chunks(chip: Pixels) -> Iterator[slice]:
    rows, width = chip.shape
    step = max(1, CHUNK // width)
    return (slice(first, first + step) for first in range(0, rows, step))
