"""A second rendition of an image for people: asinh or zscale, by the statistics of its pixels.

The linear rendition of previews is for measuring by eye, and hides faint structure around bright
stars.  An image whose bright pixels are far above the noise of its background is shown with asinh,
in which the noise stays visible and cores do not saturate; any other, such as a bias or a flat, is
shown linearly between the limits of zscale.  It is made on demand, and smaller than a preview.
"""

import math
from io import BytesIO

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from PIL import Image

from ..fits.chips import Pixels, finite_pixels
from . import stretch
from .preview import THUMBNAIL_SIZE, read_chips

# The names of both renditions.
LINEAR, ADAPTIVE = "linear", "adaptive"
# The longer side in pixels; a WFC frame is halved.
MAX_SIDE = 2048
# Pixels of the sample from which statistics come: above the 99.8th percentile are 524 of them.
SAMPLE = 1 << 18
# Below the background is black, in standard deviations; the percentile that is white.
BLACK_SIGMA, WHITE_PERCENT = 1.5, 99.8
# The standard deviations between black and white from which on asinh is used, and those up to which
# asinh is nearly linear.
ASINH_FROM_SIGMA, LINEAR_TO_SIGMA = 25.0, 2.0
QUALITY = 80
# Rows that are scaled at once, so that little beside the image is in memory.
ROWS = 64


def adaptive(
    hdus: fits.HDUList, filename: str, extname: str = "SCI", weights: str | None = None
) -> bytes:
    """Return the adaptive rendition of an image.

    Parameters
    ----------
    hdus : HDUList
        An open file, opened with any options; its data must not have been accessed.
    filename : str
        Name of the file for error messages.
    extname : str
        Name of the extensions to show.
    weights : str, optional
        As for `acsql.images.preview.read_chips`.

    Returns
    -------
    bytes
        A JPEG whose longer side has at most `MAX_SIDE` pixels, the right way up.

    Raises
    ------
    PreviewError
        If the image cannot be shown.
    OSError
        If the file cannot be read.
    """
    chips = read_chips(hdus, filename, extname, weights)
    picture = Image.fromarray(to_grey(chips, filename))
    factor = math.ceil(max(picture.size) / MAX_SIDE)
    return _jpeg(picture.reduce(factor) if factor > 1 else picture)


def thumbnail(jpeg: bytes) -> bytes:
    """Return the thumbnail of a picture.

    Parameters
    ----------
    jpeg : bytes
        The picture.

    Returns
    -------
    bytes
        A JPEG whose longer side has at most `acsql.images.preview.THUMBNAIL_SIZE` pixels.
    """
    with Image.open(BytesIO(jpeg)) as picture:
        picture.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE), Image.Resampling.LANCZOS)
        return _jpeg(picture)


def to_grey(chips: list[Pixels], filename: str) -> npt.NDArray[np.uint8]:
    """Return the adaptive picture of an image.

    Parameters
    ----------
    chips : list of numpy.ndarray, shape (rows, width)
        Physical values, the bottom chip first.
    filename : str
        Name of the file for error messages.

    Returns
    -------
    numpy.ndarray of uint8, shape (all rows, width)
        The picture, top row first; pixels that are not finite are 0.

    Raises
    ------
    PreviewError
        If no pixel is finite.
    """
    # Imported late: it imports matplotlib if that is installed, which creates a folder.
    from astropy.stats import sigma_clipped_stats
    from astropy.visualization import ZScaleInterval

    linear = stretch.percentile_limits(chips, filename)
    every = sum(chip.size for chip in chips) // SAMPLE | 1
    sample = np.concatenate([finite_pixels(chip.reshape(-1)[::every]) for chip in chips])
    sample = sample.astype(np.float64)
    _, background, sigma = sigma_clipped_stats(sample)
    low, high = background - BLACK_SIGMA * sigma, np.percentile(sample, WHITE_PERCENT)
    if linear.is_sparse or not sigma > 0:
        return stretch.to_grey(chips, linear.low, linear.high)
    if high - low < ASINH_FROM_SIGMA * sigma:
        return stretch.to_grey(chips, *map(float, ZScaleInterval().get_limits(sample)))
    return _asinh(chips, low, high, LINEAR_TO_SIGMA * sigma)


@np.errstate(invalid="ignore", over="ignore")
def _asinh(chips: list[Pixels], low: float, high: float, softening: float) -> npt.NDArray[np.uint8]:
    """Return a picture with ``asinh((x - low) / softening)``, scaled to 255 at `high`."""
    scale = np.float32(255 / np.arcsinh((high - low) / softening))
    strips = []
    for chip in chips:
        for first in range(0, len(chip), ROWS):
            values = chip[first : first + ROWS].astype(np.float32)
            values -= np.float32(low)
            values /= np.float32(softening)
            np.arcsinh(values, out=values)
            values *= scale
            np.clip(values, 0, 255, out=values)
            values[~np.isfinite(chip[first : first + ROWS])] = 0
            strips.append(np.rint(values).astype(np.uint8))
    return np.concatenate(strips)[::-1]


def _jpeg(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
