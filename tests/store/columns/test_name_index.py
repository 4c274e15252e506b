"""Rows are found by rootname."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.store.columns.name_index import index_of

names = st.text("j8bt0", min_size=1, max_size=4)


@given(stored=st.lists(names, unique=True), wanted=st.lists(names))
def test_the_rows_of_stored_names_are_found_in_their_order(stored, wanted):
    rows = np.arange(len(stored)) + 7
    found = index_of(pa.array(stored, pa.string()), rows).find(np.array(wanted, np.bytes_))
    assert found.tolist() == [stored.index(name) + 7 for name in wanted if name in stored]


@pytest.mark.parametrize("wanted", ["j8bt0000", "j8bt00010", "zzz", ""])
def test_other_names_are_not_found(wanted):
    index = index_of(pa.array(["j8bt0001", "j8bt0002"]), np.arange(2))
    assert index.find(np.array([wanted], np.bytes_)).tolist() == []
