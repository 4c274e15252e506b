"""Cutouts around a part of the sky, of each chip that it touches, as a FITS file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from ..errors import FileError, OutsideImage, PreviewError, QueryError
from ..fits.open import open_fits
from ..fits.wcs import FloatArray
from .cutout import Region
from .fits_cutout import chip_cutouts
from .planes import Plane, read_planes

# Points on a circle, between which it departs from a polygon by 0.05 % of its radius, and on each
# edge of a polygon.
_POINTS = 100
# Degrees from the centre of a chip within which its distortion is inverted; the largest chip
# measures 0.06 degrees, and drizzled products few times as much.  Beyond, only the direction
# matters, and the polynomials do not converge.
_NEAR = 1.0
# Degrees from the centre of a chip up to which its tangent plane has places for the sky.
_HORIZON = 80.0


def circle(position: tuple[float, float], radius: float) -> SkyCoord:
    """Return the outline of a circle.

    Parameters
    ----------
    position : tuple of float
        Right ascension and declination of the centre, in degrees.
    radius : float
        Radius in degrees.

    Returns
    -------
    SkyCoord
        Points on it.
    """
    angles = np.linspace(0, 360, _POINTS, endpoint=False) * units.deg
    return SkyCoord(*position, unit="deg").directional_offset_by(angles, radius * units.deg)


def polygon(vertices: Sequence[tuple[float, float]]) -> SkyCoord:
    """Return the outline of a polygon, whose edges are great circles.

    Parameters
    ----------
    vertices : sequence of (float, float)
        Right ascensions and declinations in degrees.

    Returns
    -------
    SkyCoord
        Points on it.
    """
    corners = SkyCoord(vertices, unit="deg")
    following = corners[[*range(1, len(corners)), 0]]
    angle, length = corners.position_angle(following), corners.separation(following)
    steps = np.linspace(0, 1, _POINTS, endpoint=False)[:, None]
    return corners.directional_offset_by(angle, length * steps).ravel()


def sky_cutout(path: Path, outline: SkyCoord) -> fits.HDUList:
    """Return the parts of an image that contain a part of the sky.

    Parameters
    ----------
    path : Path
        The FITS file.
    outline : SkyCoord
        Points on the outline, as `circle` or `polygon` returns them.

    Returns
    -------
    HDUList
        The primary header, and all planes of each chip that the part touches.

    Raises
    ------
    OutsideImage
        If the part touches none of its chips.
    FileError
        If the file has no image.
    QueryError
        If the part is larger than a cutout may be.
    OSError
        If the system cannot read the file.
    """
    try:
        with open_fits(path) as hdus:
            planes = read_planes(hdus, path.name)
        regions = {
            chip.extver: region
            for chip in planes[0].chips
            if (region := _region(planes[0].only(chip.extver), outline)) is not None
        }
        if regions:
            return chip_cutouts(path, planes, regions)
    except PreviewError as error:
        raise FileError(str(error)) from error
    raise OutsideImage(f"{path.name} has no pixels in this part of the sky")


def _region(plane: Plane, outline: SkyCoord) -> Region | None:
    """Return the rectangle of pixels around an outline, None if no pixel of it is in the image."""
    wcs = plane.chips[0].wcs_of_plane()
    distance = wcs.pixel_to_world(plane.width / 2, plane.height / 2).separation(outline).deg
    if distance.min() > _HORIZON:
        return None
    if distance.max() > _HORIZON:
        raise QueryError(f"a part of the sky may extend at most {_HORIZON:g} degrees from a chip")
    x, y = _pixels(wcs, outline, distance < _NEAR)
    # Pixels whose centre is 0 reach from -0.5 to 0.5.
    x0, x1 = np.floor(x.min() + 0.5), np.ceil(x.max() + 0.5)
    y0, y1 = np.floor(y.min() + 0.5), np.ceil(y.max() + 0.5)
    x0, y0 = max(int(x0), 0), max(int(y0), 0)
    x1, y1 = min(int(x1), plane.width), min(int(y1), plane.height)
    return Region(x0, x1, y0, y1) if x0 < x1 and y0 < y1 else None


def _pixels(wcs: WCS, points: SkyCoord, near: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """Return the pixel coordinates of points, of those that are near with the distortion."""
    x, y = wcs.wcs_world2pix(points.ra.deg, points.dec.deg, 0)
    x[near], y[near] = wcs.all_world2pix(points.ra.deg[near], points.dec.deg[near], 0, quiet=True)
    return x, y
