"""FITS has its own units: others are written as equivalents, or in the description."""

import pytest
from astropy import units

from acsql.export.fits_units import fits_description, fits_unit


@pytest.mark.parametrize(
    ("unit", "written", "description"),
    [
        (None, None, "a level"),
        ("s", "s", "a level"),
        ("electron / s", "count s-1", "[electron / s] a level"),
        ("electron / DN", "count adu-1", "[electron / DN] a level"),
        ("cycle", None, "[cycle] a level"),
        ("furlong", None, "[furlong] a level"),
    ],
)
def test_a_unit_that_fits_does_not_have_is_named_in_the_description(unit, written, description):
    known = None if unit is None else units.Unit(unit, parse_strict="silent")
    assert fits_unit(known) == written
    assert fits_description(unit, "a level") == description
