"""Do values become text for users and JSON without loss?"""

import math
from datetime import datetime

import pytest
from export_rows import columns, moments, untimed
from hypothesis import given
from hypothesis import strategies as st

from acsql import export


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (None, "str", ""),
        (True, "bool", "T"),
        (False, "bool", "F"),
        (9019, "int", "9019"),
        (60.0, "float", "60.0"),
        (52377.76152356, "float", "52377.76152356"),
        ("NGC104", "str", "NGC104"),
        ("", "str", ""),
        (datetime(2002, 4, 13), "date", "2002-04-13"),
        (datetime(2002, 4, 13), "datetime", "2002-04-13T00:00:00"),
        (datetime(2002, 4, 13, 18, 16, 35), "datetime", "2002-04-13T18:16:35"),
        (datetime(2002, 4, 13, 18, 16, 35, 250_000), "datetime", "2002-04-13T18:16:35.250"),
        (["a", None, True], "str", "a; ; T"),
        ([datetime(2002, 4, 13)] * 2, "date", "2002-04-13; 2002-04-13"),
        ([], "str", ""),
    ],
)
def test_a_value_becomes_text(value, type_, expected):
    assert export.text(value, columns(type_)[0]) == expected


def test_a_date_without_a_column_keeps_its_time():
    assert export.text(datetime(2002, 4, 13)) == "2002-04-13T00:00:00"


@untimed
@given(st.integers() | st.floats(allow_nan=False))
def test_the_text_of_a_number_is_that_number(number):
    assert type(number)(export.text(number)) == number


@untimed
@given(moments)
def test_the_text_of_a_moment_is_that_moment(moment):
    assert datetime.fromisoformat(export.text(moment)) == moment


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_are_null(value):
    assert export.plain({"a": [value, {"b": value}]}) == {"a": [None, {"b": None}]}


def test_a_nested_value_in_json():
    assert export.plain({"files": {"raw": {"mtime": datetime(2002, 4, 13), "size": 3}}}) == {
        "files": {"raw": {"mtime": "2002-04-13T00:00:00", "size": 3}}
    }
