"""The distribution of many pixel values: values by rank, ranks by value, and moments.

Few pixels are sorted.  Many of 8 or 16 bits are counted value by value; all others get a code of
16 bits that never decreases with the value, the counts of the codes say which code has a rank, and
only the pixels of that code are sorted.  Results equal those of the sorted pixels; of a full frame
they take a fraction of the time.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..fits.chips import Pixels, finite_pixels
from .coded_pixels import CodedPixels, sums_of_deviations
from .stretch import codes_of, counts_of_codes, is_countable, possible_values
from .value_codes import NUMBER, ValueCoder

# Pixels that are sorted in less time than the tables of all codes take.
FEW = 1 << 17
# A variance below this part of the mean square of all values is not a difference of large sums.
CANCELLATION = 1e-6
# Codes by which a rehearsed range of values can differ from the real one.
MARGIN = 4
# The same for a median, at most: more pixels would be kept than further passes save.
MEDIAN_MARGIN = 48

Floats = npt.NDArray[np.float64]


class Distribution(Protocol):
    """Values in their order; ranks begin at 0."""

    @property
    def size(self) -> int:
        """Number of values."""

    def at(self, rank: int) -> float:
        """Return the value at a rank."""

    def near(self, rank: int) -> float:
        """Return a value near that at a rank, which never decreases with the rank."""

    def below(self, value: float) -> int:
        """Return the number of values that are smaller."""

    def up_to(self, value: float) -> int:
        """Return the number of values that are smaller or equal."""

    def moments(self, first: int, last: int) -> tuple[float, float]:
        """Return the mean and the standard deviation of the ranks from first to before last."""

    def joined(self, others: Sequence[Any]) -> "Distribution":
        """Return the distribution of these values and those of others of its class."""


class Sorted:
    """The distribution of few values.

    Parameters
    ----------
    values : numpy.ndarray
        The values in ascending order.
    """

    def __init__(self, values: Floats) -> None:
        self._values = values

    @classmethod
    @np.errstate(invalid="ignore")
    def of_pixels(cls, part: Pixels) -> "Sorted":
        """Return the distribution of the finite pixels of a part of an image."""
        return cls(np.sort(finite_pixels(part.ravel())).astype(np.float64))

    @property
    def size(self) -> int:
        """Number of values."""
        return self._values.size

    def at(self, rank: int) -> float:
        """Return the value at a rank."""
        return float(self._values[rank])

    near = at

    def below(self, value: float) -> int:
        """Return the number of values that are smaller."""
        return int(self._values.searchsorted(value, side="left"))

    def up_to(self, value: float) -> int:
        """Return the number of values that are smaller or equal."""
        return int(self._values.searchsorted(value, side="right"))

    @np.errstate(over="ignore", invalid="ignore")
    def moments(self, first: int, last: int) -> tuple[float, float]:
        """Return the mean and the standard deviation of the ranks from first to before last."""
        values = self._values[first:last]
        return float(values.mean()), float(values.std())

    def joined(self, others: "Sequence[Sorted]") -> "Sorted":
        """Return the distribution of these values and those of others."""
        values = np.concatenate([self._values, *(other._values for other in others)])
        # Of the kinds of sort, this one merges what is sorted.
        return Sorted(np.sort(values, kind="stable"))


class Counted:
    """The distribution of values of at most 16 bits.

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
        self._values, self._counts = values[present], counts[present]
        self._ranks = np.cumsum(self._counts)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(self._ranks[-1]) if self._ranks.size else 0

    def at(self, rank: int) -> float:
        """Return the value at a rank."""
        return float(self._values[self._ranks.searchsorted(rank, side="right")])

    near = at

    def below(self, value: float) -> int:
        """Return the number of values that are smaller."""
        return int(self._counts[: self._values.searchsorted(value, side="left")].sum())

    def up_to(self, value: float) -> int:
        """Return the number of values that are smaller or equal."""
        return int(self._counts[: self._values.searchsorted(value, side="right")].sum())

    def moments(self, first: int, last: int) -> tuple[float, float]:
        """Return the mean and the standard deviation of the ranks from first to before last."""
        low, high = self._ranks.searchsorted((first, last - 1), side="right")
        inside = slice(low, high + 1)
        values, ends = self._values[inside], self._ranks[inside]
        numbers = np.clip(ends, first, last) - np.clip(ends - self._counts[inside], first, last)
        mean = np.average(values, weights=numbers)
        variance = np.average((values - mean) ** 2, weights=numbers)
        return float(mean), float(np.sqrt(variance))

    def joined(self, others: "Sequence[Counted]") -> "Counted":
        """Return the distribution of these values and those of others of the same image."""
        values, counts = self._all
        return Counted(values, np.sum([counts, *(other._all[1] for other in others)], axis=0))


