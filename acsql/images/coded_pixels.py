"""The finite pixels of a part of an image, found by the codes of their values.

The image is read chunk by chunk, so that each chunk stays in a processor's cache and nothing as
large as the image is kept beside it: the codes are computed in each pass.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..fits.chips import Pixels
from .value_codes import NUMBER, Codes, ValueCoder, finite_values

# Pixels per chunk: 1 MB of float64.
CHUNK = 1 << 17
# Numbers of which OpenBLAS computes a dot product in the thread that calls it: up to 10,000.
# https://github.com/OpenMathLib/OpenBLAS/blob/develop/kernel/x86_64/ddot.c
UNTHREADED = 1 << 13


class CodedPixels:
    """Finite pixels in the order of the image, and the codes of their values.

    Parameters
    ----------
    part : numpy.ndarray
        A part of an image, of two dimensions.
    coder : ValueCoder
        Gives the pixels their codes.

    Attributes
    ----------
    coder : ValueCoder
        As given.
    counts : numpy.ndarray of int
        How often each code occurs.
    sums : tuple of float
        The sums of the deviations of all pixels from the centre of `coder`, and of their squares.
    """

    def __init__(self, part: Pixels, coder: ValueCoder) -> None:
        self._part, self.coder = part, coder
        self.counts = np.zeros(NUMBER, np.int64)
        total = squares = 0.0
        for values, codes in self._chunks():
            self.counts += np.bincount(codes, minlength=self.counts.size)
            sums = sums_of_deviations(values, coder.centre)
            total, squares = total + sums[0], squares + sums[1]
        self.sums = total, squares
        self._centre_code = int(coder.codes(np.array([coder.centre]))[0])
        self._repeated = self._repeated_centre()
        self.find(np.zeros(self.counts.size, bool))

    def find(self, wanted: npt.NDArray[np.bool_]) -> None:
        """Find the pixels of many codes in one pass, for `members` and `sums_beyond`.

        Parameters
        ----------
        wanted : numpy.ndarray of bool
            Whether each code is wanted.
        """
        ordered = wanted.copy()
        if self._repeated is not None:
            # They are known, and their deviations are 0.
            ordered[self._centre_code] = False
        # Where the pixels of each code begin and end among those kept.
        numbers = np.where(ordered, self.counts, 0)
        self._ends = np.cumsum(numbers)
        self._begins = self._ends - numbers
        kept = np.empty(self._ends[-1], finite_values(self._part[:0]).dtype)
        kept_codes = np.empty(kept.size, np.uint16)
        end = 0
        for values, codes in self._chunks() if kept.size else ():
            # All codes are in the mask: "wrap" only saves numpy a buffered check.
            found = np.flatnonzero(ordered.take(codes, mode="wrap"))
            begin, end = end, end + found.size
            values.take(found, out=kept[begin:end], mode="clip")
            codes.take(found, out=kept_codes[begin:end], mode="clip")
        order = np.argsort(kept_codes, kind="stable")
        self._wanted, self._kept = wanted, kept[order]
        self._sums = self._cumulated_sums(kept_codes[order])

    def members(self, code: int) -> Pixels:
        """Return the pixels of a code."""
        if code == self._centre_code and self._repeated is not None:
            return self._repeated
        if not self._wanted[code]:
            return self._pixels(code, code)
        found: Pixels = self._kept[self._begins[code] : self._ends[code]]
        return found

    def sums_beyond(self, first: int, last: int) -> npt.NDArray[np.float64]:
        """Return the sums, as in `sums`, of the pixels whose code is outside of a range.

        Parameters
        ----------
        first, last : int
            The codes at both ends of the range, which includes them.
        """
        if self._wanted[:first].all() and self._wanted[last + 1 :].all():
            sums: npt.NDArray[np.float64] = self._sums[:, first] - self._sums[:, last + 1]
            sums += self._sums[:, -1]
        else:
            outside = (self._pixels(0, first - 1), self._pixels(last + 1, self.counts.size))
            centre = self.coder.centre
            sums = np.sum([sums_of_deviations(each, centre) for each in outside], axis=0)
        return sums

    def between(self, first: int, last: int) -> Pixels:
        """Return the pixels whose code is strictly inside of a range."""
        return self._pixels(first + 1, last - 1)

    def _repeated_centre(self) -> Pixels | None:
        """Return the pixels of the centre's code if they are most of all, and the same bit for bit.

        Frames with few counts consist of them: to order a million zeros takes most of the time.
        """
        number = int(self.counts[self._centre_code])
        if 2 * number <= self.counts.sum():
            return None
        centre = np.asarray(self.coder.centre, finite_values(self._part[:0]).dtype)
        # As integers, because 0 equals -0.
        bits = f"u{centre.dtype.itemsize}"
        same = (np.count_nonzero(v.view(bits) == centre.view(bits)) for v, _ in self._chunks())
        return np.broadcast_to(centre, number) if sum(same) == number else None

    def _pixels(self, first: int, last: int) -> Pixels:
        """Return the pixels whose code is in an inclusive range, in a pass of their own."""
        found = [finite_values(self._part[:0])]
        for values, codes in self._chunks():
            found.append(values[(codes >= first) & (codes <= last)])
        return np.concatenate(found)

    @np.errstate(over="ignore", invalid="ignore")
    def _cumulated_sums(self, codes: Codes) -> npt.NDArray[np.float64]:
        """Return the sums, as in `sums`, of the kept pixels of the first 0, 1, 2 ... codes."""
        number = self.counts.size
        sums = np.zeros((2, number + 1))
        for first in range(0, codes.size, CHUNK):
            chunk = slice(first, first + CHUNK)
            deviations = self._kept[chunk].astype(np.float64) - self.coder.centre
            sums[0, 1:] += np.bincount(codes[chunk], deviations, number)
            sums[1, 1:] += np.bincount(codes[chunk], deviations**2, number)
        return np.cumsum(sums, axis=1)

    def _chunks(self) -> Iterator[tuple[Pixels, Codes]]:
        """Yield the finite pixels of some rows, and their codes."""
        rows, width = self._part.shape
        step = max(1, CHUNK // max(1, width))
        for first in range(0, rows, step):
            values = finite_values(self._part[first : first + step])
            yield values, self.coder.codes(values)


@np.errstate(over="ignore", invalid="ignore")
def sums_of_deviations(values: Pixels, centre: float) -> tuple[float, float]:
    """Return the sum of the deviations from a value, and of their squares.

    Parameters
    ----------
    values : numpy.ndarray
        Of one dimension.
    centre : float
        The value.
    """
    total = squares = 0.0
    for first in range(0, values.size, CHUNK):
        deviations = values[first : first + CHUNK].astype(np.float64)
        deviations -= centre
        total += float(deviations.sum())
        for at in range(0, deviations.size, UNTHREADED):
            piece = deviations[at : at + UNTHREADED]
            squares += float(np.dot(piece, piece))
    return total, squares
