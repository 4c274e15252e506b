"""A selection has the observations that MongoDB finds, whatever is in columns and what is not."""

import random

from column_conditions import VALUES, conditions, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.query import And, Within
from acsql.store import live_counts
from acsql.store.columns.fold import fold_all
from acsql.store.columns.select import select


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions, address=st.sampled_from(sorted(VALUES)))
def test_a_selection_counts_what_mongodb_counts(filled, condition, address):
    selection = select(filled, condition, [address])
    if selection is None:  # a value that Arrow does not compare exactly
        assert str(2**60) in repr(condition)
        return
    assert selection.count == filled.observations.count_documents(live_counts.to_filter(condition))
    counted = live_counts.value_counts(filled, address, condition)
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