class _Rehearsal(Counted):
    """A distribution of one value for each code, which notes what is looked up.

    Attributes
    ----------
    margins : dict of int to int
        The codes of the values, each with the number of codes by which the real one can differ.
    inner : tuple of int
        The codes between which all moments were.
    """

    def __init__(self, counts: npt.NDArray[np.int64], coder: ValueCoder) -> None:
        super().__init__(coder.value(np.arange(counts.size)), counts)
        self._code = np.flatnonzero(counts)
        self.margins: dict[int, int] = {}
        self._median: int | None = None
        self.inner = (0, counts.size - 1)

    def at(self, rank: int) -> float:
        """Note a rank and return about the value there."""
        self._note(int(self._code[self._ranks.searchsorted(rank, side="right")]))
        return super().at(rank)

    def near(self, rank: int) -> float:
        """Return about the value at a rank."""
        return super().at(rank)

    def below(self, value: float) -> int:
        """Note a value and return about the number of smaller values."""
        place = int(self._values.searchsorted(value))
        for code in self._code[max(0, place - 1) : place + 1].tolist():
            self._note(code)
        return super().below(value)

    def moments(self, first: int, last: int) -> tuple[float, float]:
        """Note a range and return about its mean and standard deviation."""
        ranks = (first, (first + last) // 2, last - 1)
        low, middle, high = self._code[self._ranks.searchsorted(ranks, side="right")].tolist()
        moved = 0 if self._median is None else abs(middle - self._median)
        # The further clipping moves the median, the further it can be from the rehearsed one.
        self._note(middle, min(moved // 2, MEDIAN_MARGIN))
        self._median = middle
        self.inner = (max(self.inner[0], low), min(self.inner[1], high))
        return super().moments(first, last)

    def _note(self, code: int, margin: int = 1) -> None:
        self.margins[code] = max(margin, self.margins.get(code, 0))


class Coded:
    """The distribution of values with codes.

    Parameters
    ----------
    pieces : sequence of CodedPixels
        The values, all with codes of the same coder.
    """

    def __init__(self, pieces: Sequence[CodedPixels]) -> None:
        self.pieces, self._coder = pieces, pieces[0].coder
        self._counts = np.sum([piece.counts for piece in pieces], axis=0)
        self._ranks = np.cumsum(self._counts)
        self._begins = self._ranks - self._counts
        self._members: dict[int, Pixels] = {}

    @property
    def size(self) -> int:
        """Number of values."""
        return int(self._ranks[-1])

    def rehearse(self, look_up: Callable[[Distribution], object]) -> npt.NDArray[np.bool_]:
        """Return the codes, as a mask, of which a function will look up values."""
        wanted = np.zeros(NUMBER, bool)
        if self.size:
            rehearsal = _Rehearsal(self._counts, self._coder)
            look_up(rehearsal)
            for code, margin in rehearsal.margins.items():
                wanted[max(0, code - margin) : code + margin + 1] = True
            low, high = rehearsal.inner
            wanted[: low + MARGIN] = wanted[max(0, high - MARGIN) :] = True
        return wanted

    def at(self, rank: int) -> float:
        """Return the value at a rank."""
        code = self._code(rank)
        return float(self._sorted(code)[rank - self._begins[code]])

    def joined(self, others: "Sequence[Coded]") -> "Coded":
        """Return the distribution of these values and those of others of the same coder."""
        return Coded([piece for each in (self, *others) for piece in each.pieces])

    def near(self, rank: int) -> float:
        """Return a value near that at a rank, which never decreases with the rank."""
        return float(self._coder.value(self._code(rank)))

    def below(self, value: float) -> int:
        """Return the number of values that are smaller."""
        return self._rank(value, "left")

    def up_to(self, value: float) -> int:
        """Return the number of values that are smaller or equal."""
        return self._rank(value, "right")

    def moments(self, first: int, last: int) -> tuple[float, float]:
        """Return the mean and the standard deviation of the ranks from first to before last."""
        low, high = self._code(first), self._code(last - 1)
        begin, end = first - int(self._begins[low]), last - int(self._begins[high])
        centre = self._coder.centre
        whole = np.sum([piece.sums for piece in self.pieces], axis=0)
        beyond = np.sum([piece.sums_beyond(low, high) for piece in self.pieces], axis=0)
        partly = [self._sorted(low)[:begin], self._sorted(high)[end:]]
        removed = np.sum([sums_of_deviations(each, centre) for each in partly], axis=0)
        total, squares = whole - beyond - removed
        mean = total / (last - first)
        variance = squares / (last - first) - mean**2
        if not variance > CANCELLATION * whole[1] / (last - first):
            # The difference of large sums has lost its digits.
            return self._moments(low, high, begin, end)
        return float(centre + mean), float(np.sqrt(variance))

    def _moments(self, low: int, high: int, begin: int, end: int) -> tuple[float, float]:
        """Return the same from the values alone, between places in the first and last code."""
        if low == high:
            kept = [self._sorted(low)[begin:end]]
            if kept[0][0] == kept[0][-1]:
                # All are equal: they are sorted.
                return float(kept[0][0]) + 0.0, 0.0
        else:
            kept = [self._sorted(low)[begin:], self._sorted(high)[:end]]
            kept += [piece.between(low, high) for piece in self.pieces]
        number = sum(each.size for each in kept)
        centre = float(kept[0][-1])
        mean = (
            centre + np.sum([sums_of_deviations(each, centre) for each in kept], axis=0)[0] / number
        )
        squares = np.sum([sums_of_deviations(each, mean) for each in kept], axis=0)[1]
        return float(mean), float(np.sqrt(squares / number))

    def _code(self, rank: int) -> int:
        return int(self._ranks.searchsorted(rank, side="right"))

    def _sorted(self, code: int) -> Pixels:
        if code not in self._members:
            members = [piece.members(code) for piece in self.pieces]
            found = np.concatenate(members) if members[1:] else members[0]
            # All pixels of a constant image have one code, and millions of a bias one value.
            is_constant = not np.ptp(found)
            self._members[code] = (
                np.broadcast_to(found[:1], found.shape) if is_constant else np.sort(found)
            )
        return self._members[code]

    def _rank(self, value: float, side: Any) -> int:
        code = int(self._coder.codes(np.array([value]))[0])
        within = 0
        if self._ranks[code] > self._begins[code]:
            # In float64, to which numpy would not promote values of float32 for a Python float.
            within = int(self._sorted(code).searchsorted(np.float64(value), side=side))
        return int(self._begins[code]) + within


def distributions(parts: Sequence[Pixels], few: int = FEW) -> list[Distribution]:
    """Return the distributions of the finite pixels of parts of an image.

    Parameters
    ----------
    parts : sequence of numpy.ndarray
        Physical values, of two dimensions.
    few : int
        The largest number of pixels that are sorted.

    Returns
    -------
    list of Distribution
        One for each part; `joined` joins them.
    """
    if sum(part.size for part in parts) <= few:
        return [Sorted.of_pixels(part) for part in parts]
    if len({part.dtype for part in parts}) == 1 and is_countable(parts[0]):
        return _counted(parts)
    coder = ValueCoder.of_image(parts)
    return [Coded([CodedPixels(part, coder)]) for part in parts]


def _counted(parts: Sequence[Pixels]) -> list[Distribution]:
    """Return the distributions of pixels of one type of at most 16 bits."""
    counts = [counts_of_codes(codes_of(part)) for part in parts]
    present = np.flatnonzero(np.sum(counts, axis=0))
    values = possible_values(parts[0])[present].astype(np.float64)
    order = np.argsort(values)
    return [Counted(values[order], each[present[order]]) for each in counts]


def joined(parts: Sequence[Distribution]) -> Distribution:
    """Return the distribution of the values of several, all from one call of `distributions`."""
    first, *others = parts
    return first.joined(others) if others else first


def prepare(look_ups: Sequence[tuple[Distribution, Callable[[Distribution], object]]]) -> None:
    """Find the pixels that functions will look up in distributions, in one pass.

    They are rehearsed with the counts of the codes alone, and what they look up then is found for
    all distributions together.  A look-up of anything else is right as well, but takes a pass.

    Parameters
    ----------
    look_ups : sequence of (Distribution, callable)
        Distributions of one call of `distributions`, or joined ones, and the function that will
        be called with each.
    """
    wanted: dict[CodedPixels, list[npt.NDArray[np.bool_]]] = {}
    for values, look_up in look_ups:
        if isinstance(values, Coded):
            codes = values.rehearse(look_up)
            for piece in values.pieces:
                wanted.setdefault(piece, []).append(codes)
    for piece, each in wanted.items():
        piece.find(np.any(each, axis=0))
