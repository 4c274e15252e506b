"""A selection has the observations that MongoDB finds, whatever is in columns and what is not."""

import random

import pytest
from column_conditions import EVERY, as_older, conditions, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.query import And, Within
from acsql.store import live_counts
from acsql.store.columns.fold import fold_all
from acsql.store.columns.select import select


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions, address=st.sampled_from(sorted(EVERY)))
def test_a_selection_counts_what_mongodb_counts(filled, condition, address):
    counts_as_mongodb(filled, condition, address)


@pytest.fixture
def older(filled):
    """The same, with columns of an older acsql."""
    as_older(filled)
    return filled


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions, address=st.sampled_from(sorted(EVERY)))
def test_columns_of_an_older_acsql_count_what_mongodb_counts(older, condition, address):
    counts_as_mongodb(older, condition, address)


def counts_as_mongodb(store, condition, address):
    """Compare a selection with the documents."""
    selection = select(store, condition, [address])
    if selection is None:  # a value that Arrow does not compare exactly
        assert str(2**60) in repr(condition)
        return
    assert selection.count == store.observations.count_documents(live_counts.to_filter(condition))
    counted = live_counts.value_counts(store, address, condition)
    found = selection.value_counts(address)
    assert {k: v for k, v in found.items() if k == k} == {
        k: v for k, v in counted.items() if k == k
    }


def test_columns_do_not_answer_for_the_sky_or_before_the_first_fold_all(store):
    assert select(store, And(())) is None
    write(store, range(2), random.Random(1))
    fold_all(store)
    assert select(store, Within(6.0, -72.0, 1.0)) is None
    assert select(store, And(())).count == 2
