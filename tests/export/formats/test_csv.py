"""Is CSV read back as it was written, and does no cell become a formula?"""

import csv
import io
import math

import pytest
from export_rows import (
    FORMULA,
    columns,
    in_one_column,
    rows_of,
    tables,
    tricky,
    untimed,
    values,
    whole,
)
from hypothesis import given
from hypothesis import strategies as st

from acsql import export


def read_csv(rows, shown) -> list[list[str]]:
    """Return the cells of rows written as CSV."""
    return list(
        csv.reader(io.StringIO(whole("csv", rows, shown).decode(), newline=""), strict=True)
    )


def unguarded(cell: str) -> str:
    """Return a cell without the quote that keeps spreadsheets from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


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
        assert [unguarded(cell) for cell in cells] == [unguarded(cell) for cell in expected]


@untimed
@given(st.lists(st.sampled_from(["=1+1", "+1", "-1", "@A1", "\tx", "\r=1", "x", "'=1"])), tricky)
def test_no_text_is_a_formula(parts, text):
    for value in (text, parts, "".join(parts)):
        cell = read_csv(*in_one_column(value))[1][0]
        assert cell[:1] not in FORMULA


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
