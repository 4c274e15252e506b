"""The table of the documentation has what the monitors recover of a known instrument."""

import csv
from pathlib import Path

import pytest
import recovered

import acsql

TABLE = Path(__file__).parents[2] / "docs" / "howto" / "recovered.csv"


def test_the_table_is_that_of_the_sample_archive(true_archive: acsql.Archive) -> None:
    heads, *rows = csv.reader(TABLE.read_text(encoding="utf-8").splitlines())
    assert tuple(heads) == recovered.HEADS
    expected = recovered.summary(true_archive)
    assert [row[:4] for row in rows] == [list(row[:4]) for row in expected]
    for row, other in zip(rows, expected, strict=True):
        # Other processors round otherwise.
        assert [float(value) for value in row[4:]] == pytest.approx(
            [float(value) for value in other[4:]], rel=1e-2
        )
