"""Footprints as texts, coordinates and regions have the vertices of the GeoJSON."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from regions import PolygonSkyRegion

from acsql.fits.regions import polygons, sky_polygons, sky_regions, stc_s


def square(ra: float, dec: float, side: float = 0.05, order: int = 1) -> list[list[float]]:
    """Return a closed ring around a position, as GeoJSON has it."""
    half = side / 2
    wide = half / np.cos(np.radians(dec))
    corners = [(-wide, -half), (wide, -half), (wide, half), (-wide, half)][::order]
    ring = [[(ra + x + 180) % 360 - 180, dec + y] for x, y in corners]
    return [*ring, ring[0]]


def polygon(*rings: list[list[float]]) -> dict[str, object]:
    """Return rings as one geometry."""
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": [rings[0]]}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


@given(st.floats(0, 360), st.floats(-89, 89), st.sampled_from([1, -1]))
def test_east_is_left_of_north_in_the_order_of_the_vertices(ra, dec, order) -> None:
    (vertices,) = polygons(polygon(square(ra, dec, order=order)))
    east = (np.array([vertex[0] for vertex in vertices]) - ra + 180) % 360 - 180
    north = np.array([vertex[1] for vertex in vertices]) - dec
    # With east to the left, the area within a counterclockwise path is positive.
    left = -east
    assert np.sum(left * np.roll(north, -1) - np.roll(left, -1) * north) > 0


@given(st.floats(0, 360), st.floats(-89, 89))
def test_a_text_has_the_vertices_of_all_chips_with_right_ascensions_from_0_to_360(ra, dec) -> None:
    geometry = polygon(square(ra, dec), square(ra, dec, order=-1))
    text = stc_s(geometry)
    assert text is not None
    assert re.fullmatch(r"UNION ICRS \(POLYGON [-\d. e]+ POLYGON [-\d. e]+\)", text)
    numbers = [float(number) for number in re.findall(r"[-\d.e]+(?=[ )])", text)]
    expected = [number for each in polygons(geometry) for vertex in each for number in vertex]
    assert numbers == pytest.approx(expected, abs=1e-9)
    assert all(0 <= number <= 360 for number in numbers[::2])


def test_one_chip_is_one_polygon() -> None:
    text = stc_s(polygon(square(10, 20, side=2)))
    assert text is not None
    assert text.startswith("POLYGON ICRS ")
    assert len(text.split()) == 2 + 8


@pytest.mark.parametrize("geometry", [None, {}])
def test_without_a_footprint_there_is_nothing(geometry) -> None:
    assert (stc_s(geometry), sky_polygons(geometry), sky_regions(geometry)) == (None, [], [])


def test_coordinates_and_regions_are_those_of_the_text() -> None:
    geometry = polygon(square(0, 20), square(1, 20))
    for coordinates, region, vertices in zip(
        sky_polygons(geometry), sky_regions(geometry), polygons(geometry), strict=True
    ):
        assert isinstance(region, PolygonSkyRegion)
        assert np.column_stack([coordinates.ra.deg, coordinates.dec.deg]) == pytest.approx(
            np.array(vertices)
        )
        assert (region.vertices == coordinates).all()
