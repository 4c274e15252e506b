"""Conditions are evaluated on arrays of any type, also where no value can meet them."""

import re

import pyarrow as pa
import pytest

from acsql.query import And, AnyOf, Between, Equals, Exists, Like, Not, Or
from acsql.query.texts import Exact
from acsql.store.columns.encode import column_of
from acsql.store.columns.evaluate import meets
from acsql.store.filters import like

FILTERS = pa.array(["F606W", "", None, "F814W"])


@pytest.mark.parametrize("array", [FILTERS, FILTERS.dictionary_encode()])
@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        (Equals("filter1", "F606W"), [0]),
        (Not(Equals("filter1", "F606W")), [1, 2, 3]),
        (AnyOf("filter1", ()), []),
        (Like("filter1", "F*W"), [0, 3]),
        (Exists("filter1"), [0, 3]),
        (Between("filter1", "F7", None), [3]),
        (Equals("filter1", 606), []),
        (And(()), [0, 1, 2, 3]),
        (Or((Equals("filter1", "F606W"), Equals("filter1", "F814W"))), [0, 3]),
    ],
)
def test_a_condition_on_texts_holds_for_the_rows(condition, rows, array):
    result = meets(condition, {"filter1": array}, len(array), {}).to_pylist()
    assert [row for row, holds in enumerate(result) if holds] == rows


TEXTS = ["NGC-1", "ngc_1", "n%c", None, "a\\b", "", "NGCx1", "NGCé1", "12:30"]


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [
        ("n*", [0, 1, 2, 6, 7]),
        ("*", [0, 1, 2, 4, 5, 6, 7, 8]),
        ("ngc?1", [0, 1, 6, 7]),
        (Exact("NGC*1"), [0, 6, 7]),
        ("*1", [0, 1, 6, 7]),
        ("*C*", [0, 1, 2, 6, 7]),
        ("12*", [8]),
        # Of SQL they are wildcards.
        ("*%*", [2]),
        ("*_*", [1]),
        ("a\\?", [4]),
        ("*g*c*1*", [0, 1, 6, 7]),
    ],
)
@pytest.mark.parametrize("array", [pa.array(TEXTS), pa.array(TEXTS).dictionary_encode()])
def test_patterns_match_as_regular_expressions_do(array, pattern, rows):
    result = meets(Like("targname", pattern), {"targname": array}, len(array), {}).to_pylist()
    assert [row for row, holds in enumerate(result) if holds] == rows
    expression = re.compile(like(pattern), re.DOTALL)
    assert result == [text is not None and bool(expression.search(text)) for text in TEXTS]


@pytest.mark.parametrize("array", [pa.array(TEXTS), pa.array(TEXTS).dictionary_encode()])
def test_a_list_holds_for_texts_that_equal_one_of_it(array):
    condition = AnyOf("targname", ("ngc-1", Exact("ngc_1"), Exact("n%C"), "12:30", 5))
    result = meets(condition, {"targname": array}, len(array), {}).to_pylist()
    assert [row for row, holds in enumerate(result) if holds] == [0, 1, 8]


@pytest.mark.parametrize("type_", [pa.int64(), pa.float64()])
def test_a_list_holds_for_numbers_that_equal_one_of_it(type_):
    array = pa.array([9018, 0, None, 9019, -5, 1], type_)
    condition = AnyOf("proposid", (9018.0, "9019", -0.0, -5, True, 7.5, 2.0**70, float("inf"), "x"))
    result = meets(condition, {"proposid": array}, len(array), {}).to_pylist()
    assert [row for row, holds in enumerate(result) if holds] == [0, 1, 3, 4]


def test_a_list_holds_for_both_zeros():
    array = pa.array([-0.0, 0.0, 1.5])
    for zero in (0, 0.0, -0.0):
        result = meets(AnyOf("exptime", (zero, 1.5)), {"exptime": array}, 3, {})
        assert result.to_pylist() == [True, True, True]


def test_a_column_without_values_meets_no_comparison():
    arrays = {"filter1": pa.nulls(2)}
    assert meets(Equals("filter1", "F606W"), arrays, 2, {}).to_pylist() == [False, False]
    assert meets(Not(Like("filter1", "*")), arrays, 2, {}).to_pylist() == [True, True]


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        (Equals("flt.0.history", "A"), [0, 3]),
        (Not(Equals("flt.0.history", "a")), [1, 2]),
        (AnyOf("flt.0.history", ("c", "b")), [0, 2]),
        (Like("flt.0.history", "*B*"), [0, 2]),
        (Exists("flt.0.history"), [0, 2, 3]),
        (Not(Exists("flt.0.history")), [1]),
        # No line of the first row is in the range, although one is above and one is below its ends.
        (Between("flt.0.history", "aa", "ab"), []),
        (Between("flt.0.history", "b", None), [0, 2]),
        (Equals("flt.0.history", 5), []),
    ],
)
def test_a_list_meets_a_condition_if_one_of_its_elements_does(condition, rows):
    lines = column_of("headers.flt.0.history", [["a", "b"], None, ["", "b", "bc"], ["a"]]).array
    result = meets(condition, {"flt.0.history": lines}, len(lines), {}).to_pylist()
    assert [row for row, holds in enumerate(result) if holds] == rows
