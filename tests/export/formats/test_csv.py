"""Is CSV read back as it was written?"""

import csv
import io
import math

import pytest
from export_rows import (
    columns,
    in_one_column,
    rows_of,
    tables,
    untimed,
    values,
    whole,
)
from hypothesis import given

from acsql import export


def read_csv(rows, shown) -> list[list[str]]:
    """Return the cells of rows written as CSV."""
    return list(
        csv.reader(io.StringIO(whole("csv", rows, shown).decode(), newline=""), strict=True)
    )


@untimed
@given(tables)
def test_csv_is_read_back_as_it_was_written(table):
    width = len(table[0]) if table else 1
    shown = columns(*["str"] * width)
    header, *body = read_csv(rows_of(table), shown)
    assert header == [column.address for column in shown]
    assert len(body) == len(table)
    for cells, row in zip(body, table, strict=True):
        expected = [export.text(value, column) for value, column in zip(row, shown, strict=True)]
        assert cells == expected


def test_texts_stay_as_they_are():
    assert read_csv(*in_one_column("-NGC104/+1"))[1] == ["-NGC104/+1"]


@pytest.mark.parametrize("value", [-1, -1.5, -math.inf])
def test_a_negative_number_is_no_formula(value):
    assert read_csv(*in_one_column(value, "float"))[1] == [str(value)]


def test_csv_is_as_rfc_4180_has_it():
    table = [["a,b", 'say "c"'], ["d\ne", None]]
    written = list(export.FORMATS["csv"].write(rows_of(table), columns("str", "str")))
    assert written == [b"c0,c1\r\n", b'"a,b","say ""c"""\r\n', b'"d\ne",\r\n']


@untimed
@given(values)
def test_a_row_of_one_empty_cell_is_a_row(value):
    assert len(read_csv(*in_one_column(value))) == 2
