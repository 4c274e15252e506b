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
    with pytest.raises(QueryError, match=r"polygon is not valid: .*cross") as raised:
        sky.observations(sample_archive.store, "intersects", polygon, None)
    # Its visitors do not learn where the database of a site is.
    assert "mongodb" not in str(raised.value)


def test_a_footprint_is_within_a_box_around_it_and_in_no_part_of_it(
    sample_archive: acsql.Archive, place: tuple[str, float, float]
) -> None:
    name, ra, dec = place

    def within(polygon: Polygon) -> bool:
        """Return whether the footprint is found within a polygon."""
        return name in sky.observations(sample_archive.store, "within", polygon, None)

    assert within(sky.box(ra, dec, 1, 1))
    assert not within(sky.box(ra, dec, 0.01, 0.01))
    # Half of a box, one side of which goes through the vertex.
    assert not within(Polygon(((ra, dec - 1), (ra + 1, dec - 1), (ra + 1, dec + 1), (ra, dec + 1))))
    assert not within(sky.box(ra + 10, dec, 1, 1))


def test_what_is_within_a_polygon_intersects_it(sample_archive: acsql.Archive) -> None:
    every = sample_archive.where("exists(expstart)").footprints(100)
    rows = [row for row in every if row["footprint"]]
    vertices = [np.array(ring) for row in rows for ring in sky_rings(row["footprint"])]
    for ra, dec in (ring[0] for ring in vertices[::5]):
        shape = sky.box(ra, dec, 0.1, 0.1)
        found = set(sky.observations(sample_archive.store, "within", shape, None))
        assert found <= set(sky.observations(sample_archive.store, "intersects", shape, None))
        inside = {
            row["rootname"]
            for row in rows
            if all(
                sky.contains(shape, np.array(ring)).all() for ring in sky_rings(row["footprint"])
            )
        }
        # A box is convex: what has all vertices in it lies in it.
        assert found & {row["rootname"] for row in rows} == inside


def sky_rings(footprint: dict) -> list[list[list[float]]]:
    """Return the outlines of the chips of a footprint."""
    coordinates = footprint["coordinates"]
    return coordinates if footprint["type"] == "Polygon" else [each[0] for each in coordinates]


@pytest.mark.parametrize("pole", [(0, 0), (359, 50), (200, -89.9)])
def test_an_outline_across_a_notch_is_not_within_a_polygon(pole: tuple[float, float]) -> None:
    """Its vertices are in the polygon, and the notch is between them."""

    def at(*offsets: tuple[float, float]) -> list[tuple[float, float]]:
        """Return the places at offsets in degrees."""
        places = [SkyCoord(*pole, unit="deg").spherical_offsets_by(x * units.deg, y * units.deg)
                  for x, y in offsets]  # fmt: skip
        return [(each.ra.deg, each.dec.deg) for each in places]

    polygon = Polygon(tuple(at((-2, -2), (2, -2), (2, 2), (0, -1), (-2, 2))))

    def within(*corners: tuple[float, float]) -> bool:
        """Return whether an outline lies in the polygon."""
        ring = at(*corners)
        footprint = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        (found,) = sky._are_within(polygon, [sky._rings(footprint)])
        return found

    assert within((-1.5, -1.5), (1.5, -1.5), (1.5, -1.2), (-1.5, -1.2))
    assert not within((-1.7, 0), (1.7, 0), (1.7, 0.1), (-1.7, 0.1))
    assert not within((-1.5, -1.5), (1.5, -1.5), (1.5, -2.5), (-1.5, -2.5))
    assert not within((10, 10), (11, 10), (11, 11), (10, 11))
