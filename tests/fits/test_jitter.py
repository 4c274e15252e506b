"""Jitter tables: readings, their RMS, and the states of the telescope."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from acsql.fits.jitter import is_jitter, readings, rms, states


def table(**columns: object) -> Table:
    """Return a table with a row every three seconds."""
    length = len(next(iter(columns.values())))
    return Table({"Seconds": 3.0 * np.arange(length), **columns})


def test_a_table_of_jitter_has_the_jitter_of_both_axes() -> None:
    names = ["Seconds", "SI_V2_AVG", "SI_V2_RMS", "SI_V3_AVG", "SI_V3_RMS", "RA"]
    assert is_jitter(names)
    assert not is_jitter(names[1:])
    assert not is_jitter(["MEMNAME"])


def test_unknown_and_undefined_readings_are_nan() -> None:
    values = MaskedColumn([1.0, 2.0, 1.6e38], mask=[False, True, False], dtype=np.float32)
    np.testing.assert_array_equal(readings(table(V2_dom=values), "V2_dom"), [1, np.nan, np.nan])


def test_the_rms_is_that_of_the_known_rows() -> None:
    assert rms(table(SI_V2_RMS=[3.0, 4.0, np.nan]), "SI_V2_RMS") == pytest.approx(12.5**0.5)
    assert rms(table(SI_V2_RMS=[np.nan]), "SI_V2_RMS") is None


def test_a_state_lasts_from_its_first_row_to_the_row_after_its_last() -> None:
    found = states(table(DayNight=[1, 1, 0, 0, 1], TakeData=[1, 0, 1, 1, 1]))
    assert found == {"night": [(0, 6), (12, 15)], "guide stars lost": [(3, 6)]}


@pytest.mark.parametrize("flags", [[], [1]])
def test_a_table_may_have_no_row_or_one(flags: list[int]) -> None:
    flags_column = np.array(flags, int)
    assert states(table(SlewFlag=flags_column)) == {"slew": [(0.0, 0.0)] * len(flags)}


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_every_row_with_a_flag_is_in_one_interval(flags: list[bool]) -> None:
    intervals = states(table(Recenter=np.array(flags, int)))["recentring"]
    within = [sum(begin <= 3 * row < end for begin, end in intervals) for row in range(len(flags))]
    assert within == [int(flag) for flag in flags]
