"""Are positions and radii understood as users write them?"""

import math

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import Angle, SkyCoord
from query_values import SPECS

from acsql import query
from acsql.errors import QueryError
from acsql.query import Covers, Overlaps, Within


@pytest.mark.parametrize(
    ("ra", "dec", "radius", "expected"),
    [
        (6.02, -72.08, 0.1, (6.02, -72.08, 0.1)),
        (-6, 90, 90, (354.0, 90.0, 90.0)),
        (-370, 0, 1, (350.0, 0.0, 1.0)),
        (730, 0, 180, (10.0, 0.0, 180.0)),
        ((6.02, -72.08), None, 1, (6.02, -72.08, 1.0)),
        (SkyCoord(6.02, -72.08, unit="deg"), None, 1, (6.02, -72.08, 1.0)),
        (SkyCoord("0h24m5.7s", "-72d4m52s").galactic, None, 1, (6.02375, -72.0811111111111, 1.0)),
        (360, 0, "5arcmin", (0.0, 0.0, 5 / 60)),
        (-1e-300, 0, 1, (0.0, 0.0, 1.0)),
        ("6.02", "-72.08", "1 deg", (6.02, -72.08, 1.0)),
        ("00:24:05.7", "-72:04:52", 1, (6.02375, -72.0811111111111, 1.0)),
        ("00h24m05.7s", "-72d04m52s", 1, (6.02375, -72.0811111111111, 1.0)),
        ("00:24:05.7 -72:04:52", None, 1, (6.02375, -72.0811111111111, 1.0)),
        ("00 24 05.7 -72 04 52", None, 1, (6.02375, -72.0811111111111, 1.0)),
        ("6.02 -72.08", None, 1, (6.02, -72.08, 1.0)),
        (Angle("6.02d"), 1 * units.rad, 30 * units.arcsec, (6.02, 180 / math.pi, 1 / 120)),
        (np.float64(6.02), np.int64(5), np.float32(0.5), (6.02, 5.0, 0.5)),
    ],
)
def test_a_position_is_understood_as_people_write_it(ra, dec, radius, expected):
    found = query.prepare(Within(ra, dec, radius), SPECS)
    assert (found.ra, found.dec, found.radius) == pytest.approx(expected, abs=1e-12)
    assert {type(value) for value in (found.ra, found.dec, found.radius)} == {float}
    assert query.prepare(found, SPECS) == found
    assert query.prepare(Covers(ra, dec), SPECS) == Covers(found.ra, found.dec)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        *((Within(ra, 0, 1), "ra: expected") for ra in (math.nan, math.inf, True, [])),
        *((Within(0, dec, 1), "dec: expected") for dec in (90.1, -91, "x", {"$gt": 0}, b"1")),
        *((Within(0, 0, r), "radius: expected") for r in (0, -1, 180.1, math.nan, None, "", "5km")),
        *((Within(0, 0, r), "radius: expected") for r in (1 * units.km, math.inf, "1e999")),
        *((Within(p, None, 1), "position|ra|dec") for p in (None, 5, "", "1", "1 2 3", "0:60:0 1")),
        (Within(SkyCoord([1, 2], [3, 4], unit="deg"), None, 1), "expected a position"),
        (Covers(0, 91), "dec: expected"),
        (Covers("00:60:00", 1), "ra: expected"),
        (Overlaps("j8bt"), "'j8bt' is not a rootname"),
        (Overlaps(None), "rootname: expected text"),
    ],
)
def test_an_invalid_position_or_radius_is_refused(condition, reason):
    with pytest.raises(QueryError, match=reason):
        query.prepare(condition, SPECS)


def test_an_overlap_keeps_the_footprint_that_was_looked_up():
    footprint = {"type": "Polygon", "coordinates": []}
    found = query.prepare(Overlaps("J8BT05NJQ", footprint), SPECS)
    assert found == Overlaps("j8bt05nj")
    assert found.footprint == footprint
