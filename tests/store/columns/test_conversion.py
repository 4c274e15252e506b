"""Values are converted as pyarrow converts them, and pandas is not loaded."""

import subprocess
import sys
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.store.columns.conversion import from_numpy, from_python, scalar, to_list, to_numpy

NOON = datetime(2002, 4, 13, 12, 0, 0, 5000)
# Types with values that columns have.
VALUES = {
    pa.null(): st.none(),
    pa.bool_(): st.booleans(),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(allow_nan=False),
    pa.string(): st.text(st.characters(codec="utf-8")),
    pa.timestamp("ms"): st.datetimes().map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, fold=0)
    ),
}
lists = st.sampled_from(list(VALUES)).flatmap(
    lambda type_: st.tuples(st.just(type_), st.lists(VALUES[type_] | st.none()))
)


@given(lists)
def test_values_become_the_array_that_pyarrow_makes(case):
    type_, values = case
    array = from_python(values, type_)
    array.validate(full=True)
    assert array.equals(pa.array(values, type_))
    # Both zeros are equal, and are different numbers.
    assert repr(array.to_pylist()) == repr(values)


@given(lists)
def test_arrays_become_the_values_that_pyarrow_makes(case):
    type_, values = case
    array = pa.array(values, type_).drop_null()
    if pa.types.is_string(type_) or pa.types.is_null(type_):
        return
    # Also a slice, whose values start within its memory.
    for each in (array, array[1:]):
        expected = each.to_numpy(zero_copy_only=False)
        found = to_numpy(each)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
        again = from_numpy(found)
        again.validate(full=True)
        assert again.equals(each)


@given(lists)
def test_arrays_become_the_lists_that_pyarrow_makes(case):
    type_, values = case
    array = pa.array(values, type_)
    for each in (array, array[1:]):
        assert repr(to_list(each)) == repr(each.to_pylist())


@pytest.mark.parametrize("values", [np.arange(9)[::2], np.arange(9.0)[::-1], np.ones(9, bool)[::3]])
def test_values_apart_in_memory_are_converted(values):
    assert from_numpy(values).to_pylist() == values.tolist()


@pytest.mark.parametrize("value", [True, 3, 2.5, "text", NOON])
def test_a_value_has_the_type_of_columns_with_such_values(value):
    found = scalar(value)
    assert found.as_py() == value
    expected = pa.timestamp("ms") if value is NOON else pa.scalar(value).type
    assert found.type == expected


def test_a_value_has_the_type_that_is_asked_for():
    assert scalar(3, pa.float64()).equals(pa.scalar(3.0))


def test_conversion_does_not_load_pandas():
    script = (
        "import sys, numpy; from acsql.store.columns.conversion import *;"
        "array = from_python([1, None], pa.int64());"
        "print(to_numpy(from_numpy(numpy.arange(2))), scalar('text'), array.null_count);"
        "print('pandas' in sys.modules)"
    )
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == ["[0 1] text 1", "False"]
