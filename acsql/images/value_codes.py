"""Codes of 16 bits for pixel values, which never decrease with the value.

Counts of codes say near which value a rank is.  Each step of the calculation is rounded
monotonically, so that all values with a smaller code than another are smaller than it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..fits.chips import Pixels, finite_pixels

# Pixels of the sample that decides which values share a code, and the percentiles between which
# they share the fewest: the lowest, the centre, the highest.
SAMPLE = 10_000
CENTRAL = (0.5, 50, 99.5)
# The number of codes; with fewer, more pixels share a code and must be sorted.
NUMBER = 1 << 16
# Codes of the values between the lowest and the highest; one more is for all below, and one for
# all above.
CODES = NUMBER - 2

Codes = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class ValueCoder:
    """The codes of values.

    A value of more digits than `low` gets the code of the nearest value of its type.

    Attributes
    ----------
    low : numpy.floating
        The value of code 1.
    scale : numpy.floating
        Codes for a difference of 1.
    centre : float
        A value in the middle of the values.
    """

    low: np.floating[Any]
    scale: np.floating[Any]
    centre: float

    @classmethod
    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def of_image(cls, parts: Sequence[Pixels]) -> "ValueCoder":
        """Return codes that tell the finite values of an image apart.

        Parameters
        ----------
        parts : sequence of numpy.ndarray
            The pixels, all of one type.
        """
        step = sum(part.size for part in parts) // SAMPLE | 1
        sample = finite_values(np.concatenate([part.flat[::step] for part in parts]))
        type_ = sample.dtype.type
        if not sample.size:
            return cls(type_(0), type_(1), 0.0)
        low, centre, high = (type_(value) for value in np.percentile(sample, CENTRAL))
        if low == high:
            low, high = sample.min(), sample.max()
        scale = type_(CODES / (np.float64(high) - np.float64(low)))
        return cls(low, scale if 0 < scale < np.inf else type_(1), float(centre))

    @np.errstate(over="ignore", invalid="ignore")
    def codes(self, values: Pixels) -> Codes:
        """Return the codes of values."""
        scaled = values.astype(self.low.dtype, copy=False) - self.low
        scaled *= self.scale
        scaled += 1
        np.clip(scaled, 0, CODES + 1, out=scaled)
        codes: Codes = scaled.astype(np.uint16)
        return codes

    @np.errstate(over="ignore", invalid="ignore")
    def value(self, code: Any) -> Any:
        """Return a value near those of a code, or of several; infinite beyond all values."""
        return float(self.low) + (code - 1) / float(self.scale)


@np.errstate(invalid="ignore")
def finite_values(part: Pixels) -> Pixels:
    """Return the finite pixels of a part of an image, of one dimension and a floating type."""
    kept = finite_pixels(part.ravel())
    return kept if kept.dtype.kind == "f" else kept.astype(np.float64)
