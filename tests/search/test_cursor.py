"""Do marks of pages say exactly where a page ends, and nothing that a user makes up?"""

import base64
import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.errors import QueryError
from acsql.search.cursor import from_mark, to_mark

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.datetimes(min_value=datetime(1, 1, 1)),
)


@given(st.lists(values, min_size=1, max_size=4))
def test_a_mark_holds_what_it_was_made_of(key) -> None:
    mark = to_mark(key)
    assert mark.isascii()
    found = from_mark(mark, len(key))
    assert found == key
    assert [type(value) for value in found] == [type(value) for value in key]


@given(st.lists(values, min_size=1, max_size=4), st.integers(1, 5))
def test_a_mark_of_another_order_is_refused(key, keys) -> None:
    if keys != len(key):
        with pytest.raises(QueryError, match="mark"):
            from_mark(to_mark(key), keys)


@pytest.mark.parametrize(
    "value", [{"$gt": ""}, [], 2**63, {"date": "no"}, {"date": 5}, "\ud800", {"date": "1", "x": 1}]
)
def test_values_that_no_row_holds_are_refused(value) -> None:
    mark = base64.urlsafe_b64encode(json.dumps([value]).encode()).decode()
    with pytest.raises(QueryError, match="mark"):
        from_mark(mark, 1)


@given(st.text())
def test_any_text_is_a_mark_or_refused(text) -> None:
    try:
        assert len(from_mark(text, 1)) == 1
    except QueryError as error:
        assert "mark" in str(error)


def test_a_mark_keeps_fractions_of_seconds() -> None:
    moment = datetime(2002, 4, 13, 18, 16, 35, 123_000)
    assert from_mark(to_mark([moment]), 1) == [moment]
