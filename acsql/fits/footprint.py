"""Sky footprint of an observation: the outlines of its chips as GeoJSON, computed from its headers.

Only stored headers are used, so that older documents get a footprint without reading their files.
Great circles are straight lines in a tangent projection, and the sides of MongoDB's polygons are
great circles: four corners outline an undistorted chip exactly.  SIP distortion bends the sides of
a WFC chip by up to thirteen pixels; a vertex at every quarter of a side leaves less than a pixel
of that, 0.04 arcsec.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import FileError
from ..keywords import KeywordSpecs
from .wcs import FloatArray, TangentWCS, read_wcs

ComplexArray = npt.NDArray[np.complex128]
# A closed ring of (longitude, latitude) in degrees.
Ring = list[list[float]]

# Vertices per side of a distorted chip.
_VERTICES_PER_SIDE = 4
# Decimals of degrees: 4 microarcseconds, coarse enough that all versions of wcslib agree.
_DECIMALS = 9

# S_REGION, in STC-S: https://www.ivoa.net/documents/ObsCore/20170509/REC-ObsCore-v1.1-20170509.pdf
_POLYGON = re.compile(
    r"\s*POLYGON\s+(?:(?:ICRS|FK5|J2000)\s+)?([-+.\dE\s]+)", re.ASCII | re.IGNORECASE
)

# Plausible chips, generously: lengths of the sides in degrees, and sines of the angles at the
# corners, of which those of ACS are above 0.99.
_SHORTEST, _LONGEST = 1e-3 / 3600, 2.0
_SMALLEST_SINE = 0.75
# The largest bend of a side, in units of the shortest side, and the shortest distance of two
# vertices along a side, in units of an even division.  No outline within these limits crosses
# itself, which MongoDB would refuse: a bent side stays within atan(0.05 / 0.125) = 22 degrees of
# the straight one, and the corners leave 48.
_BEND = 0.05
_SHORTEST_PART = 0.5


class Footprint(NamedTuple):
    """The footprint of an observation, and the files that could not provide it.

    Attributes
    ----------
    geometry : dict or None
        GeoJSON, a Polygon for one chip and a MultiPolygon for several.  Longitudes are right
        ascensions from -180 to 180 degrees.
    notes : tuple of str
        One message for each file whose WCS is unusable.
    """

    geometry: dict[str, Any] | None
    notes: tuple[str, ...] = ()


def footprint(document: Mapping[str, Any], specs: KeywordSpecs) -> Footprint:
    """Return the sky footprint of an observation.

    It is taken from the first filetype of `KeywordSpecs.footprint_filetypes` all of whose chips
    have a usable WCS.  Outlines follow the outer edges of the outermost pixels, so the footprint
    of a raw image includes its overscan.

    Parameters
    ----------
    document : mapping
        The observation with its stored headers and promoted keywords.
    specs : KeywordSpecs
        The specs, with the filetypes and extensions to use, and the observations that do not point
        at the sky.

    Returns
    -------
    Footprint
        Its geometry is None without a usable WCS, and for internal exposures.
    """
    if specs.is_internal(document):
        return Footprint(None)
    notes: list[str] = []
    for filetype in specs.footprint_filetypes:
        headers = _image_headers(document.get("headers", {}).get(filetype, {}), specs.image_extname)
        try:
            outlines = [outline(header) for header in headers]
        except FileError as error:
            filename = document.get("datasets", {}).get(filetype, filetype)
            notes.append(f"{filename} gives no footprint: {error}")
            continue
        rings = [ring for ring in outlines if ring is not None]
        if rings and len(rings) == len(outlines):
            return Footprint(_geojson(rings), tuple(notes))
    return Footprint(None, tuple(notes))


def _image_headers(headers: Mapping[str, Any], extname: str) -> list[Mapping[str, Any]]:
    """Return the headers of the image extensions of a file in their order."""
    extensions = sorted(headers, key=int)
    return [headers[e] for e in extensions if headers[e].get("extname") == extname]


def _geojson(rings: Sequence[Ring]) -> dict[str, Any]:
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": [rings[0]]}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def outline(header: Mapping[str, Any]) -> Ring | None:
    """Return the outline of a chip on the sky: that of S_REGION, or else of its WCS.

    Parameters
    ----------
    header : mapping
        The stored header of an image.

    Returns
    -------
    list or None
        A closed ring of (longitude, latitude) in degrees around the pixels; None if the header
        has no WCS of right ascension and declination.

    Raises
    ------
    FileError
        If the WCS is incomplete, or its outline is not that of a camera's chip.
    """
    if stated := _stated(header):
        return stated
    wcs = read_wcs(header)
    if wcs is None:
        return None
    parts = 1 if wcs.a is None and wcs.b is None else _VERTICES_PER_SIDE
    longitude, latitude = _sky(wcs, _border(_size(header), parts))
    return _closed(longitude, latitude, parts)


def _stated(header: Mapping[str, Any]) -> Ring | None:
    """Return the outline that S_REGION states, None unless it is a plausible quadrangle."""
    match = _POLYGON.fullmatch(str(header.get("s_region") or ""))
    if match is None:
        return None
    numbers = match[1].split()
    # Some repeat the first vertex.
    if len(numbers) == 10 and numbers[:2] == numbers[8:]:
        numbers = numbers[:8]
    if len(numbers) != 8:
        return None
    try:
        longitude, latitude = np.array(numbers, np.float64).reshape(4, 2).T
        return _closed(longitude, latitude, parts=1)
    except (ValueError, FileError):
        return None


def _closed(longitude: FloatArray, latitude: FloatArray, parts: int) -> Ring:
    """Return a checked outline as a closed ring, from right ascensions of 0 to 360 degrees."""
    ring = np.column_stack([(longitude + 180) % 360 - 180, latitude]).round(_DECIMALS)
    _check(ring, parts)
    points: Ring = ring.tolist()
    return [*points, points[0]]


def _sky(wcs: TangentWCS, pixels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return right ascensions and declinations of pixels, shape (n, 2), in degrees."""
    try:
        longitude, latitude = wcs.to_astropy().all_pix2world(pixels, 1).T
    except ValueError as error:  # the base class of wcslib's errors
        raise FileError(" ".join(str(error).split())) from error
    return longitude, latitude


