"""The schedule of the sample archive."""

from itertools import pairwise

import pytest
from astropy.coordinates import SkyCoord, get_sun
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_files import COUNT

from acsql import names
from acsql.sample import schedule


@settings(deadline=None)
@given(count=st.integers(1, 200), seed=st.integers(0, 5))
def test_every_number_of_observations_can_be_planned(specs, count, seed):
    made = schedule.plan(count, seed, specs)
    assert len(made) == count
    keys = [names.rootname(observation.ipppssoot) for observation in made]
    assert len(set(keys)) == count


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_has_every_kind_of_observation(specs, seed):
    made = schedule.plan(COUNT, seed, specs)
    kinds = {(o.detector, o.visit.imagetyp, o.subarray, bool(o.members)) for o in made}
    assert kinds >= {
        ("WFC", "EXT", False, False),
        ("WFC", "EXT", False, True),
        ("WFC", "EXT", True, False),
        ("WFC", "DARK", False, False),
        ("WFC", "BIAS", False, False),
        ("WFC", "FLAT", False, False),
        ("HRC", "EXT", False, False),
        ("HRC", "EXT", False, True),
        ("HRC", "FLAT", False, False),
        ("SBC", "EXT", False, True),
        ("SBC", "DARK", False, False),
    }
    assert {len(o.members) for o in made} >= {0, 2, 3, 6}
    assert any(o.target.moving for o in made)
    assert any("flt" not in o.filetypes for o in made if not o.members)
    assert {o.ipppssoot[8] for o in made if o.members} >= {"0", "1", "2"}


@pytest.mark.parametrize("count", [60, 300])
def test_times_and_detectors_are_those_of_the_mission(specs, count):
    for observation in schedule.plan(count, 4, specs):
        day = Time(observation.start, format="mjd").isot[:10]
        assert "2002-04-01" <= day <= "2017-12-31"
        if observation.detector == "HRC":
            assert day < "2007-01-27"
        if observation.detector == "WFC":
            assert not "2007-01-27" <= day <= "2009-05-20"
        limit = sum(1 for k in specs.lists if k[:2] == (observation.detector, "jif")) - 1
        assert len(observation.exposures) <= limit


def test_the_telescope_keeps_away_from_the_sun(specs):
    for observation in schedule.plan(100, 6, specs):
        if not observation.internal:
            sun = get_sun(Time(observation.start, format="mjd"))
            mine = SkyCoord(*schedule.sun(observation.start), unit="deg")
            assert mine.separation(SkyCoord(sun.ra, sun.dec)).deg < 0.5
            target = SkyCoord(observation.target.ra, observation.target.dec, unit="deg")
            assert target.separation(SkyCoord(sun.ra, sun.dec)).deg > 50


def test_exposures_of_a_visit_follow_each_other(planned):
    for earlier, later in pairwise(o for o in planned if not o.members):
        if earlier.serial == later.serial:
            assert later.start > earlier.end
