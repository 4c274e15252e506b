"""Limits that the viewer offers for the stretch of an image: extremes, percentiles and zscale.

Strips of the image are added as they are read for another purpose.  Extremes are those of all
pixels; percentiles and zscale come from an even sample, which has the same values to within the
noise and costs a fraction of a sort.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import PreviewError
from ..fits.chips import Pixels, finite_pixels
from .stretch import HIGH_PERCENTS

# Pixels of the sample: above the 99.9th percentile are 260 of them.
SAMPLE = 1 << 18
# Pixels of it from which zscale is computed.
ZSCALE_SAMPLE = 10_000
# Central percentages of the pixels between the limits.
PERCENTAGES = (99.8, 99.0, 98.0, 95.0, 90.0)


@dataclass(frozen=True)
class Limits:
    """Pixel values that can be shown as black and white; all zero if no pixel is finite.

    Attributes
    ----------
    pixels, finite, sampled : int
        Numbers of all pixels, of finite ones, and of those in the sample.
    minmax : tuple of float
        Minimum and maximum of all finite pixels.
    zscale : tuple of float
        Limits of the zscale algorithm, from the sample.
    percentiles : mapping
        A pair of limits for each of `PERCENTAGES`, from the sample.

    Notes
    -----
    Where both limits of `zscale` or `percentiles` would be equal, the higher one is the lowest of
    `acsql.images.stretch.HIGH_PERCENTS` that differs, or the maximum.
    """

    pixels: int
    finite: int
    sampled: int
    minmax: tuple[float, float]
    zscale: tuple[float, float]
    percentiles: Mapping[str, tuple[float, float]]


class LimitsBuilder:
    """The limits of an image whose pixels are added strip by strip.

    Parameters
    ----------
    pixels : int
        Number of all pixels that will be added.
    share : int
        The samples are smaller by this factor, for limits that are needed at once and soon
        replaced.
    """

    def __init__(self, pixels: int, share: int = 1) -> None:
        self._pixels = pixels
        self._zscale_sample = ZSCALE_SAMPLE // share
        # An odd step does not keep to a few columns of a chip whose width is a power of two.
        self._every = pixels * share // SAMPLE | 1
        self._skip = self._finite = 0
        self._samples: list[Pixels] = []
        self._extremes: list[float] = []

    @np.errstate(invalid="ignore")
    def add(self, strip: Pixels) -> None:
        """Add pixels.

        Parameters
        ----------
        strip : numpy.ndarray, shape (rows, width)
            Physical values, of any real type; there may be no rows.
        """
        flat = strip.reshape(-1)
        if not flat.size:
            return
        self._samples.append(finite_pixels(flat[self._skip :: self._every]))
        self._skip = (self._skip - flat.size) % self._every
        finite = np.isfinite(flat)
        self._finite += int(np.count_nonzero(finite))
        # These ignore NaN, which spares a copy; infinite values are rare.
        extremes = [float(reduce(flat)) for reduce in (np.fmin.reduce, np.fmax.reduce)]
        if not np.isfinite(extremes).all():
            values = flat[finite]
            extremes = [float(values.min()), float(values.max())] if values.size else []
        self._extremes += extremes

    def build(self, filename: str) -> Limits:
        """Return the limits of all pixels that were added.

        Parameters
        ----------
        filename : str
            Name of the file for error messages.

        Returns
        -------
        Limits
            In the unit of the image.

        Raises
        ------
        PreviewError
            If the range of the values exceeds that of a float64.
        """
        low, high = min(self._extremes, default=0.0), max(self._extremes, default=0.0)
        if not math.isfinite(high - low):
            raise PreviewError(f"{filename}: its pixel values are too far apart to be shown")
        sample = np.concatenate(self._samples).astype(np.float64)
        if not sample.size:
            sample = np.array([low, high])
        return Limits(
            pixels=self._pixels,
            finite=self._finite,
            sampled=sample.size,
            minmax=(low, high),
            zscale=_apart(_zscale(sample, self._zscale_sample), sample, high),
            percentiles={
                part: _apart(pair, sample, high) for part, pair in _percentiles(sample).items()
            },
        )


def _percentiles(sample: npt.NDArray[np.float64]) -> dict[str, tuple[float, float]]:
    tails = np.array([[(100 - part) / 2, (100 + part) / 2] for part in PERCENTAGES])
    pairs = np.percentile(sample, tails).tolist()
    return {f"{part:g}": (low, high) for part, (low, high) in zip(PERCENTAGES, pairs, strict=True)}


def _zscale(sample: npt.NDArray[np.float64], size: int) -> tuple[float, float]:
    # Imported late: it imports matplotlib if that is installed, which creates a folder.
    from astropy.visualization import ZScaleInterval

    low, high = ZScaleInterval(n_samples=size).get_limits(sample)
    return float(low), float(high)


def _apart(
    limits: tuple[float, float], sample: npt.NDArray[np.float64], maximum: float
) -> tuple[float, float]:
    """Return limits that differ, if pixels do: the higher one is chosen as for previews."""
    low, high = limits
    if low != high:
        return limits
    higher = (*np.percentile(sample, HIGH_PERCENTS).tolist(), maximum)
    return low, next((each for each in higher if each > low), high)
