"""Monitors as values: names, columns, and the rows that they return."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from astropy import units

from acsql.errors import MonitorError
from acsql.monitors import Limit, Monitor, Trend, column

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
        {"alerts": (Trend("amp", per_year=1),)},
    ],
)
def test_a_column_that_is_named_must_exist(options: dict[str, Any]) -> None:
    with pytest.raises(MonitorError, match="no column 'amp'"):
        monitor(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"plotted": ("name",)},
        {"against": ("name",)},
        {"alerts": (Limit("name", high=1),)},
        {"alerts": (Trend("name", per_year=1),)},
    ],
)
def test_what_is_drawn_or_compared_with_a_limit_is_a_number(options: dict[str, Any]) -> None:
    with pytest.raises(MonitorError, match="no column 'name' of numbers"):
        monitor(**options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"filetypes": "raw"}, "filetypes is 'raw', not a tuple"),
        ({"plotted": "level"}, "plotted is 'level', not a tuple"),
        ({"alerts": Limit("level", high=1)}, "alerts is .*, not a tuple"),
        ({"columns": ("level",)}, "columns has values"),
        ({"columns": (COLUMNS[0], COLUMNS[0])}, "two columns have the same name"),
        ({"version": "1.0"}, "version is '1.0'"),
    ],
)
def test_a_slip_in_the_definition_is_an_error(options: dict[str, Any], words: str) -> None:
    with pytest.raises(MonitorError, match=words):
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
        ({"number": 2**63}, "64 bits"),
        ({"level": 10**400}, "no float"),
        ({"level": 3 * units.s}, "unit is adu"),
        ({"name": "x" * 1_000_000}, "more than 1 MB"),
        ([1, 2], "not a mapping"),
    ],
)
def test_a_row_that_does_not_fit_the_columns_is_an_error(row: dict[str, Any], word: str) -> None:
    with pytest.raises(MonitorError, match=word):
        monitor(lambda _: [row]).rows(None)


@pytest.mark.parametrize("measured", [None, {"level": 1.0}, "text", 3])
def test_what_is_no_sequence_of_rows_is_an_error(measured: Any) -> None:
    with pytest.raises(MonitorError, match="not rows: it must yield them, or return a list"):
        monitor(lambda _: measured).rows(None)


def test_rows_without_end_are_an_error() -> None:
    with pytest.raises(MonitorError, match="more than 1 MB"):
        monitor(lambda _: ({"number": number} for number in itertools.count())).rows(None)


def test_a_masked_value_is_none_and_not_what_is_below_the_mask() -> None:
    masked = np.ma.array([5.0, 6.0], mask=[True, False])
    rows = monitor(lambda _: [{"level": value} for value in masked]).rows(None)
    assert [row["level"] for row in rows] == [None, 6.0]


def test_a_quantity_is_converted_to_the_unit_of_its_column() -> None:
    column_of_time = (column("time", "float", "time", "s"),)
    rows = monitor(lambda _: [{"time": 2 * units.min}], columns=column_of_time).rows(None)
    assert rows == [{"time": 120.0}]


def test_a_text_that_is_no_unicode_is_kept_without_what_is_not() -> None:
    (row,) = monitor(lambda _: [{"name": "a\udcff"}]).rows(None)
    assert row["name"] == "a?"


def test_the_documentation_is_the_docstring_of_the_function() -> None:
    def measure(_: Any) -> Any:
        """Measure nothing.

        By no method.
        """

    assert monitor(measure).documentation == "Measure nothing.\n\nBy no method."
