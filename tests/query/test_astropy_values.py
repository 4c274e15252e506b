"""Are values of numpy and astropy converted to Python's own, and Python's own kept?"""

from datetime import datetime

import numpy as np
import pytest
from astropy import units
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from acsql.query import astropy_values

MOMENT = datetime(2002, 4, 13, 18, 16, 35)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.str_("WFC"), "WFC"),
        (np.datetime64("2002-04-13T18:16:35"), MOMENT),
        (2 * units.min, 120.0),
        (Time(MOMENT, scale="utc"), MOMENT),
        (None, None),
        ("WFC", "WFC"),
    ],
)
def test_a_scalar_becomes_a_value_of_python(value, expected):
    scalar = astropy_values.to_scalar(value, "s", as_mjd=False)
    assert (scalar, type(scalar)) == (expected, type(expected))


def test_several_times_are_no_scalar():
    with pytest.raises(TypeError):
        astropy_values.to_scalar(Time([MOMENT, MOMENT], scale="utc"), "", as_mjd=False)


@pytest.mark.parametrize(
    ("value", "expected"), [(np.ma.masked, None), (np.array("WFC"), "WFC"), (np.float64(1), 1.0)]
)
def test_a_masked_value_is_none_and_an_array_without_dimensions_its_value(value, expected):
    assert astropy_values.unwrap(value) == expected


def test_an_array_with_dimensions_stays_one():
    array = np.arange(3)
    assert astropy_values.unwrap(array) is array


# UTC is a uniform scale since 1972; before, its seconds were not those of TAI.
@given(st.datetimes(datetime(1972, 1, 1), datetime(2030, 1, 1)))
def test_a_moment_is_the_same_as_a_modified_julian_date_to_a_tenth_of_a_millisecond(moment):
    again = astropy_values.from_mjd(astropy_values.to_mjd(moment))
    assert abs((again - moment).total_seconds()) < 1e-4


@pytest.mark.parametrize("text", ["24:00:00", "00:60:00", "00:00:60", "north", ""])
def test_what_astropy_warns_of_or_refuses_is_a_value_error(text):
    with pytest.raises(ValueError):
        astropy_values.parse_angle(text, "hourangle")
