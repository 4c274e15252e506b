"""Cutouts around a position on the sky, of each chip that a circle touches, as a FITS file."""

from pathlib import Path

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from ..errors import FileError, PreviewError
from ..fits.open import open_fits
from ..fits.wcs import FloatArray
from .cutout import Region
from .fits_cutout import chip_cutouts
from .planes import Plane, read_planes

# Points on a circle, between which it departs from a polygon by 0.05 % of its radius.
_POINTS = 100
# Degrees between the centre of a circle and a chip beyond its radius up to which world coordinates
# are inverted; the largest chip measures 0.06 degrees, and drizzled products few times as much.
_NEAR = 1.0


def sky_cutout(path: Path, position: tuple[float, float], radius: float) -> fits.HDUList:
    """Return the parts of an image that contain a circle on the sky.

    Parameters
    ----------
    path : Path
        The FITS file.
    position : tuple of float
        Right ascension and declination of the centre, in degrees.
    radius : float
        Radius of the circle in degrees.

    Returns
    -------
    HDUList
        The primary header, and all planes of each chip that the circle touches.

    Raises
    ------
    FileError
        If the file has no image, or the circle touches none of its chips.
    QueryError
        If a part is larger than a cutout may be.
    OSError
        If the system cannot read the file.
    """
    centre = SkyCoord(*position, unit="deg")
    try:
        with open_fits(path) as hdus:
            planes = read_planes(hdus, path.name)
        regions = {
            chip.extver: region
            for chip in planes[0].chips
            if (region := _region(planes[0].only(chip.extver), centre, radius)) is not None
        }
        if regions:
            return chip_cutouts(path, planes, regions)
    except PreviewError as error:
        raise FileError(str(error)) from error
    raise FileError(
        f"{path.name} has no pixels within {radius:g} degrees of {position[0]:g} {position[1]:g}"
    )


def _region(plane: Plane, centre: SkyCoord, radius: float) -> Region | None:
    """Return the rectangle of pixels around a circle, None if no pixel of it is in the image."""
    wcs = plane.chips[0].wcs_of_plane()
    middle = wcs.pixel_to_world(plane.width / 2, plane.height / 2)
    if middle.separation(centre).deg > radius + _NEAR:
        return None
    x, y = _circle(wcs, centre, radius)
    # Pixels whose centre is 0 reach from -0.5 to 0.5.
    x0, x1 = np.floor(x.min() + 0.5), np.ceil(x.max() + 0.5)
    y0, y1 = np.floor(y.min() + 0.5), np.ceil(y.max() + 0.5)
    x0, y0 = max(int(x0), 0), max(int(y0), 0)
    x1, y1 = min(int(x1), plane.width), min(int(y1), plane.height)
    return Region(x0, x1, y0, y1) if x0 < x1 and y0 < y1 else None


def _circle(wcs: WCS, centre: SkyCoord, radius: float) -> tuple[FloatArray, FloatArray]:
    """Return the pixel coordinates of points on a circle; the first pixel is 0."""
    angles = np.linspace(0, 360, _POINTS, endpoint=False) * units.deg
    points = centre.directional_offset_by(angles, radius * units.deg)
    # Far from the chip the polynomials do not converge, and any point beyond the edge is enough.
    x, y = wcs.all_world2pix(points.ra.deg, points.dec.deg, 0, quiet=True)
    return x, y
