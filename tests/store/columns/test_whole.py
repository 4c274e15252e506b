"""Parts as one have the rows of all, in their order."""

from itertools import chain

import numpy as np
import pyarrow as pa
import pytest

from acsql.query import And
from acsql.store.columns.encode import Column, column_of
from acsql.store.columns.parts import Part
from acsql.store.columns.select import select
from acsql.store.columns.whole import as_one, in_memory

FEW = pa.array(["WFC", None, "WFC"]).dictionary_encode()
LINES = "headers.flt.0.history"
MANY = pa.array(["a", "WFC", ""])


def part(name, *live):
    return Part(name, 3, b"").with_live(np.array(live, bool))


PARTS = [part("first", 1, 0, 1), part("second", 0, 1, 1), part("third", 1, 1, 0)]


@pytest.mark.parametrize(
    "columns",
    [
        [Column(pa.array([1, 2, None])), None, Column(pa.array([None, 4, 5]), (0,))],
        [Column(FEW), Column(MANY), Column(FEW, (1,))],
        [Column(MANY), None, Column(MANY)],
        [Column(pa.nulls(3), (2,)), Column(pa.array([0.5, 1.5, None]), (2,)), None],
        [Column(pa.nulls(3)), None, Column(pa.nulls(3))],
        [Column(pa.array([True, None, False])), None, None],
        [
            column_of(LINES, [["a", "b"], None, ["a", "b"]]),
            None,
            column_of(LINES, [None, ["c"], "c"]),
        ],
        [column_of(LINES, [[5], None, [5, 6]]), column_of(LINES, ["c", "c", None]), None],
    ],
    ids=[
        "numbers",
        "texts",
        "different texts",
        "irregular",
        "nothing",
        "booleans",
        "lines",
        "lists",
    ],
)
def test_a_part_has_the_rows_of_all(request, columns):
    path = request.node.callspec.id
    parts, (found,) = as_one(PARTS, [{path: column} for column in columns])
    (whole,) = parts
    assert whole.rows == 9
    assert whole.live_rows.tolist() == [*chain.from_iterable(each.live_rows for each in PARTS)]
    expected = [column.array.to_pylist() if column else [None] * 3 for column in columns]
    assert found[path].array.to_pylist() == [*chain.from_iterable(expected)]
    irregular = [
        3 * n + row for n, column in enumerate(columns) if column for row in column.irregular
    ]
    assert list(found[path].irregular) == irregular


@pytest.mark.parametrize(
    ("texts", "is_encoded"),
    [("aab bcc cca", True), ("aba cbd efg", False), ("abc abc abc", False)],
    ids=["repeated", "mostly different", "different in each part"],
)
def test_texts_that_repeat_in_all_parts_together_are_encoded(request, texts, is_encoded):
    path = request.node.name
    columns = [{path: Column(pa.array([*each]))} for each in texts.split()]
    (found,) = as_one(PARTS, columns)[1]
    assert found[path].array.to_pylist() == [*texts.replace(" ", "")]
    assert pa.types.is_dictionary(found[path].array.type) == is_encoded


def test_columns_that_were_joined_are_in_memory(request):
    path = request.node.name
    assert in_memory(PARTS, [path]) is None
    (whole,), (found,) = as_one(PARTS, [{path: column} for column in [None, Column(MANY), None]])
    assert in_memory(PARTS, [path]) == (whole, found)
    assert in_memory(PARTS, [path, "another"]) is None
    as_one(PARTS, [{"another": None}] * 3)
    assert in_memory(PARTS, [path, "another"]) == (whole, {**found, "another": None})
    fewer = [part("first", 0, 0, 0), *PARTS[1:]]
    assert in_memory(fewer, [path]) == as_one(fewer, [{path: None}] * 3)[0] + (found,)


def test_a_path_without_a_value_has_no_column():
    _, columns = as_one(PARTS, [{"exptime": None}] * 3)
    assert columns == [{"exptime": None}]


def test_parts_with_values_of_several_types_stay_apart():
    columns = [{"a": Column(pa.array([1, 2, 3]))}, {"a": Column(MANY)}, {"a": None}]
    assert as_one(PARTS, columns) == (tuple(PARTS), columns)


def test_a_row_that_is_no_longer_live_is_left_out():
    columns = [{"a": Column(pa.array([1, 2, 3]))}] * 3
    before = as_one(PARTS, columns)[0][0]
    after = as_one([part("first", 0, 0, 0), *PARTS[1:]], columns)[0][0]
    assert before.id == after.id
    assert (before.live_rows.sum(), after.live_rows.sum()) == (6, 4)


def test_a_selection_of_many_parts_is_one(filled):
    found = select(filled, And(()), ["subarray"])
    assert found.count == 150
    # Of the columns, and of changed observations.
    assert len(found.parts) <= 2
