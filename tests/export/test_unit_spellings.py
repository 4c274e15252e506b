"""FITS and VOTables have their own units: others are written as equivalents, or described."""

import pytest
from astropy import units

from acsql.export.unit_spellings import fits_description, fits_unit, votable_unit


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


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        ("km / s", "km.s**-1"),
        ("electron / DN", "'electron'.'DN'**-1"),
        ("Angstrom", "0.1nm"),
        ("", ""),
    ],
)
def test_a_unit_is_written_as_votables_have_it(unit, written):
    assert votable_unit(unit).to_string("vounit") == written


@pytest.mark.parametrize("unit", [None, "no unit"])
def test_what_is_no_unit_stays_in_a_votable(unit):
    assert votable_unit(unit) == unit
