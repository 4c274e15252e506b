"""Shapes contain what astropy and the index of the database say."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord

import acsql
from acsql.errors import QueryError
from acsql.vo import sky
from acsql.vo.sky import Circle, Polygon


@pytest.mark.parametrize("centre", [(0, 0), (359.9, 45), (120, -89.5), (10, 90)])
def test_a_box_contains_what_lies_between_its_arms(centre: tuple[float, float]) -> None:
    place = SkyCoord(*centre, unit="deg")
    inside = [place.directional_offset_by(a * units.deg, 0.9 * units.deg) for a in (0, 90, 200)]
    outside = [place.directional_offset_by(a * units.deg, 1.5 * units.deg) for a in (0, 90, 200)]
    positions = np.array([(each.ra.deg, each.dec.deg) for each in (*inside, *outside)])
    found = sky.contains(sky.box(*centre, 2, 2), positions)
    assert found.tolist() == [True] * 3 + [False] * 3


def test_a_polygon_that_is_not_convex_has_a_notch() -> None:
    polygon = Polygon(((0, 0), (2, 0), (2, 2), (1, 0.5), (0, 2)))
    positions = np.array([(0.2, 1), (1, 1), (1, 0.2), (181, 0), (np.nan, 0)])
    assert sky.contains(polygon, positions).tolist() == [True, False, True, False, False]


@pytest.fixture(scope="module")
def place(sample_archive: acsql.Archive) -> tuple[str, float, float]:
    """An observation with a footprint, and a vertex of it."""
    (row,) = sample_archive.where("exists(flt.0.filename)", detector="WFC").footprints(1)
    coordinates = np.array(row["footprint"]["coordinates"]).reshape(-1, 2)
    return row["rootname"], *coordinates[0]


@pytest.mark.parametrize("radius", [1e-5, 1, 85, 120])
def test_a_circle_around_a_vertex_intersects(
    sample_archive: acsql.Archive, place: tuple[str, float, float], radius: float
) -> None:
    name, ra, dec = place
    shape = Circle(ra, dec, radius)
    assert name in sky.observations(sample_archive.store, "intersects", shape, None)


@pytest.mark.parametrize(("factor", "is_found"), [(0.99, False), (1.01, True)])
def test_a_circle_intersects_from_its_distance_on(
    sample_archive: acsql.Archive, place, factor: float, is_found: bool
) -> None:
    name, _, _ = place
    observation = sample_archive.observation(name)
    footprint = next(row["footprint"] for row in sample_archive.where(rootname=name).footprints(1))
    vertices = SkyCoord(np.array(footprint["coordinates"]).reshape(-1, 2), unit="deg")
    centre = SkyCoord(observation["ra_targ"], observation["dec_targ"], unit="deg")
    far = centre.directional_offset_by(30 * units.deg, 0.5 * units.deg)
    # Half a degree away, the nearest vertex is nearly the nearest point of all.
    radius = far.separation(vertices).min().deg * factor
    shape = Circle(far.ra.deg, far.dec.deg, radius)
    assert (name in sky.observations(sample_archive.store, "intersects", shape, None)) == is_found


def test_a_footprint_is_within_a_wide_circle_and_no_narrow_one(
    sample_archive: acsql.Archive, place: tuple[str, float, float]
) -> None:
    name, ra, dec = place
    assert name in sky.observations(sample_archive.store, "within", Circle(ra, dec, 1), None)
    assert name not in sky.observations(sample_archive.store, "within", Circle(ra, dec, 1e-5), None)


def test_a_polygon_whose_sides_cross_is_an_error(sample_archive: acsql.Archive) -> None:
    polygon = Polygon(((0, 0), (1, 1), (1, 0), (0, 1)))
    with pytest.raises(QueryError, match="polygon is not valid"):
        sky.observations(sample_archive.store, "intersects", polygon, None)
