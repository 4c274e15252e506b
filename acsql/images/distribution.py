"""The distribution of many pixel values: values by rank, ranks by value, and moments.

Pixels of 8 or 16 bits are counted value by value.  All others are sorted, each part of an image for
itself: numpy sorts floating-point numbers with vector instructions.  The values of several parts
are merged only around the ranks that are looked up.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..fits.chips import Pixels
from .stretch import codes_of, counts_of_codes, is_countable, possible_values

# Values per block of sums.  OpenBLAS computes a dot product of up to 10,000 in the calling thread.
# https://github.com/OpenMathLib/OpenBLAS/blob/develop/kernel/x86_64/ddot.c
BLOCK = 1 << 13
# Pieces in which the values of several parts are merged: of a chip, each has 4,000 values.
PIECES = 1 << 11

Floats = npt.NDArray[np.float64]
# Number of values, mean and standard deviation.
Moments = tuple[int, float, float]


class Distribution(Protocol):
    """Values in their order; ranks begin at 0."""

    @property
    def size(self) -> int:
        """Number of values."""

    def at(self, rank: int) -> float:
        """Return the value at a rank."""

    def below(self, value: float) -> int:
        """Return the number of values that are smaller."""

    def up_to(self, value: float) -> int:
        """Return the number of values that are smaller or equal."""

    def moments(self, first: int, last: int) -> tuple[float, float]:
        """Return the mean and the standard deviation of the ranks from first to before last."""

    def joined(self, others: Sequence[Any]) -> "Distribution":
        """Return the distribution of these values and those of others of the same image."""


class Counted:
    """The distribution of integers of at most 16 bits.

    Parameters
    ----------
    values : numpy.ndarray
        All possible values in ascending order.
    counts : numpy.ndarray of int
        How often each occurs.
    """

    def __init__(self, values: Floats, counts: npt.NDArray[np.int64]) -> None:
        self._all = values, counts
        present = np.flatnonzero(counts)
        self._values = values[present]
        # Of the first 0, 1, 2 ... values: their number, their sum and that of their squares.
        integers = self._values.astype(np.int64)
        powers = np.array([np.ones_like(integers), integers, integers**2])
        self._sums = np.pad(np.cumsum(counts[present] * powers, axis=1), ((0, 0), (1, 0)))
        self._ranks = self._sums[0]

    @property
    def size(self) -> int:
        """Number of values."""
        return int(self._ranks[-1])

    def at(self, rank: int) -> float:
        """Return the value at a rank."""
        return float(self._values[self._ranks.searchsorted(rank, side="right") - 1])

    def below(self, value: float) -> int:
        """Return the number of values that are smaller."""
        return int(self._ranks[self._values.searchsorted(value, side="left")])

    def up_to(self, value: float) -> int:
        """Return the number of values that are smaller or equal."""
        return int(self._ranks[self._values.searchsorted(value, side="right")])

    def moments(self, first: int, last: int) -> tuple[float, float]:
        """Return the mean and the standard deviation of the ranks from first to before last."""
        below, total = self._first(first), self._first(last)
        # Integers of Python, which no sum rounds.
        number, sum_, squares = (high - low for low, high in zip(below, total, strict=True))
        return sum_ / number, math.sqrt((number * squares - sum_**2) / number**2)

    def _first(self, number: int) -> tuple[int, int, int]:
        """Return the number of the first values, their sum and that of their squares."""
        place = int(self._ranks.searchsorted(number))
        up_to, sum_, squares = self._sums[:, place].tolist()
        value, beyond = int(self._values[place - 1]), up_to - number
        return number, sum_ - beyond * value, squares - beyond * value**2

    def joined(self, others: "Sequence[Counted]") -> "Counted":
        """Return the distribution of these values and those of others of the same image."""
        values, counts = self._all
        return Counted(values, np.sum([counts, *(other._all[1] for other in others)], axis=0))


class Sorted:
    """The distribution of the finite pixels of a part of an image.

    Parameters
    ----------
    part : numpy.ndarray
        The pixels.
    """

    def __init__(self, part: Pixels) -> None:
        self.parts = (self,)
        self.values = part.astype(part.dtype if part.dtype.kind == "f" else np.float64).ravel()
        # NaN comes last.
        self.values.sort()
        self.values = self.values[self.up_to(-math.inf) : self.below(math.inf)]

    @property
    def size(self) -> int:
        """Number of values."""
        return self.values.size

    def at(self, rank: int) -> float:
        """Return the value at a rank."""
        return float(self.values[rank])

    def below(self, value: float) -> int:
        """Return the number of values that are smaller."""
        # Numpy would convert all values to the type of another one.
        nearest = _nearest(value, self.values)
        return int(self.values.searchsorted(nearest, "right" if float(nearest) < value else "left"))

    def up_to(self, value: float) -> int:
        """Return the number of values that are smaller or equal."""
        nearest = _nearest(value, self.values)
        return int(self.values.searchsorted(nearest, "left" if float(nearest) > value else "right"))

    def moments(self, first: int, last: int) -> tuple[float, float]:
        """Return the mean and the standard deviation of the ranks from first to before last."""
        begin, end = -(-first // BLOCK), last // BLOCK
        ends = [(first, begin * BLOCK), (end * BLOCK, last)] if begin < end else [(first, last)]
        moments = [_moments(self.values[low:high]) for low, high in ends if low < high]
        return _combined([*self._blocks[begin:end], *moments])

    def joined(self, others: "Sequence[Sorted | Merged]") -> "Merged":
        """Return the distribution of these values and those of others of the same image."""
        return Merged([part for each in (self, *others) for part in each.parts])

    @cached_property
    def _blocks(self) -> list[Moments]:
        """The moments of each block of values."""
        ends = range(BLOCK, self.size + 1, BLOCK)
        return [_moments(self.values[end - BLOCK : end]) for end in ends]


class Merged:
    """The distribution of the values of several others.

    Parameters
    ----------
    parts : sequence of Sorted
        At least one.
    """

    joined = Sorted.joined

    def __init__(self, parts: Sequence[Sorted]) -> None:
        self.parts = tuple(parts)
        longest = max(parts, key=lambda part: part.size).values
        edges = longest[:: longest.size // PIECES + 1]
        # The ranks in each part at which the pieces begin, and the last one ends.
        begins = [[0, *part.values.searchsorted(edges).tolist(), part.size] for part in parts]
        self._begins = np.array(begins)
        self._ranks = self._begins.sum(axis=0)
        self._merged: dict[int, Pixels] = {}

    @property
    def size(self) -> int:
        """Number of values."""
        return int(self._ranks[-1])

    def at(self, rank: int) -> float:
        """Return the value at a rank."""
        piece = int(self._ranks.searchsorted(rank, side="right")) - 1
        if piece not in self._merged:
            ends = zip(self.parts, self._begins[:, piece], self._begins[:, piece + 1], strict=True)
            found = np.concatenate([part.values[low:high] for part, low, high in ends])
            found.sort()
            self._merged[piece] = found
        return float(self._merged[piece][rank - self._ranks[piece]])

    def below(self, value: float) -> int:
        """Return the number of values that are smaller."""
        return sum(part.below(value) for part in self.parts)

    def up_to(self, value: float) -> int:
        """Return the number of values that are smaller or equal."""
        return sum(part.up_to(value) for part in self.parts)

    def moments(self, first: int, last: int) -> tuple[float, float]:
        """Return the mean and the standard deviation of the ranks from first to before last."""
        ends = zip(self.parts, self._first(first), self._first(last), strict=True)
        moments = [(high - low, *part.moments(low, high)) for part, low, high in ends if low < high]
        return _combined(moments)

    def _first(self, number: int) -> list[int]:
        """Return how many of the first values each part has."""
        if number == self.size:
            return [part.size for part in self.parts]
        value = self.at(number)
        numbers = [part.below(value) for part in self.parts]
        # Those that equal it may be of any part.
        more = number - sum(numbers)
        for at, part in enumerate(self.parts):
            equal = min(more, part.up_to(value) - numbers[at])
            numbers[at] += equal
            more -= equal
        return numbers


def distributions(parts: Sequence[Pixels]) -> list[Distribution]:
    """Return the distributions of the finite pixels of parts of an image.

    Parameters
    ----------
    parts : sequence of numpy.ndarray
        Physical values, of two dimensions.

    Returns
    -------
    list of Distribution
        One for each part; `joined` joins them.
    """
    if len({part.dtype for part in parts}) == 1 and is_countable(parts[0]):
        return [*_counted(parts)]
    return [Sorted(part) for part in parts]


def joined(parts: Sequence[Distribution]) -> Distribution:
    """Return the distribution of the values of several, all from one call of `distributions`."""
    first, *others = parts
    return first.joined(others) if others else first


def _counted(parts: Sequence[Pixels]) -> list[Counted]:
    """Return the distributions of pixels of one type of at most 16 bits."""
    counts = [counts_of_codes(codes_of(part)) for part in parts]
    present = np.flatnonzero(np.sum(counts, axis=0))
    values = possible_values(parts[0])[present].astype(np.float64)
    order = np.argsort(values)
    return [Counted(values[order], each[present[order]]) for each in counts]


@np.errstate(over="ignore")
def _nearest(value: float, values: Pixels) -> Any:
    """Return the number nearest to a value of the type of others."""
    return values.dtype.type(value)


@np.errstate(over="ignore", invalid="ignore")
def _moments(values: Pixels) -> Moments:
    """Return the number of some values in ascending order, their mean and standard deviation."""
    deviations = values.astype(np.float64)
    # From the median, which is within a standard deviation of the mean: no digits are lost.
    centre = deviations[values.size // 2]
    deviations -= centre
    mean = deviations.sum() / values.size
    variance = np.dot(deviations, deviations) / values.size - mean**2
    return values.size, centre + mean, np.sqrt(variance)


@np.errstate(over="ignore", invalid="ignore")
def _combined(moments: Sequence[Moments]) -> tuple[float, float]:
    """Return the mean and standard deviation of values from those of parts and their numbers."""
    numbers, means, stds = np.array(moments).T
    mean = means[0] + np.average(means - means[0], weights=numbers)
    variance = np.average(stds**2 + (means - mean) ** 2, weights=numbers)
    return float(mean), float(np.sqrt(variance))
