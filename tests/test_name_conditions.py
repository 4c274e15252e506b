"""Words mean conditions; those that are no names of the archive are left over, in runs."""

import pytest

import acsql
from acsql.name_conditions import on_date, read_names
from acsql.query import And, Equals


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("47 Tuc F606W 2003", []),
        ("ngc 104 darks", []),
        ("Local Transient wfc M1e7 2003", ["Local Transient", "M1e7"]),
        ("", []),
    ],
)
def test_words_that_are_no_names_are_left_over(sample_archive, text, others) -> None:
    names = read_names(text.split(), sample_archive)
    assert names.others == others
    assert (names.condition is None) == bool(others)


def test_names_that_follow_each_other_are_one_condition(sample_archive: acsql.Archive) -> None:
    names = read_names(["wfc", "2003-03"], sample_archive)
    assert names.condition == And((*names.conditions,))
    assert names.conditions[1] == Equals("date_obs", "2003-03")


@pytest.mark.parametrize(
    ("text", "date"),
    [("2003", "2003"), ("2003-03-29", "2003-03-29"), ("Mar 2003", "2003-03"), ("1889", None)],
)
def test_dates_are_years_months_and_days(text: str, date: str | None) -> None:
    assert on_date(text) == (date and Equals("date_obs", date))
