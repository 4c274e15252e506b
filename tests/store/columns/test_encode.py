"""Columns have every value of the documents, or name its row as irregular."""

import math
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.store.columns.encode import encode, from_bytes, join, to_bytes

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(0, 3), max_size=2),
    st.just(datetime(2002, 4, 13, 18, 16, 35)),
)


def test_nested_documents_are_flattened_and_positions_are_no_columns():
    document = {"_id": "j8bt05nj", "headers": {"flt": {"1": {"goodmean": 5.5, "unit": None}}}}
    geometry = {"position": {"type": "Point"}, "footprint": {"type": "Polygon"}}
    columns = encode([document | geometry])
    assert {path: column.array.to_pylist() for path, column in columns.items()} == {
        "_id": ["j8bt05nj"],
        "headers.flt.1.goodmean": [5.5],
    }


def test_integers_of_any_size_are_in_columns_of_files_which_no_condition_names():
    time = 1_714_000_000_123_456_789
    columns = encode([{"files": {"flt": {"ctime_ns": time}}, "value": time}])
    assert columns["files.flt.ctime_ns"].array.to_pylist() == [time]
    assert columns["files.flt.ctime_ns"].irregular == ()
    assert columns["value"].irregular == (0,)
    floats, integers = (encode([{"files": {"size": size}}])["files.size"] for size in (1.5, time))
    joined = join([integers, integers, floats], [np.array([0])] * 3)
    assert joined.array.to_pylist() == [time, time, None]
    assert joined.irregular == (2,)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("ab"),
            st.one_of(values, st.dictionaries(st.sampled_from("cd"), values)),
        ),
        max_size=8,
    )
)
def test_documents_of_different_layouts_have_each_value_in_their_row(documents):
    expected = {}
    for row, document in enumerate(documents):
        for name, value in document.items():
            inner = value if isinstance(value, dict) else {"": value}
            for key, stored in inner.items():
                if stored is not None:
                    expected.setdefault(f"{name}.{key}".rstrip("."), {})[row] = stored
    columns = encode(documents)
    assert columns.keys() == expected.keys()
    for path, column in columns.items():
        assert list(column.irregular) == sorted(column.irregular)
        found = column.array.to_pylist()
        assert len(found) == len(documents)
        for row, value in enumerate(found):
            if row in column.irregular:
                assert row in expected[path]
                assert value is None
            else:
                assert value == expected[path].get(row)


@given(st.lists(values, min_size=1, max_size=20))
def test_a_value_is_in_its_column_with_its_type_or_its_row_is_irregular(stored):
    column = encode([{"value": value} for value in stored]).get("value")
    if column is None:
        assert all(value is None for value in stored)
        return
    decoded = from_bytes(to_bytes(column.array)).to_pylist()
    assert len(decoded) == len(stored)
    for row, value in enumerate(stored):
        if row in column.irregular:
            assert value is not None
            assert decoded[row] is None
        else:
            # Among floats, an integer is a float.
            types = {type(value), float} if type(value) is int else {type(value)}
            assert type(decoded[row]) in types
            assert decoded[row] == value


@pytest.mark.parametrize("value", [math.nan, 2**53 + 1, ["CALACS"], True, "text"])
def test_a_value_that_is_compared_differently_or_of_another_type_is_irregular(value):
    column = encode([{"exptime": 60.0}, {"exptime": 60.5}, {"exptime": value}])["exptime"]
    assert column.irregular == (2,)
    assert column.array.to_pylist() == [60.0, 60.5, None]


def test_integers_among_floats_are_regular():
    column = encode([{"a": value} for value in (60, 0.5, None, 8)])["a"]
    assert column.array.to_pylist() == [60.0, 0.5, None, 8.0]
    assert column.irregular == ()
    whole = encode([{"a": 7}])["a"]
    joined = join([column, whole], [[0, 1], [0]])
    assert joined.array.to_pylist() == [60.0, 0.5, 7.0]
    assert joined.irregular == ()


@given(
    st.lists(
        st.lists(st.tuples(values, st.booleans()), min_size=1, max_size=6), min_size=1, max_size=4
    )
)
def test_joined_columns_have_the_kept_values_or_irregular_rows(pieces):
    columns = [encode([{"value": value} for value, _ in piece]).get("value") for piece in pieces]
    kept = [np.flatnonzero([is_kept for _, is_kept in piece]) for piece in pieces]
    column = join(columns, kept)
    expected = [value for piece in pieces for value, is_kept in piece if is_kept]
    found = column.array.to_pylist()
    assert len(found) == len(expected)
    for row, value in enumerate(expected):
        if row in column.irregular:
            assert value is not None
            assert found[row] is None
        else:
            types = {type(value), float} if type(value) is int else {type(value)}
            assert type(found[row]) in types
            assert found[row] == value
