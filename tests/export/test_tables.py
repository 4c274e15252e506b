"""Astropy tables as rows and columns of the export formats."""

import io

import numpy as np
import pytest
from astropy import units
from astropy.io.votable import parse_single_table
from astropy.table import Column, MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from acsql.export import FORMATS
from acsql.export.tables import table_columns, table_rows


@pytest.fixture
def table() -> Table:
    """A table with a column of every kind."""
    return Table(
        [
            Column(np.array([0.1, 3], np.float32), "Seconds", unit=units.s, description="time"),
            MaskedColumn([1, 2], "count", mask=[False, True]),
            Column(["a", ""], "name"),
            Column([True, False], "present"),
            Column([[1, 2], [3, 4]], "pair"),
        ]
    )


def test_columns_have_the_types_units_and_descriptions_of_the_table(table: Table) -> None:
    columns = table_columns(table)
    assert [(column.address, column.spec.type) for column in columns] == [
        ("Seconds", "float"),
        ("count", "int"),
        ("name", "str"),
        ("present", "bool"),
        ("pair", "str"),
    ]
    assert (columns[0].spec.unit, columns[0].spec.description) == ("s", "time")


def test_rows_have_plain_values(table: Table) -> None:
    assert list(table_rows(table)) == [
        {"Seconds": 0.1, "count": 1, "name": "a", "present": True, "pair": [1, 2]},
        {"Seconds": 3.0, "count": None, "name": "", "present": False, "pair": [3, 4]},
    ]


def test_arrays_of_different_lengths_are_lists() -> None:
    arrays = np.empty(2, object)
    arrays[:] = [np.array([1]), np.array([2, 3])]
    assert [row["a"] for row in table_rows(Table([arrays], names=["a"]))] == [[1], [2, 3]]


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=20))
def test_a_short_decimal_is_the_same_float32(values: list[float]) -> None:
    stored = np.array(values, np.float32)
    read = [row["x"] for row in table_rows(Table([stored], names=["x"]))]
    np.testing.assert_array_equal(np.array(read, np.float32), stored)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_a_table(table: Table, name: str) -> None:
    content = b"".join(FORMATS[name].write(table_rows(table), table_columns(table)))
    assert b"Seconds" in content


def test_a_votable_has_the_values_and_units(table: Table) -> None:
    content = b"".join(FORMATS["votable"].write(table_rows(table), table_columns(table)))
    read = parse_single_table(io.BytesIO(content)).to_table()
    assert read["Seconds"].unit == units.s
    assert list(read["Seconds"]) == [0.1, 3.0]
    assert read["count"].mask.tolist() == [False, True]
