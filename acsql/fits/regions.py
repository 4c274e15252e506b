"""Footprints in other forms: STC-S texts, SkyCoord polygons and regions.

The database has them as GeoJSON, whose longitudes run from -180 to 180 degrees and whose rings
end where they begin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astropy.coordinates import SkyCoord
    from regions import PolygonSkyRegion

# Right ascension and declination in degrees.
Vertex = tuple[float, float]


def polygons(geometry: Mapping[str, Any] | None) -> list[list[Vertex]]:
    """Return the polygons of a footprint.

    Parameters
    ----------
    geometry : mapping or None
        GeoJSON, as `acsql.fits.footprint` makes it.

    Returns
    -------
    list of list of (float, float)
        For each chip the right ascensions, from 0 to 360, and declinations of its vertices in
        degrees (ICRS), counterclockwise as seen on the sky, east to the left (DALI 1.1, section
        3.3.7).  Empty without a footprint.
    """
    if not geometry:
        return []
    coordinates = geometry["coordinates"]
    rings = [coordinates] if geometry["type"] == "Polygon" else coordinates
    return [_counterclockwise([(ra % 360, dec) for ra, dec in ring[0][:-1]]) for ring in rings]


def _counterclockwise(vertices: list[Vertex]) -> list[Vertex]:
    """Return the vertices of an outline, nearly a quadrangle, as seen from inside the sphere."""
    quarter = len(vertices) // 4
    first, second, third = (_direction(vertices[corner * quarter]) for corner in range(3))
    along, across = (
        [a - b for a, b in zip(corner, first, strict=True)] for corner in (second, third)
    )
    outwards = (
        along[1] * across[2] - along[2] * across[1],
        along[2] * across[0] - along[0] * across[2],
        along[0] * across[1] - along[1] * across[0],
    )
    is_seen_from_outside = sum(a * b for a, b in zip(outwards, first, strict=True)) > 0
    return vertices[::-1] if is_seen_from_outside else vertices


def _direction(vertex: Vertex) -> Sequence[float]:
    longitude, latitude = map(math.radians, vertex)
    level = math.cos(latitude)
    return level * math.cos(longitude), level * math.sin(longitude), math.sin(latitude)


def stc_s(geometry: Mapping[str, Any] | None) -> str | None:
    """Return a footprint as text, as ObsCore has it in ``s_region``.

    Parameters
    ----------
    geometry : mapping or None
        As in `polygons`.

    Returns
    -------
    str or None
        STC-S (TAP 1.0, section 6): ``POLYGON ICRS ...`` of one chip, ``UNION ICRS (POLYGON ...
        POLYGON ...)`` of several; None without a footprint.
    """
    texts = [
        # Modulo 360, a number has further decimals than those of the footprint.
        " ".join(f"{round(ra, 9)} {dec}" for ra, dec in vertices)
        for vertices in polygons(geometry)
    ]
    if len(texts) > 1:
        return f"UNION ICRS ({' '.join(f'POLYGON {text}' for text in texts)})"
    return f"POLYGON ICRS {texts[0]}" if texts else None


def sky_polygons(geometry: Mapping[str, Any] | None) -> list[SkyCoord]:
    """Return the polygons of a footprint, each as a SkyCoord of its vertices."""
    from astropy.coordinates import SkyCoord

    return [SkyCoord(vertices, unit="deg") for vertices in polygons(geometry)]


def sky_regions(geometry: Mapping[str, Any] | None) -> list[PolygonSkyRegion]:
    """Return the polygons of a footprint as regions of the package ``regions``.

    Raises
    ------
    ImportError
        If the package is not installed.
    """
    from regions import PolygonSkyRegion

    return [PolygonSkyRegion(vertices=vertices) for vertices in sky_polygons(geometry)]
