"""The sky map: projection, Galactic plane and dots."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

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
