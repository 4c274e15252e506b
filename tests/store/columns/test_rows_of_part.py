"""The rows of a part that meet a condition have the values that Python chooses."""

from itertools import compress

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.store.columns import rows_of_part
from acsql.store.columns.rows_of_part import RowsOfPart

rows = st.lists(
    st.tuples(st.booleans(), st.none() | st.integers(0, 9), st.sampled_from([None, "WFC", "HRC"])),
    max_size=20,
)


def of_part(every):
    """Return rows of a part, each given by whether it is selected and by its values."""
    selected, numbers, texts = zip(*every, strict=True) if every else ([], [], [])
    arrays = {
        "exptime": pa.array(numbers, pa.int64()),
        "detector": pa.array(texts, pa.dictionary(pa.int32(), pa.string())),
    }
    names = pa.array([f"j8bt{number:05d}" for number in range(len(every))], pa.string())
    return RowsOfPart("part", names, pa.array(selected, pa.bool_()), arrays)


def as_rows(arrays):
    """Return the rows of a mapping of arrays."""
    return list(zip(*(array.to_pylist() for array in arrays.values()), strict=True))


@given(every=rows)
def test_it_has_the_values_of_the_selected_rows(every):
    found = of_part(every)
    expected = [values for is_selected, *values in every if is_selected]
    assert found.count == len(expected)
    assert list(found) == ["exptime", "detector"]
    assert len(found) == 2
    assert as_rows(found) == list(map(tuple, expected))


@given(every=rows, data=st.data())
def test_values_are_taken_from_selected_rows_in_a_given_order(every, data):
    found = of_part(every)
    places = data.draw(st.permutations(range(found.count)))
    selected = as_rows(found)
    taken = found.take(np.array(places, int))
    assert as_rows(taken) == [selected[place] for place in places]


@pytest.mark.parametrize("block", [1, 1000])
@given(every=rows, number=st.integers(1, 5), data=st.data())
def test_the_first_selected_of_some_rows_are_found(block, every, number, data):
    found = of_part(every)
    some = data.draw(st.permutations(range(len(every))))
    expected = [row for row in some if every[row][0]][:number]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rows_of_part, "_FIRST_BLOCK", block)
        assert found.first_of(np.array(some, np.int32), number).tolist() == expected


@given(every=rows, data=st.data())
def test_some_of_the_selected_rows_can_be_chosen(every, data):
    found = of_part(every)
    chosen = data.draw(st.lists(st.booleans(), min_size=found.count, max_size=found.count))
    fewer = found.among(np.array(chosen, bool))
    assert fewer.count == sum(chosen)
    assert as_rows(fewer) == list(compress(as_rows(found), chosen))
    assert fewer.id == found.id
    assert fewer.rootnames == found.rootnames


def test_a_keyword_that_was_not_read_is_a_missing_key():
    with pytest.raises(KeyError, match="ccdgain"):
        of_part([])["ccdgain"]
