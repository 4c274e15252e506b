"""Arrays have the rows of columns and documents in order, and lists the values of several types."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from acsql.store.columns.numpy_values import are_of_type, in_order
from acsql.store.sorting import SortKey

NOON = datetime(2002, 4, 13, 12)
ORDER = [SortKey("rootname")]
BOTH = ["rootname", "x"]
NAMES = pa.array(["a", "c", "e"])


@pytest.mark.parametrize(
    ("array", "values", "kind"),
    [
        (pa.array([1, None, 3]), [2, None], "i"),
        (pa.array([1.5, None, 3.5]), [2.5, None], "f"),
        (pa.array([True, None, False]), [True, None], "b"),
        (pa.array(["x", None, ""]), ["longer", None], "U"),
        (pa.array(["x", None, "x"]).dictionary_encode(), ["y", None], "U"),
        (pa.array([NOON, None, NOON], pa.timestamp("ms")), [NOON, None], "M"),
    ],
)
def test_values_of_one_type_are_masked_arrays(array, values, kind):
    documents = [{"rootname": n, "x": v} for n, v in zip("bd", values, strict=True)]
    found = in_order({"rootname": NAMES, "x": array}, documents, ORDER, None, BOTH)
    first, second, third = array.to_pylist()
    assert found["rootname"].tolist() == list("abcde")
    assert found["x"].tolist() == [first, values[0], second, values[1], third]
    assert found["x"].dtype.kind == kind
    short = in_order({"rootname": NAMES, "x": array}, documents, ORDER, 2, ["x"])
    assert short.keys() == {"x"}
    assert short["x"].tolist() == [first, values[0]]


@pytest.mark.parametrize("value", ["text", [1, 2], float("nan"), True])
def test_values_of_several_types_are_lists(value):
    documents = [{"rootname": "b", "x": value}, {"rootname": "f", "x": 4}]
    found = in_order({"rootname": NAMES, "x": pa.array([1, None, 3])}, documents, ORDER, None, BOTH)
    assert found["rootname"] == list("abcef")
    assert found["x"] == [1, value, None, 3, 4]


def test_values_that_no_part_has_are_lists():
    documents = [{"rootname": "b", "x": "text"}]
    found = in_order({"rootname": NAMES, "x": pa.nulls(3)}, documents, ORDER, None, BOTH)
    assert found["x"] == [None, "text", None, None]
    found = in_order({"rootname": NAMES, "x": pa.nulls(3)}, [], ORDER, None, BOTH)
    assert found["x"] == [None] * 3


@pytest.mark.parametrize(
    ("value", "type_", "fits"),
    [
        (1, pa.int64(), True),
        (True, pa.int64(), False),
        (1, pa.float64(), False),
        (np.nan, pa.float64(), False),
        ("a", pa.string(), True),
        (NOON, pa.timestamp("ms"), True),
        ("a", pa.timestamp("ms"), False),
        (1, pa.null(), False),
    ],
)
def test_a_value_is_of_the_type_of_the_arrays_that_have_it(value, type_, fits):
    assert are_of_type([None, value], type_) == fits
