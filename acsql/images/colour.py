"""Colour images of three drizzled images of one field: Lupton et al. (2004, PASP 116, 133).

Drizzled images have no distortion, so each is a tangent projection of the sky, and any two of those
are related by a homography, which four corners determine exactly.  Pillow applies it; a general
reprojection would need far heavier libraries and give the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from PIL import Image

from ..errors import PreviewError
from ..fits.chips import finite_pixels, image_hdus
from ..fits.wcs import TangentWCS, read_usable_wcs
from .preview import read_chips

# The longer side of a colour image in pixels.
MAX_SIDE = 2048
# Pixels of a layer from which its background and brightness are measured.
SAMPLE = 1 << 18
# The brightness of a layer is this percentile above its background, but at least this number
# of standard deviations of the noise, so that a layer without sources shows no coloured noise.
BRIGHT_PERCENT, LEAST_SIGMA = 99.5, 10.0
# The parameters of the stretch, in units of that brightness: an intensity of three is white, and
# the faintest that is visible is a twentieth.
LUPTON_STRETCH, LUPTON_Q = 0.2, 5.0
QUALITY = 85

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """One of the three images, reduced to the size of a colour image.

    Attributes
    ----------
    filename : str
        Its file.
    values : numpy.ndarray of float32, shape (height, width)
        The bottom row first; NaN without data.
    factor : int
        Pixels of the file along the side of a pixel of `values`.
    wcs : TangentWCS
        The world coordinates of the file, without distortion.
    """

    filename: str
    values: Floats
    factor: int
    wcs: TangentWCS


def read_layer(hdus: fits.HDUList, filename: str, extname: str, weights: str | None) -> Layer:
    """Read a drizzled image.

    Parameters
    ----------
    hdus : HDUList
        An open file, opened with any options; its data must not have been accessed.
    filename : str
        Name of the file for error messages.
    extname : str
        Name of its image extension.
    weights : str, optional
        Name of the extension with its weights.

    Returns
    -------
    Layer
        The image, reduced.

    Raises
    ------
    PreviewError
        If it is not one image in a tangent projection without distortion.
    OSError
        If the file cannot be read.
    """
    wcs = read_usable_wcs(image_hdus(hdus, extname, filename)[0].header)
    chips = read_chips(hdus, filename, extname, weights)
    if len(chips) > 1 or wcs is None or wcs.a is not None:
        raise PreviewError(f"{filename}: colour images are made of drizzled images alone")
    image = Image.fromarray(chips[0].astype(np.float32, copy=False))
    factor = math.ceil(max(image.size) / MAX_SIDE)
    return Layer(filename, np.asarray(image.reduce(factor)), factor, wcs)


def compose(red: Layer, green: Layer, blue: Layer) -> npt.NDArray[np.uint8]:
    """Return the colour image of three layers, on the pixels of the green one.

    Parameters
    ----------
    red, green, blue : Layer
        Images of one field, the longest wavelength first.

    Returns
    -------
    numpy.ndarray of uint8, shape (height, width, 3)
        The top row first; black where a layer has no data.

    Raises
    ------
    PreviewError
        If one of the layers does not cover the green one anywhere.
    """
    # Imported late: it imports matplotlib if that is installed, which creates a folder.
    from astropy.visualization import make_lupton_rgb

    aligned = [align(red, green), green.values, align(blue, green)]
    missing = ~np.isfinite(aligned).all(axis=0)
    if missing.all():
        names = ", ".join(layer.filename for layer in (red, green, blue))
        raise PreviewError(f"{names} have no part of the sky in common")
    scaled = [np.where(missing, 0, _in_brightness(values)) for values in aligned]
    # Where no layer is bright, astropy divides by zero before it leaves the result out.
    with np.errstate(divide="ignore", invalid="ignore"):
        rgb: npt.NDArray[np.uint8] = make_lupton_rgb(*scaled, stretch=LUPTON_STRETCH, Q=LUPTON_Q)
    return rgb[::-1]


def align(layer: Layer, onto: Layer) -> Floats:
    """Return a layer on the pixels of another one.

    Parameters
    ----------
    layer, onto : Layer
        Images of one field.

    Returns
    -------
    numpy.ndarray of float32, of the shape of `onto`
        Interpolated linearly; NaN outside of `layer`.
    """
    height, width = onto.values.shape
    places = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    # Pillow counts from the corner of the first pixel, astropy from its centre.
    sky = onto.wcs.to_astropy().wcs_pix2world(places * onto.factor - 0.5, 0)
    sources = (layer.wcs.to_astropy().wcs_world2pix(sky, 0) + 0.5) / layer.factor
    aligned = Image.fromarray(layer.values).transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        _homography(places, sources),
        Image.Resampling.BILINEAR,
        fillcolor=math.nan,
    )
    return np.asarray(aligned)


def to_jpeg(rgb: npt.NDArray[np.uint8]) -> bytes:
    """Return a colour image as a JPEG."""
    buffer = BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _homography(places: npt.NDArray[Any], sources: npt.NDArray[Any]) -> Sequence[float]:
    """Return the homography that maps four places to their sources, as Pillow takes it."""
    rows = []
    for (x, y), (u, v) in zip(places, sources, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    coefficients: list[float] = np.linalg.solve(rows, sources.ravel()).tolist()
    return coefficients


def _in_brightness(values: Floats) -> Floats:
    """Return a layer above its background, in units of its bright pixels."""
    from astropy.stats import sigma_clipped_stats

    flat = values.reshape(-1)
    sample = finite_pixels(flat[:: flat.size // SAMPLE | 1]).astype(np.float64)
    if not sample.size:
        sample = finite_pixels(flat).astype(np.float64)
    _, background, sigma = sigma_clipped_stats(sample)
    bright = max(np.percentile(sample, BRIGHT_PERCENT) - background, LEAST_SIGMA * sigma)
    scaled: Floats = (values - np.float32(background)) / np.float32(bright or 1)
    return scaled