def _size(header: Mapping[str, Any]) -> tuple[int, int]:
    """Return columns and rows of an image; one of a constant value has no axes but NPIX."""
    names = ("npix1", "npix2") if header.get("naxis") == 0 else ("naxis1", "naxis2")
    columns, rows = (header.get(name) for name in names)
    if type(columns) is int and type(rows) is int and columns > 0 and rows > 0:
        return columns, rows
    raise FileError(f"{names[0].upper()}, {names[1].upper()} are {columns!r}, {rows!r}")


def _border(size: tuple[int, int], parts: int) -> FloatArray:
    """Return pixel coordinates around an image, shape (4 * parts, 2); the first pixel is 1."""
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    steps = np.arange(parts)[:, np.newaxis] / parts
    sides = [a + steps * (b - a) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)]
    border: FloatArray = np.concatenate(sides) * size + 0.5
    return border


def _check(ring: FloatArray, parts: int) -> None:
    """Raise FileError unless an outline is nearly a quadrangle of plausible size."""
    if not np.isfinite(ring).all():
        raise FileError("its WCS gives no sky coordinates")
    corners = _on_a_plane(ring).reshape(4, parts)
    sides = np.roll(corners[:, 0], -1) - corners[:, 0]
    lengths = np.abs(sides)
    shortest, longest = np.degrees([lengths.min(), lengths.max()])
    if not _SHORTEST <= shortest <= longest <= _LONGEST:
        raise FileError(f"its WCS gives it sides of {shortest:.3g} to {longest:.3g} degrees")
    directions = sides / lengths
    turns = (np.roll(directions, -1) / directions).imag
    if not (turns.min() >= _SMALLEST_SINE or turns.max() <= -_SMALLEST_SINE):
        raise FileError("its WCS does not make it a quadrangle")
    # Positions of the vertices: along each side from 0 to 1 (real), and across (imaginary).
    vertices = np.column_stack([corners, np.roll(corners[:, 0], -1)])
    positions = (vertices - corners[:, :1]) / sides[:, np.newaxis]
    bends = np.abs(positions.imag) * lengths[:, np.newaxis]
    shortest_part = np.diff(positions.real).min() * parts
    if shortest_part < _SHORTEST_PART or bends.max() > _BEND * lengths.min():
        raise FileError("its WCS bends its sides more than any camera does")


def _on_a_plane(ring: FloatArray) -> ComplexArray:
    """Return points on the plane that touches the sky near them: radians, north is imaginary.

    Raises FileError if the points are too far apart for a plane.
    """
    longitude, latitude = np.radians(ring.T)
    vectors = unit_vectors(longitude, latitude)
    offsets = vectors - vectors[0]
    if np.abs(offsets).max() > np.radians(2 * _LONGEST):
        raise FileError(f"its WCS makes it wider than {_LONGEST} degrees")
    north = unit_vectors(longitude[0], latitude[0] + math.pi / 2)
    plane: ComplexArray = offsets @ np.cross(north, vectors[0]) + 1j * (offsets @ north)
    return plane


def unit_vectors(longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> FloatArray:
    """Return directions as unit vectors.

    Parameters
    ----------
    longitude, latitude : array-like
        In radians, of the same shape.

    Returns
    -------
    numpy.ndarray
        The vectors along a further, last axis of length 3.
    """
    level = np.cos(latitude)
    vectors: FloatArray = np.stack(
        [level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], axis=-1
    )
    return vectors
