"""Conditions are evaluated on arrays of any type, also where no value can meet them."""

import pyarrow as pa
import pytest

from acsql.query import And, AnyOf, Between, Equals, Exists, Like, Not, Or
from acsql.store.columns.evaluate import meets

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


def test_a_column_without_values_meets_no_comparison():
    arrays = {"filter1": pa.nulls(2)}
    assert meets(Equals("filter1", "F606W"), arrays, 2, {}).to_pylist() == [False, False]
    assert meets(Not(Like("filter1", "*")), arrays, 2, {}).to_pylist() == [True, True]
