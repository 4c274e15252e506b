"""Numbers, sizes and durations as pages and messages show them."""

import pytest

from acsql import formatting
from acsql.keywords import KeywordSpecs
from acsql.query import resolve_all


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (168_000_000, "168.0 MB"),
        (40e12, "40.0 TB"),
        (4e15, "4,000.0 TB"),
    ],
)
def test_sizes(number: float, expected: str) -> None:
    assert formatting.size(number) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.04, "0.0 s"),
        (59.9, "59.9 s"),
        (65, "1 min 5 s"),
        (3600, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert formatting.duration(seconds) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2439.337254901961, "2439.337"), (0.0, "0"), (1.5e-7, "1.5e-07"), (12345678, 12345678)],
)
def test_measured_numbers_have_seven_digits_and_whole_numbers_all(
    value: float, expected: object
) -> None:
    assert formatting.measured(value) == expected


def test_numbers_have_separated_thousands() -> None:
    assert formatting.number(1234567) == "1,234,567"
    assert formatting.number(0.5, 2) == "0.50"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (3, "less than a minute ago"),
        (60, "1 minute ago"),
        (16 * 60 + 24, "16 minutes ago"),
        (119 * 60, "119 minutes ago"),
        (40 * 3600, "40 hours ago"),
        (50 * 3600, "2 days ago"),
    ],
)
def test_ages_are_in_the_largest_unit_of_which_there_are_two(seconds: float, expected: str) -> None:
    assert formatting.age(seconds) == expected


def test_nouns_are_plural_except_for_one() -> None:
    assert [formatting.plural(n, "file") for n in (0, 1, 1234)] == [
        "0 files",
        "1 file",
        "1,234 files",
    ]


def test_a_modified_julian_date_has_the_digits_that_mean_something(specs: KeywordSpecs) -> None:
    expstart, exptime = resolve_all(["expstart", "exptime"], specs)
    assert formatting.rounded(52742.384783333335, expstart) == 52742.38478333
    assert formatting.rounded(52742.384783333335, exptime) == 52742.384783333335
    assert formatting.rounded(None, expstart) is None
