"""Values from outside of the columns are counted as row by row, and their rows are found once."""

from collections import Counter
from itertools import chain

from column_conditions import conditions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.query import And
from acsql.store import queries
from acsql.store.columns import listed_values
from acsql.store.columns.listed_values import value_counts
from acsql.store.columns.select import select

ROOTNAMES = st.integers(0, 160).map("j8bt{:04d}".format)
VALUES = st.lists(st.sampled_from("abcd"), unique=True).map(tuple)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions, listed=st.dictionaries(ROOTNAMES, VALUES))
def test_numbers_are_those_of_the_rows(filled, condition, listed):
    selection = select(filled, condition)
    if selection is None:
        return
    rows = queries.find(filled, condition, ["rootname"])
    found = Counter(chain.from_iterable(listed.get(row["rootname"], ()) for row in rows))
    assert value_counts(selection, listed) == found


def test_rows_are_found_once_for_a_list(filled, monkeypatch):
    listed = {"j8bt0001": ("a", "b"), "j8bt0149": ("a",)}
    first = value_counts(select(filled, And()), listed)
    assert first == {"a": 2, "b": 1}
    monkeypatch.setattr(listed_values.pc, "index_in", None)
    assert value_counts(select(filled, And()), listed) == first
