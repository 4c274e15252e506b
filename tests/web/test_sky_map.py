"""The sky map: projection, Galactic plane and dots."""

from io import BytesIO

import hypothesis.strategies as st
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from mocpy import MOC
from PIL import Image

from acsql.web import sky_map


def test_the_projection_keeps_areas_and_the_sense_of_the_sky() -> None:
    x, y = sky_map.project(np.array([180, 90, 270, 180, 180]), np.array([0, 0, 0, 90, -90]))
    assert x.tolist() == pytest.approx([500, 750, 250, 500, 500])
    assert y.tolist() == pytest.approx([250, 250, 250, 0, 500])
    # The caps around the poles that have half of the sphere have half of the map.
    _, edges = sky_map.project(np.array([180, 180]), np.array([30, -30]))
    half = np.abs(1 - edges / 250)
    shares = 2 / np.pi * (np.arcsin(half) + half * np.sqrt(1 - half**2))
    assert shares.tolist() == pytest.approx([0.5, 0.5])


def test_the_galactic_plane_is_where_it_is() -> None:
    moves = " ".join(sky_map.galactic_plane()).replace("M", " ").replace("L", " ").split()
    drawn = np.array(moves, float).reshape(-1, 2)
    known = SkyCoord(np.arange(0, 360, 1.5), 0, unit="deg", frame="galactic").icrs
    x, y = sky_map.project(known.ra.deg, known.dec.deg)
    assert len(drawn) == len(x) + 1
    for place in np.column_stack([x, y]):
        assert np.hypot(*(drawn - place).T).min() < 0.2


def test_dots_at_the_same_place_are_drawn_once() -> None:
    assert sky_map.dots(np.array([180, 180, 90]), np.array([0, 0, 0])) == "M500 250h0M750 250h0"


def test_a_coverage_map_is_drawn_where_its_cells_are() -> None:
    field = SkyCoord([83.8, 83.86, 83.86, 83.8], [-5.4, -5.4, -5.34, -5.34], unit="deg")
    pole = SkyCoord([0, 90, 180, 270], [88, 88, 88, 88], unit="deg")
    covered = MOC.new_empty(13).union(*MOC.from_polygons([field, pole], max_depth=13))
    drawn = np.array(Image.open(BytesIO(sky_map.coverage_png(MOC.new_empty(13)))).convert("RGBA"))
    assert drawn.shape == (2 * sky_map.HEIGHT, 2 * sky_map.WIDTH, 4)
    assert not drawn.any()
    picture = Image.open(BytesIO(sky_map.coverage_png(covered))).convert("RGBA")
    rows, columns = np.nonzero(np.array(picture)[..., 3])
    x, y = sky_map.project([83.83], [-5.37])
    near = np.hypot(columns / 2 - x, rows / 2 - y) < 2
    # The other pixels are those of the cap around the pole.
    assert near.any()
    assert rows[~near].max() < 15


@settings(max_examples=50)
@given(st.floats(0.1, 359.9), st.floats(-89, 89))
def test_a_place_of_the_map_is_that_of_its_position(ra: float, dec: float) -> None:
    again = sky_map._positions(*sky_map.project([ra], [dec]))
    assert np.ravel(again) == pytest.approx([ra, dec], abs=1e-6)
