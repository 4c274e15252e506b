"""Cursors hold the sort key of a row exactly, and anything else is refused."""

import base64
import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.errors import QueryError
from acsql.search.cursor import decode, encode

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.datetimes(min_value=datetime(1, 1, 1)),
)


@given(st.lists(values, min_size=1, max_size=4))
def test_a_cursor_decodes_to_the_key_it_encodes(key) -> None:
    cursor = encode(key)
    assert cursor.isascii()
    decoded = decode(cursor, len(key))
    assert decoded == key
    assert [type(value) for value in decoded] == [type(value) for value in key]


@given(st.lists(values, min_size=1, max_size=4), st.integers(1, 5))
def test_a_cursor_of_another_sort_order_is_refused(key, keys) -> None:
    if keys != len(key):
        with pytest.raises(QueryError, match="invalid cursor"):
            decode(encode(key), keys)


@pytest.mark.parametrize(
    "value", [{"$gt": ""}, [], 2**63, {"date": "no"}, {"date": 5}, "\ud800", {"date": "1", "x": 1}]
)
def test_values_that_no_row_can_hold_are_refused(value) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([value]).encode()).decode()
    with pytest.raises(QueryError, match="invalid cursor"):
        decode(cursor, 1)


@given(st.text())
def test_any_text_is_a_cursor_or_refused(text) -> None:
    try:
        assert len(decode(text, 1)) == 1
    except QueryError as error:
        assert "invalid cursor" in str(error)


def test_a_cursor_keeps_fractions_of_seconds() -> None:
    moment = datetime(2002, 4, 13, 18, 16, 35, 123_000)
    assert decode(encode([moment]), 1) == [moment]


def test_a_long_text_is_shortened_in_the_message() -> None:
    with pytest.raises(QueryError) as raised:
        decode("x" * 100_000, 1)
    assert len(str(raised.value)) < 200
