"""Profiles of an image: along a line, and around a star with its curve of growth.

A line cut has the pixels themselves, at steps of at most one pixel: an interpolated value would
be none that the detector measured.  Radial profiles and growth come from `photutils`, with exact
overlaps of circles and pixels.
"""

import math
import warnings
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from astropy.utils.exceptions import AstropyWarning

from ..errors import QueryError
from ..fits.chips import Pixels
from .cutout import Region, clip, read_cutout
from .planes import Plane

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Pixels: 5 arcsec of WFC, which hold 98 % of a star's light (Sirianni et al. 2005, table 3: 3").
MAX_RADIUS = 100
# The radius of the profile at a point, in pixels.
POINT_RADIUS = 15
# The sky of a radial profile is the median from this many radii to `_SKY_OUTER` radii.
_SKY_INNER = 1.0
_SKY_OUTER = 1.5
# Pixels around the given place within which a star's centroid is sought: the full width of the
# undersampled core is 2 pixels.
_CENTROID_RADIUS = 4


@dataclass(frozen=True)
class LineCut:
    """The pixels along a line.

    Attributes
    ----------
    distance : tuple of float
        From the start of the line, in pixels.
    x, y : tuple of int
        The pixels, the first pixel 0.
    values : tuple of float
        In the unit of the image, None off the image or without a value.
    """

    distance: tuple[float, ...]
    x: tuple[int, ...]
    y: tuple[int, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class RadialProfile:
    """A star: its radial profile and curve of growth.

    Attributes
    ----------
    x, y : float
        The centre, the first pixel 0.
    radius, mean : tuple of float
        Middles of annuli of one pixel, and the mean value in each, in the unit of the image.
    aperture, total : tuple of float
        Radii of circles, and the sum in each without the sky.
    sky : float
        Median of the annulus from one to one and a half radii, per pixel.
    fwhm : float or None
        Full width at half maximum of the Gaussian that fits the profile, in pixels.
    """

    x: float
    y: float
    radius: tuple[float, ...]
    mean: tuple[float | None, ...]
    aperture: tuple[float, ...]
    total: tuple[float | None, ...]
    sky: float
    fwhm: float | None


def read_profile(
    file: BinaryIO, filename: str, plane: Plane, region: Any
) -> LineCut | RadialProfile:
    """Return the profile that a region stands for.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    region : regions.PixelRegion
        A line, a circle, or a point for a circle of `POINT_RADIUS`.

    Returns
    -------
    LineCut or RadialProfile
        Of a line, or of a circle or point.

    Raises
    ------
    QueryError
        If the region is of another shape, or off the image.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    from regions import CirclePixelRegion, LinePixelRegion, PointPixelRegion

    match region:
        case LinePixelRegion(start=start, end=end):
            return read_line(file, filename, plane, (start.x, start.y), (end.x, end.y))
        case CirclePixelRegion(center=at, radius=radius):
            return read_radial_profile(file, filename, plane, (at.x, at.y), radius)
        case PointPixelRegion(center=at):
            return read_radial_profile(file, filename, plane, (at.x, at.y), POINT_RADIUS)
    raise QueryError("only lines, circles and points have a profile")


def line_pixels(start: tuple[float, float], end: tuple[float, float]) -> tuple[IntArray, IntArray]:
    """Return the pixels along a line at steps of at most one pixel.

    Parameters
    ----------
    start, end : tuple of float
        Columns and rows, the centre of the first pixel 0.

    Returns
    -------
    tuple of numpy.ndarray of int64, shape (n,)
        Columns and rows.
    """
    steps = math.ceil(math.dist(start, end)) + 1
    x, y = (
        np.floor(np.linspace(first, last, steps) + 0.5).astype(np.int64)
        for first, last in zip(start, end, strict=True)
    )
    return x, y


def check_length(plane: Plane, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Refuse a line whose pixels, most of them off the image, would not fit into memory.

    Parameters
    ----------
    plane : Plane
        The image.
    start, end : tuple of float
        Columns and rows.

    Raises
    ------
    QueryError
        If the line is longer than the outline of the image.
    """
    longest = 2 * (plane.width + plane.height)
    if math.dist(start, end) > longest:
        raise QueryError(f"the line is longer than {longest} pixels")


def read_line(
    file: BinaryIO,
    filename: str,
    plane: Plane,
    start: tuple[float, float],
    end: tuple[float, float],
) -> LineCut:
    """Return the pixels along a line.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    start, end : tuple of float
        Columns and rows, the centre of the first pixel 0.

    Returns
    -------
    LineCut
        From start to end.

    Raises
    ------
    QueryError
        If no pixel of the line is within the image.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    check_length(plane, start, end)
    x, y = line_pixels(start, end)
    box = clip(plane, Region(int(x.min()), int(x.max()) + 1, int(y.min()), int(y.max()) + 1))
    values = np.full(x.size, np.nan)
    row = box.y0
    for strip in plane.strips(file, filename, box.y0, box.y1):
        here = (y >= row) & (y < row + len(strip)) & (x >= 0) & (x < plane.width)
        values[here] = strip[y[here] - row, x[here]]
        row += len(strip)
    distance = np.linspace(0, math.dist(start, end), x.size)
    return LineCut(tuple(distance.tolist()), tuple(x.tolist()), tuple(y.tolist()), _finite(values))


def read_radial_profile(
    file: BinaryIO, filename: str, plane: Plane, place: tuple[float, float], radius: float
) -> RadialProfile:
    """Return the radial profile and the curve of growth of the star at a place.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    place : tuple of float
        Column and row, the centre of the first pixel 0; the centroid of the star is sought there.
    radius : float
        The radius of the largest circle in pixels, at most `MAX_RADIUS`.

    Returns
    -------
    RadialProfile
        Pixels without a value count in no annulus.

    Raises
    ------
    QueryError
        If the place is off the image or has no pixel with a value.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    from photutils.profiles import CurveOfGrowth
    from photutils.profiles import RadialProfile as Profile

    if not 1 <= radius <= MAX_RADIUS:
        raise QueryError(f"a profile has a radius from 1 to {MAX_RADIUS} pixels, not {radius:g}")
    column, row = (math.floor(part + 0.5) for part in place)
    if not (0 <= column < plane.width and 0 <= row < plane.height):
        raise QueryError("the place of the profile is not within the image")
    reach = math.ceil(_SKY_OUTER * radius) + _CENTROID_RADIUS
    box = clip(plane, Region(column - reach, column + reach + 1, row - reach, row + reach + 1))
    values = read_cutout(file, filename, plane, box).astype(np.float64)
    if not np.isfinite(values).any():
        raise QueryError("no pixel around the place has a value")
    centre = _centroid(values, (place[0] - box.x0, place[1] - box.y0))
    sky = _sky(values, centre, radius)
    edges = np.arange(math.floor(radius) + 1)
    with warnings.catch_warnings():
        # A fit that fails has no width, and pixels without a value are masked, which is intended.
        warnings.simplefilter("ignore", AstropyWarning)
        profile = Profile(values, centre, edges)
        growth = CurveOfGrowth(values - sky, centre, edges[1:])
        fwhm = _width(profile)
        return RadialProfile(
            x=centre[0] + box.x0,
            y=centre[1] + box.y0,
            radius=tuple(profile.radius.tolist()),
            mean=_finite(profile.profile),
            aperture=tuple(growth.radius.astype(float).tolist()),
            total=_finite(growth.profile),
            sky=sky,
            fwhm=fwhm,
        )


def _centroid(values: Pixels, place: tuple[float, float]) -> tuple[float, float]:
    """Return the centre of light near a place, or the place where there is no light."""
    from photutils.centroids import centroid_com

    x, y = (math.floor(part + 0.5) for part in place)
    bottom, left = max(y - _CENTROID_RADIUS, 0), max(x - _CENTROID_RADIUS, 0)
    part = values[bottom : y + _CENTROID_RADIUS + 1, left : x + _CENTROID_RADIUS + 1]
    if not np.isfinite(part).any():
        return place
    light = np.nan_to_num(np.clip(part - np.nanmedian(part), 0, None), posinf=0)
    if not light.any():
        return place
    found = centroid_com(light)
    return float(found[0]) + left, float(found[1]) + bottom


def _sky(values: Pixels, centre: tuple[float, float], radius: float) -> float:
    rows, columns = np.indices(values.shape)
    away = np.hypot(columns - centre[0], rows - centre[1])
    ring = values[(away >= _SKY_INNER * radius) & (away <= _SKY_OUTER * radius)]
    ring = ring[np.isfinite(ring)]
    return float(np.median(ring)) if ring.size else 0.0


def _width(profile: Any) -> float | None:
    try:
        fwhm = float(profile.gaussian_fwhm)
    except (ValueError, TypeError, AttributeError):
        return None
    return fwhm if math.isfinite(fwhm) and 0 < fwhm < 4 * MAX_RADIUS else None


def _finite(values: FloatArray) -> tuple[float | None, ...]:
    return tuple(value if math.isfinite(value) else None for value in values.tolist())
