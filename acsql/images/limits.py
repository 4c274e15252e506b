"""Limits that the viewer offers for the stretch of an image: extremes, percentiles and zscale.

The image is read once in strips.  Extremes are those of all pixels; percentiles and zscale come
from an even sample, which has the same values to within the noise and costs a fraction of a sort.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..errors import PreviewError
from ..fits.chips import Pixels, finite_pixels
from .planes import Plane
from .stretch import HIGH_PERCENTS

# Pixels of the sample: above the 99.9th percentile are 260 of them.
SAMPLE = 1 << 18
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


@np.errstate(invalid="ignore")
def read_limits(file: BinaryIO, filename: str, plane: Plane) -> Limits:
    """Return the limits of an image.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.

    Returns
    -------
    Limits
        In the unit of the image.

    Raises
    ------
    PreviewError
        If the file is truncated, or the range of its values exceeds that of a float64.
    OSError
        If the system cannot read the file.
    """
    # An odd step does not keep to a few columns of a chip whose width is a power of two.
    every = plane.pixels // SAMPLE | 1
    samples: list[Pixels] = []
    lows: list[float] = []
    highs: list[float] = []
    finite = skip = 0
    for strip in plane.chip_strips(file, filename):
        flat = strip.reshape(-1)
        samples.append(finite_pixels(flat[skip::every]))
        skip = (skip - flat.size) % every
        values = finite_pixels(flat)
        if values.size:
            finite += values.size
            lows.append(float(values.min()))
            highs.append(float(values.max()))
    sample = np.concatenate(samples).astype(np.float64)
    low, high = (min(lows), max(highs)) if lows else (0.0, 0.0)
    if not math.isfinite(high - low):
        raise PreviewError(f"{filename}: its pixel values are too far apart to be shown")
    if not sample.size:
        sample = np.array([low, high])
    return Limits(
        pixels=plane.pixels,
        finite=finite,
        sampled=sample.size,
        minmax=(low, high),
        zscale=_apart(_zscale(sample), sample, high),
        percentiles={
            part: _apart(pair, sample, high) for part, pair in _percentiles(sample).items()
        },
    )


def _percentiles(sample: npt.NDArray[np.float64]) -> dict[str, tuple[float, float]]:
    tails = np.array([[(100 - part) / 2, (100 + part) / 2] for part in PERCENTAGES])
    pairs = np.percentile(sample, tails).tolist()
    return {f"{part:g}": (low, high) for part, (low, high) in zip(PERCENTAGES, pairs, strict=True)}


def _zscale(sample: npt.NDArray[np.float64]) -> tuple[float, float]:
    # Imported late: it imports matplotlib if that is installed, which creates a folder.
    from astropy.visualization import ZScaleInterval

    low, high = ZScaleInterval(n_samples=10_000).get_limits(sample)
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
