"""Shapes on the sky, and the observations whose footprints meet them.

The index of the database finds candidates.  It has no circles for footprints, so a circle is a
polygon around it there, and the distances of the candidates from its centre are computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DatabaseError, DatabaseUnavailable, QueryError
from ..fits.footprint import unit_vectors
from ..query import Condition, Covers, Exists, Overlaps
from ..store import observations as stored
from ..store import queries
from ..store.client import Store

FloatArray = npt.NDArray[np.float64]

# Vertices of the polygon around a circle.
_VERTICES = 32
# Degrees.  Around a larger circle the polygon would be larger than half of the sky, which MongoDB
# would take for its other side.
_LARGEST_IN_INDEX = 80
_WHOLE_SKY = 180


@dataclass(frozen=True)
class Circle:
    """A circle in degrees."""

    ra: float
    dec: float
    radius: float


@dataclass(frozen=True)
class Polygon:
    """A polygon of vertices in degrees: smaller than half of the sky, its sides great circles."""

    vertices: tuple[tuple[float, float], ...]


Shape = Circle | Polygon


def box(ra: float, dec: float, width: float, height: float) -> Polygon:
    """Return a box, whose sides are great circles across the ends of a cross at its centre.

    Parameters
    ----------
    ra, dec : float
        Its centre in degrees.
    width, height : float
        The lengths of the arms of the cross in degrees, less than 180.

    Raises
    ------
    QueryError
        If it is not smaller than half of the sky.
    """
    if not (0 < width < 180 and 0 < height < 180):
        raise QueryError(f"a box of {width:g} x {height:g} degrees: both have to be below 180")
    # Great circles are straight lines on the plane that touches the sphere at the centre.
    x, y = math.tan(math.radians(width / 2)), math.tan(math.radians(height / 2))
    centre = _vectors(np.array([[ra, dec]]))[0]
    east = np.array([-math.sin(math.radians(ra)), math.cos(math.radians(ra)), 0])
    north = np.cross(centre, east)
    corners = [centre + a * east + b * north for a, b in ((-x, -y), (x, -y), (x, y), (-x, y))]
    return Polygon(tuple(map(_position, corners)))


def contains(polygon: Polygon, positions: FloatArray) -> npt.NDArray[np.bool_]:
    """Return which positions are in a polygon.

    Parameters
    ----------
    polygon : Polygon
        Of any form, smaller than half of the sky.
    positions : numpy.ndarray
        Right ascensions and declinations in degrees, shape (n, 2); NaN is in no polygon.
    """
    return _lie_in(polygon, _vectors(positions))


def _lie_in(polygon: Polygon, vectors: FloatArray) -> npt.NDArray[np.bool_]:
    """Return which directions are in a polygon."""
    from regions import PixCoord, PolygonPixelRegion

    vertices = _vectors(np.array(polygon.vertices))
    centre = vertices.sum(axis=0)
    centre /= np.linalg.norm(centre)
    east = np.cross((0, 0, 1) if abs(centre[2]) < 0.9 else (1, 0, 0), centre)
    axes = np.array([east, np.cross(centre, east)]).T

    def on_plane(vectors: FloatArray) -> PixCoord:
        """Return where directions meet the plane."""
        with np.errstate(divide="ignore", invalid="ignore"):
            x, y = (vectors @ axes / (vectors @ centre)[:, np.newaxis]).T
        return PixCoord(x, y)

    # Great circles are straight lines on the plane that touches the sphere at the centre.
    region = PolygonPixelRegion(on_plane(vertices))
    in_front = vectors @ centre > 0
    inside = np.zeros(len(vectors), bool)
    inside[in_front] = region.contains(on_plane(vectors[in_front]))
    return inside


def observations(store: Store, relation: str, shape: Shape, time_limit: float | None) -> list[str]:
    """Return the rootnames of the observations whose footprints meet a shape.

    Parameters
    ----------
    store : Store
        The open database.
    relation : str
        ``intersects``, or ``within`` for footprints that lie in the shape.
    shape : Shape
        A circle of radius 0 is a point.
    time_limit : float or None
        Seconds that the database may take.

    Raises
    ------
    QueryError
        If a polygon is not valid, as when its sides cross.
    QueryTimeout, DatabaseError
        If the database takes too long, or fails.
    """
    if isinstance(shape, Circle) and shape.radius >= _WHOLE_SKY:
        return stored.with_footprint(store)
    try:
        rows = list(queries.find(store, _candidates(shape), ["footprint"], time_limit=time_limit))
    except DatabaseUnavailable:
        raise
    except DatabaseError as error:
        if isinstance(shape, Polygon):
            # Not the address of the database, which the message begins with.
            reason = str(error).removeprefix(f"the database {store.address}: ")
            raise QueryError(f"the polygon is not valid: {reason}") from error
        raise
    names = [row["rootname"] for row in rows]
    if relation == "intersects" and (isinstance(shape, Polygon) or shape.radius == 0):
        return names
    outlines = [_rings(row["footprint"]) for row in rows]
    if isinstance(shape, Polygon):
        return list(compress(names, _are_within(shape, outlines)))
    centre = _vectors(np.array([[shape.ra, shape.dec]]))[0]
    radius = math.radians(shape.radius)
    if relation == "within":
        return [
            name
            for name, rings in zip(names, outlines, strict=True)
            if all(_angles(ring, centre).max() <= radius for ring in rings)
        ]
    around = set(observations(store, relation, Circle(shape.ra, shape.dec, 0), time_limit))
    return [
        name
        for name, rings in zip(names, outlines, strict=True)
        if name in around or any(_distance(ring, centre) <= radius for ring in rings)
    ]


def _candidates(shape: Shape) -> Condition:
    """Return a condition that the observations meet, and perhaps others."""
    if isinstance(shape, Polygon):
        return Overlaps("", _geojson(shape.vertices))
    if shape.radius == 0:
        return Covers(shape.ra % 360, shape.dec)
    if shape.radius > _LARGEST_IN_INDEX:
        return Exists("footprint")
    return Overlaps("", _geojson(_around(shape)))


def _around(circle: Circle) -> list[tuple[float, float]]:
    """Return the vertices of a regular polygon around a circle."""
    # The middles of the sides touch the circle.
    reach = math.tan(math.radians(circle.radius)) / math.cos(math.pi / _VERTICES)
    centre = _vectors(np.array([[circle.ra, circle.dec]]))[0]
    east = np.array([-math.sin(math.radians(circle.ra)), math.cos(math.radians(circle.ra)), 0])
    north = np.cross(centre, east)
    turns = 2 * math.pi * np.arange(_VERTICES) / _VERTICES
    return [
        _position(centre + reach * (math.cos(turn) * east + math.sin(turn) * north))
        for turn in turns
    ]


def _geojson(vertices: Sequence[tuple[float, float]]) -> dict[str, Any]:
    ring = [[(ra + 180) % 360 - 180, dec] for ra, dec in vertices]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _rings(geometry: dict[str, Any]) -> list[FloatArray]:
    """Return the closed outlines of a footprint as unit vectors, shape (n, 3)."""
    coordinates = geometry["coordinates"]
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    return [_vectors(np.array(polygon[0])) for polygon in polygons]


def _are_within(polygon: Polygon, outlines: Sequence[Sequence[FloatArray]]) -> list[bool]:
    """Return which footprints lie in a polygon: their vertices do, and no sides cross."""
    if not outlines:
        return []
    every = [ring for rings in outlines for ring in rings]
    inside = _lie_in(polygon, np.concatenate(every))
    ends = np.cumsum([len(ring) for ring in every])
    sides = _vectors(np.array([*polygon.vertices, polygon.vertices[0]]))
    lie = iter(
        bool(vertices.all()) and not _cross(ring, sides)
        for ring, vertices in zip(every, np.split(inside, ends[:-1]), strict=True)
    )
    return [all(list(islice(lie, len(rings)))) for rings in outlines]


def _cross(a: FloatArray, b: FloatArray) -> bool:
    """Return whether a side of one outline crosses a side of another."""
    poles_a, poles_b = np.cross(a[:-1], a[1:]), np.cross(b[:-1], b[1:])
    # Where the ends of each side are, seen from each side of the other outline; where two cross,
    # they go around the crossing in the order of a start, b start, a end, b end, or in the reverse.
    turns = np.stack(
        [
            -(poles_a @ b[:-1].T),
            poles_a @ b[1:].T,
            -(a[1:] @ poles_b.T),
            a[:-1] @ poles_b.T,
        ]
    )
    return bool(((turns > 0).all(axis=0) | (turns < 0).all(axis=0)).any())


def _angles(vectors: FloatArray, centre: FloatArray) -> FloatArray:
    """Return distances in radians, exact also for small ones."""
    angles: FloatArray = 2 * np.arcsin(np.minimum(np.linalg.norm(vectors - centre, axis=1) / 2, 1))
    return angles


def _distance(ring: FloatArray, centre: FloatArray) -> float:
    """Return the distance in radians of a point from an outline."""
    start, end = ring[:-1], ring[1:]
    poles = np.cross(start, end)
    poles /= np.linalg.norm(poles, axis=1, keepdims=True)
    along = (np.cross(poles, start) @ centre >= 0) & (np.cross(poles, end) @ centre <= 0)
    from_sides = np.abs(np.arcsin(np.clip(poles @ centre, -1, 1)))
    return float(min(_angles(ring, centre).min(), from_sides[along].min(initial=np.inf)))


def _vectors(positions: FloatArray) -> FloatArray:
    """Return positions in degrees, shape (n, 2), as unit vectors, shape (n, 3)."""
    return unit_vectors(*np.radians(positions).T)


def _position(vector: FloatArray) -> tuple[float, float]:
    """Return right ascension and declination of a direction in degrees."""
    x, y, z = vector
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.atan2(z, math.hypot(x, y)))
