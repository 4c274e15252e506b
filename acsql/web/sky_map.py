"""Map of the whole sky: positions in a Mollweide projection, as paths of an SVG.

All positions are moves of one path and not elements each, which keeps a map of the archive at a
hundred kilobytes; the coverage is a picture of a few.  East is to the left, as on the sky.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from astropy import units
from PIL import Image

if TYPE_CHECKING:
    from mocpy import MOC

# Size of the map in SVG units; positions are rounded to a tenth of one.
WIDTH, HEIGHT = 1000, 500
# Right ascension of the central meridian, in degrees.
MIDDLE = 180.0
# Galactic pole, and Galactic longitude of the celestial pole, in degrees, J2000
# (Hipparcos catalogue, ESA SP-1200, vol. 1, section 1.5.3).
_POLE_RA, _POLE_DEC, _NODE = 192.85948, 27.12825, 122.93192
# Pixels of the picture of a coverage map for each SVG unit, and the HEALPix order of its cells.  A
# cell (0.23 degrees wide) has two pixels, so a field of the WFC is seen.
_SCALE, _ORDER = 2, 8
# Red, green and blue of what is covered, as `--covered` in the style sheet, and its opacity.
_COLOUR, _OPACITY = (204, 121, 167), 200
# Degrees between the lines of the grid.
_GRID_STEP = 30

FloatArray = npt.NDArray[np.float64]


def project(ra: npt.ArrayLike, dec: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Project positions onto the map.

    Parameters
    ----------
    ra, dec : array_like, shape (n,)
        Right ascensions and declinations in degrees.

    Returns
    -------
    x : numpy.ndarray of float64, shape (n,)
        From 0 to `WIDTH`.
    y : numpy.ndarray of float64, shape (n,)
        From 0 to `HEIGHT` downwards.
    """
    longitude = np.radians((np.asarray(ra, float) - MIDDLE + 180) % 360 - 180)
    latitude = np.radians(np.asarray(dec, float))
    theta = latitude.copy()
    # 2 theta + sin(2 theta) = pi sin(dec) by Newton's method (Snyder, Map Projections, 1987,
    # p. 251), whose derivative vanishes at the poles.
    inside = np.abs(latitude) < np.radians(89.999)
    for _ in range(20):
        slope = np.where(inside, 2 + 2 * np.cos(2 * theta), 1)
        error = 2 * theta + np.sin(2 * theta) - np.pi * np.sin(latitude)
        theta = np.where(inside, theta - error / slope, np.copysign(np.pi / 2, latitude))
    x = -longitude / np.pi * np.cos(theta)
    return WIDTH / 2 * (1 + x), HEIGHT / 2 * (1 - np.sin(theta))


def coverage_png(covered: MOC) -> bytes:
    """Return a coverage map as a picture of the size of the map.

    Parameters
    ----------
    covered : mocpy.MOC
        The cells that are covered.

    Returns
    -------
    bytes
        A PNG, transparent where nothing is covered.
    """
    y, x = np.mgrid[: HEIGHT * _SCALE, : WIDTH * _SCALE]
    ra, dec = _positions((x + 0.5) / _SCALE, (y + 0.5) / _SCALE)
    inside = np.isfinite(ra)
    pixels = np.zeros(inside.shape, np.uint8)
    order = min(_ORDER, covered.max_order)
    pixels[inside] = covered.degrade_to_order(order).contains_lonlat(
        ra[inside] * units.deg, dec[inside] * units.deg
    )
    picture = Image.fromarray(pixels, "P")
    picture.putpalette([0, 0, 0, *_COLOUR])
    file = io.BytesIO()
    picture.save(file, "PNG", transparency=bytes([0, _OPACITY]))
    return file.getvalue()


def _positions(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the positions at places of the map in degrees, NaN outside: inverse of `project`."""
    theta = np.arcsin(1 - y / (HEIGHT / 2))
    longitude = -np.pi * (x / (WIDTH / 2) - 1) / np.cos(theta)
    dec = np.arcsin((2 * theta + np.sin(2 * theta)) / np.pi)
    ra = np.where(np.abs(longitude) <= np.pi, np.degrees(longitude) + MIDDLE, np.nan)
    return ra, np.degrees(dec)


def dots(ra: npt.ArrayLike, dec: npt.ArrayLike) -> str:
    """Return positions as one SVG path of dots.

    Parameters
    ----------
    ra, dec : array_like, shape (n,)
        Right ascensions and declinations in degrees.

    Returns
    -------
    str
        A path to be drawn with round line caps.  Positions that are rounded to the same place
        are one dot.
    """
    x, y = project(ra, dec)
    places = np.unique(np.round(np.column_stack([x, y]), 1), axis=0)
    return "".join(f"M{px:g} {py:g}h0" for px, py in places)


def grid() -> list[str]:
    """Return the meridians and parallels as SVG paths."""
    line = np.linspace(-90, 90, 61)
    meridians = [_line(np.full_like(line, ra), line) for ra in range(0, 360, _GRID_STEP)]
    # Both edges of the map are the same meridian; the second is drawn slightly beside it.
    edge = _line(np.full_like(line, MIDDLE + 180 - 1e-6), line)
    along = np.linspace(MIDDLE - 180 + 1e-6, MIDDLE + 180 - 1e-6, 91)
    parallels = [_line(along, np.full_like(along, dec)) for dec in range(-60, 90, _GRID_STEP)]
    return [*meridians, edge, *parallels]


def galactic_plane() -> list[str]:
    """Return the Galactic equator as SVG paths, divided at the edges of the map."""
    longitude = np.radians(np.linspace(0, 360, 241) - _NODE)
    pole = np.radians(_POLE_DEC)
    dec = np.arcsin(np.cos(pole) * np.cos(longitude))
    east, north = -np.sin(longitude), -np.sin(pole) * np.cos(longitude)
    ra = _POLE_RA + np.degrees(np.arctan2(east, north))
    x, _ = project(ra % 360, np.degrees(dec))
    breaks = np.flatnonzero(np.abs(np.diff(x)) > WIDTH / 2) + 1
    return [
        _line(*part)
        for part in zip(np.split(ra % 360, breaks), np.split(np.degrees(dec), breaks), strict=True)
    ]


def _line(ra: FloatArray, dec: FloatArray) -> str:
    x, y = project(ra, dec)
    return "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in zip(x, y, strict=True))


def labels() -> Iterator[tuple[float, float, str]]:
    """Yield the x, y and text of the labels of the grid."""
    for ra in range(_GRID_STEP, 360, _GRID_STEP):
        x, y = project(np.array([ra]), np.array([0.0]))
        yield round(float(x[0]), 1), round(float(y[0]) - 5, 1), f"{ra // 15}h"
    for dec in (-60, -30, 30, 60):
        x, y = project(np.array([MIDDLE]), np.array([float(dec)]))
        yield round(float(x[0]), 1), round(float(y[0]) - 5, 1), f"{dec:+d}°"
