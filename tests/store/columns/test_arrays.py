"""Arrays have the values of all pieces, in a type that holds them."""

import math

import pyarrow as pa
import pytest

from acsql.store.columns.arrays import array_of, concatenated, joined, kind_of, rows_of
from acsql.store.columns.encode import column_of

TEXTS = pa.array(["a", None, "a"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([1, 2.5, None], [1.0, 2.5, None]),
        ([1, "a", None], ["1", "a", None]),
        ([math.nan, 2**60], ["nan", str(2**60)]),
    ],
)
def test_values_of_several_types_are_texts(values, expected):
    arrays = array_of(values)
    assert [array.to_pylist() for array in arrays] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], []),
        ([pa.nulls(1), pa.array([1])], [None, 1]),
        ([pa.array([1]), pa.array([2.5])], [1.0, 2.5]),
        ([pa.array([1]), TEXTS.dictionary_encode()], ["1", "a", None, "a"]),
    ],
)
def test_pieces_of_several_types_are_joined_as_numbers_or_texts(pieces, expected):
    assert joined(pieces).to_pylist() == expected


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([["c"]], [["a", "b"], None, ["c"]]),
        ([["c"], "d"], ["['a', 'b']", None, "['c']", "d"]),
        ([[5]], [["a", "b"], None, ["5"]]),
    ],
)
def test_lists_stay_lists_among_lists(others, expected):
    lines = column_of("headers.flt.0.history", [["a", "b"], None]).array
    assert joined([lines, *array_of(others)]).to_pylist() == expected
    numbers = column_of("headers.drz.0.dnnn.dexp", [[5]]).array
    assert joined([numbers, pa.array([[0.5]])]).to_pylist() == [[5.0], [0.5]]


def test_texts_stay_encoded_if_all_are():
    encoded = TEXTS.dictionary_encode()
    both = concatenated([encoded, pa.array(["b"]).dictionary_encode()])
    assert pa.types.is_dictionary(both.type)
    assert both.to_pylist() == ["a", None, "a", "b"]
    assert concatenated([encoded, pa.array(["b"]), pa.nulls(1)]).equals(
        pa.array(["a", None, "a", "b", None])
    )
    assert concatenated([pa.nulls(1), pa.nulls(2)]).equals(pa.nulls(3))


def test_arrays_of_one_kind_can_be_in_one_column():
    assert kind_of(pa.array([1])) == kind_of(pa.array([1.5]))
    assert kind_of(TEXTS) == kind_of(TEXTS.dictionary_encode()) != kind_of(pa.array([1]))
    assert kind_of(pa.nulls(1)) is None


def test_rows_have_the_values_of_all_arrays():
    rows = rows_of({"x": pa.array([1, None]), "y": pa.array(["a", "b"])})
    assert list(rows) == [{"x": 1, "y": "a"}, {"x": None, "y": "b"}]
