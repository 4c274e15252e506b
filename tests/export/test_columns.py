"""Do values become columns as their specs say, and is nothing bent to fit?"""

import math
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql.export import columns
from acsql.keywords import TYPES, KeywordSpec
from acsql.query import Column

untimed = settings(deadline=None)
INT64 = np.iinfo(np.int64)

moments = st.datetimes().map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000))
SOUND = {
    "int": st.integers(int(INT64.min), int(INT64.max)),
    "float": st.floats() | st.integers(-(2**53), 2**53),
    "str": st.text(),
    "bool": st.booleans(),
    "date": st.dates().map(lambda day: datetime(day.year, day.month, day.day)),
    "time": st.text(),
    "datetime": moments,
}


def column_of(type_: str, values: list) -> np.ma.MaskedArray:
    """Return the column that values of a keyword become."""
    spec = KeywordSpec("GAIN", type_, "electron / DN", "commanded gain")
    return columns.make_table([{"gain": value} for value in values], [Column("gain", spec)])["gain"]


def same(one: object, other: object) -> bool:
    """Whether two values are the same, also if they are not a number."""
    return one == other or (one != one and other != other)


def test_every_type_has_values_here():
    assert SOUND.keys() == set(TYPES)


@untimed
@given(st.data(), st.sampled_from(TYPES))
def test_sound_values_are_what_they_were(data, type_):
    values = data.draw(st.lists(st.none() | SOUND[type_], max_size=5))
    column = column_of(type_, values)
    assert column.dtype.kind == {"int": "i", "float": "f", "bool": "b"}.get(
        type_, "M" if type_ in ("date", "datetime") else "U"
    )
    assert list(column.mask) == [value is None for value in values]
    for value, hidden, found in zip(values, column.mask, column.data.data.tolist(), strict=True):
        if type_ == "date" and not hidden:
            found = datetime(found.year, found.month, found.day)
        # numpy pads texts with NUL and so takes it off their ends.
        expected = value.rstrip("\0") if isinstance(value, str) else value
        assert hidden or same(found, expected)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int", 1.5),
        ("int", "5"),
        ("int", True),
        ("int", 2**63),
        ("float", "1.5"),
        ("float", False),
        ("float", 2**53 + 1),
        ("bool", "F"),
        ("bool", 0),
        ("bool", math.nan),
        ("date", datetime(2002, 4, 13, 18)),
        ("date", "2002-04-13"),
        ("datetime", "13/04/2002"),
        ("datetime", date(2002, 4, 13)),
        ("str", 5),
        ("str", ["a", "b"]),
        ("time", 18.5),
        ("float", [1.0, 2.0]),
    ],
)
def test_a_value_of_another_type_is_not_converted(type_, value):
    assert not columns.is_of_type(value, type_)
    column = column_of(type_, [None, value, value])
    assert column.dtype == object
    assert list(column.mask) == [True, False, False]
    found = column.data.data[1:].tolist()
    assert [type(one) for one in found] == [type(value)] * 2
    assert all(same(one, value) for one in found)


@pytest.mark.parametrize(
    ("type_", "value", "misfit"),
    [
        ("float", 1.5, "N/A"),
        ("int", 7, math.nan),
        ("bool", True, "maybe"),
        ("date", datetime(2002, 4, 13), "13/04/02"),
    ],
)
def test_one_value_of_another_type_is_masked_and_noted(type_, value, misfit, caplog):
    spec = KeywordSpec("GAIN", type_)
    rows = [{"flt.1.gain": each} for each in (value, misfit, value)]
    table = columns.make_table(rows, [Column("flt.1.gain", spec)])
    assert table["flt.1.gain"].dtype == columns.DTYPES[type_]
    assert list(table["flt.1.gain"].mask) == [False, True, False]
    (note,) = table.meta["notes"]
    assert note == f"flt.1.gain: 1 value is not of type {type_} and left out: {misfit!r}"
    assert caplog.messages == [note]


def test_a_table_of_sound_values_has_no_notes(caplog):
    table = columns.make_table([{"gain": 1}], [Column("gain", KeywordSpec("GAIN", "int"))])
    assert not table.meta
    assert not caplog.messages


@pytest.mark.parametrize("values", [[], [None, None]])
@pytest.mark.parametrize("type_", TYPES)
def test_a_column_knows_what_it_is_even_without_values(type_, values):
    column = column_of(type_, values)
    assert (column.name, str(column.unit), column.description) == (
        "gain",
        "electron / DN",
        "commanded gain",
    )
    assert len(column) == len(values)
    assert all(column.mask)
