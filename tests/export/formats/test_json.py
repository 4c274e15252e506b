"""Is JSON strict, and read back as it was written?"""

import math
from datetime import datetime

import pytest
from export_rows import columns, in_one_column, rows_of, strictly, tables, untimed, whole
from hypothesis import given

from acsql import export


def read_json(rows, shown) -> list[dict]:
    """Return the content of rows written as JSON, read strictly."""
    return strictly(whole("json", rows, shown))


@untimed
@given(tables)
def test_json_is_read_back_as_it_was_written(table):
    shown = columns(*["str"] * (len(table[0]) if table else 1))
    expected = [export.plain(row) for row in rows_of(table)]
    assert read_json(rows_of(table), shown) == expected


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (None, "float", None),
        (True, "bool", True),
        (9019, "int", 9019),
        (60.0, "float", 60.0),
        (math.inf, "float", None),
        (datetime(2002, 4, 13), "date", "2002-04-13"),
        (datetime(2002, 4, 13, 18), "datetime", "2002-04-13T18:00:00"),
        ([datetime(2002, 4, 13), None], "date", ["2002-04-13", None]),
        ([1.5, True, "x"], "str", [1.5, True, "x"]),
    ],
)
def test_a_value_in_json(value, type_, expected):
    assert read_json(*in_one_column(value, type_)) == [{"c0": expected}]
