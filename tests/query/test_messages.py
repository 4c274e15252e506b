"""Values in error messages are on one line and not long."""

from hypothesis import given
from hypothesis import strategies as st

from acsql.query.messages import MAX_LENGTH, abbreviate


def test_a_short_value_is_quoted_whole() -> None:
    assert abbreviate("NGC104") == "'NGC104'"
    assert abbreviate(60.0) == "60.0"


def test_a_long_value_ends_in_dots() -> None:
    assert abbreviate("x" * 1000) == f"'{'x' * (MAX_LENGTH - 4)}..."


@given(st.one_of(st.text(), st.lists(st.integers()), st.floats()))
def test_any_value_is_one_line_of_limited_length(value: object) -> None:
    text = abbreviate(value)
    assert len(text) <= MAX_LENGTH
    assert "\n" not in text
