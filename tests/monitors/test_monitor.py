"""Monitors as values: names, columns, and the rows that they return."""

import math
from typing import Any

import numpy as np
import pytest

from acsql.errors import MonitorError
from acsql.monitors import Limit, Monitor, column

COLUMNS = (
    column("level", "float", "level", "adu"),
    column("number", "int", "number"),
    column("name", "str", "name"),
    column("good", "bool", "whether it is good"),
)


def monitor(rows: Any = (), **options: Any) -> Monitor:
    return Monitor(**{"name": "test", "title": "Test", "columns": COLUMNS} | options, measure=rows)


@pytest.mark.parametrize("name", ["", "Bias", "1bias", "a-b", "a b", "../a", "a" * 41, "a\n"])
def test_a_name_that_is_no_identifier_is_refused(name: str) -> None:
    with pytest.raises(MonitorError, match="lower-case"):
        monitor(name=name)
    with pytest.raises(MonitorError, match="lower-case"):
        column(name, "float", "")


@pytest.mark.parametrize("name", ["rootname", "expstart"])
def test_a_column_cannot_have_the_name_of_a_key(name: str) -> None:
    with pytest.raises(MonitorError, match=name):
        column(name, "float", "")


def test_a_column_has_one_of_four_types() -> None:
    with pytest.raises(MonitorError, match="int, float, str, bool"):
        column("level", "complex", "")


@pytest.mark.parametrize(
    "options",
    [
        {"by": "amp"},
        {"plotted": ("amp",)},
        {"against": ("amp",)},
        {"alerts": (Limit("amp", high=1),)},
    ],
)
def test_a_column_that_is_named_must_exist(options: dict[str, Any]) -> None:
    with pytest.raises(MonitorError, match="no column 'amp'"):
        monitor(**options)


def test_the_numbers_are_drawn_unless_columns_are_named() -> None:
    assert [each.address for each in monitor().drawn] == ["level", "number"]
    assert [each.address for each in monitor(plotted=("number",)).drawn] == ["number"]


def test_rows_have_plain_values_and_all_columns() -> None:
    def measure(_: Any) -> Any:
        """Measure."""
        yield {"level": np.float32(1.5), "number": np.int16(3), "name": "a", "good": np.bool_(True)}
        yield {"level": math.nan, "number": None}
        yield {"level": 2}

    rows = monitor(measure).rows(None)
    assert rows == [
        {"level": 1.5, "number": 3, "name": "a", "good": True},
        {"level": None, "number": None, "name": None, "good": None},
        {"level": 2.0, "number": None, "name": None, "good": None},
    ]
    assert [type(value) for value in rows[0].values()] == [float, int, str, bool]
    assert type(rows[2]["level"]) is float


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"amp": "A"}, "amp"),
        ({"level": "1"}, "level"),
        ({"number": 1.5}, "number"),
        ({"number": True}, "number"),
        ({"good": 1}, "good"),
        ({"level": np.zeros(2)}, "level"),
    ],
)
def test_a_row_that_does_not_fit_the_columns_is_an_error(row: dict[str, Any], word: str) -> None:
    with pytest.raises(MonitorError, match=word):
        monitor(lambda _: [row]).rows(None)


def test_the_documentation_is_the_docstring_of_the_function() -> None:
    def measure(_: Any) -> Any:
        """Measure nothing.

        By no method.
        """

    assert monitor(measure).documentation == "Measure nothing.\n\nBy no method."
