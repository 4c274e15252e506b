"""Lists are rows of a column, whose elements are found and counted."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.store.columns import lists
from acsql.store.columns.arrays import decoded
from acsql.store.columns.encode import column_of

LINES = "headers.flt.0.history"
elements = st.sampled_from(["a", "b", "c", "", None])
values = st.lists(st.none() | st.lists(elements, max_size=4), max_size=8)
KNOWN = [["a", "b", "a"], None, ["b"], ["a", "b", "a"], ["b", None]]


def known(stored):
    """Return values with null in place of lists without a value, which are irregular."""
    return [v if v and any(e is not None for e in v) else None for v in stored]


@given(values)
def test_an_array_has_each_different_list_once(stored):
    array = column_of(LINES, stored).array
    assert array.to_pylist() == known(stored)
    if array.type != pa.null():
        assert lists.is_list(array.type)
        assert lists.to_python(array) == known(stored)
        assert len(array.dictionary) == len({tuple(v) for v in known(stored) if v})
        assert lists.encoded(array.dictionary_decode()).to_pylist() == known(stored)


@given(values, st.lists(st.booleans(), min_size=8, max_size=8))
def test_an_element_counts_once_for_each_row(stored, kept):
    array = column_of(LINES, stored).array
    if array.type == pa.null():
        return
    rows = array.filter(pa.array(kept[: len(array)]))
    found, numbers = lists.counted(rows)
    expected = [set(value) - {None} for value in rows.to_pylist() if value]
    counted = {each: sum(each in row for row in expected) for row in expected for each in row}
    assert dict(zip(found.to_pylist(), numbers.tolist(), strict=True)) == counted


@given(values, st.sampled_from(["a", ""]))
def test_a_list_is_met_by_one_of_its_elements(stored, wanted):
    array = column_of(LINES, stored).array
    if array.type == pa.null():
        return
    each = array.dictionary
    is_met = [element == wanted for element in decoded(each.values).to_pylist()]
    found = lists.any_element(pa.array(is_met, pa.bool_()), each).to_pylist()
    assert found == [wanted in value for value in each.to_pylist()]


def test_lists_of_zeros_of_both_signs_and_of_other_numbers_differ():
    stored = [[0.0], [-0.0], [1.5, 2.0], [1.5], None, [0.0]]
    array = column_of("headers.drz.0.dnnn.dexp", stored).array
    assert repr(array.to_pylist()) == repr(stored)
    assert len(array.dictionary) == 4


def test_pieces_are_joined_end_to_end_whether_their_texts_are_encoded_or_not():
    encoded = column_of(LINES, KNOWN).array
    plain = column_of(LINES, [["x"], None, ["y", "z"]]).array
    assert encoded.type != plain.type
    joined = lists.end_to_end([encoded, plain, pa.nulls(1), encoded.slice(2, 2)])
    assert joined.to_pylist() == [*KNOWN, ["x"], None, ["y", "z"], None, *KNOWN[2:4]]
    assert lists.end_to_end([pa.nulls(1), plain]).to_pylist() == [None, ["x"], None, ["y", "z"]]


def test_lists_in_python_are_objects_of_their_own():
    first, _, _, second, _ = lists.to_python(column_of(LINES, KNOWN).array)
    assert first == second
    assert first is not second


@pytest.mark.parametrize("value", ["a", [], [None], ["a", 5, "b"], [["a"]], {"a": 1}, 5])
def test_what_is_no_list_of_one_type_is_irregular(value):
    column = column_of(LINES, [["a"], value, ["b"]])
    assert column.irregular == (1,)
    assert column.array.to_pylist() == [["a"], None, ["b"]]
