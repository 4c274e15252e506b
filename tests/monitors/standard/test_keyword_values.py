"""Values of keywords, also where a header has another type or none."""

from typing import Any

import pytest

from acsql.monitors.standard.keyword_values import filter_name, number, text


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3.0), (2.5, 2.5), (True, None), ("INDEF", None), (None, None)],
)
def test_only_numbers_are_numbers(value: Any, expected: float | None) -> None:
    assert number({"sunangle": value}, "sunangle") == expected
    assert number({}, "sunangle") is None


@pytest.mark.parametrize(("value", "expected"), [(" LOW ", "LOW"), ("  ", None), (1, None)])
def test_a_text_has_no_blanks_around_it(value: Any, expected: str | None) -> None:
    assert text({"flashcur": value}, "flashcur") == expected
    assert text({}, "flashcur") is None


@pytest.mark.parametrize(
    ("filters", "name"),
    [
        (("F606W", "CLEAR2L"), "F606W"),
        (("CLEAR1L", "F814W"), "F814W"),
        (("F606W", "POL0V"), "F606W POL0V"),
        (("CLEAR1S", "CLEAR2S"), "CLEAR"),
        (("F125LP", "N/A"), "F125LP"),
        ((None, "N/A"), "CLEAR"),
    ],
)
def test_the_name_of_the_filters_leaves_clear_ones_out(
    filters: tuple[str | None, str], name: str
) -> None:
    assert filter_name({"filter1": filters[0], "filter2": filters[1]}) == name
