"""A selection has the observations that MongoDB finds, whatever is in columns and what is not."""

import math
import random
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.query import And, AnyOf, Between, Equals, Exists, Like, Not, Or, Within
from acsql.store import live_counts
from acsql.store.columns import parts
from acsql.store.columns.select import select

VALUES = {
    "targname": ["", "NGC104", "NGC-104", "N.C", 5, None],
    "exptime": [-1.5, 0.0, 60.0, math.nan, 2**60, None, "INDEF"],
    "subarray": [True, False, None],
    "date_obs": [datetime(2002, 4, 13), datetime(1999, 12, 31, 23, 59, 59, 1000), None],
    "flt.1.goodmean": [-1, 0, 5, 5.5, None, [5, 5, 6], "text"],
}


@st.composite
def comparisons(draw):
    keyword = draw(st.sampled_from(sorted(VALUES)))
    known = [v for v in VALUES[keyword] if v is not None and not isinstance(v, list) and v == v]
    values = st.sampled_from(known)
    kind = draw(st.sampled_from([Equals, AnyOf, Between, Exists, Like]))
    if kind is Like:
        return Like(keyword, draw(st.sampled_from(["N*", "*1?4", "", "*", "N.C"])))
    if kind is AnyOf:
        return AnyOf(keyword, tuple(draw(st.lists(values, max_size=3))))
    if kind is Between:
        low = draw(values)
        return draw(
            st.sampled_from([Between(keyword, low, None, False), Between(keyword, None, low)])
        )
    return Exists(keyword) if kind is Exists else Equals(keyword, draw(values))


conditions = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(tuple).map(And),
        st.lists(inner, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=4,
)


def write(store, numbers, chance):
    for number in numbers:
        chosen = {name: chance.choice(values) for name, values in VALUES.items()}
        document = {"headers": {"flt": {"1": {"goodmean": chosen.pop("flt.1.goodmean")}}}}
        rootname = f"j8bt{number:04d}"
        mark = {"token": chance.random()}
        store.database[parts.CHANGED].replace_one({"_id": rootname}, mark, upsert=True)
        store.observations.replace_one({"_id": rootname}, document | chosen, upsert=True)


@pytest.fixture
def filled(store):
    """Two parts with moved rows, and changed observations beside them."""
    chance = random.Random(1)
    write(store, range(120), chance)
    parts.fold(store)
    write(store, range(100, 140), chance)
    parts.fold(store)
    write(store, range(130, 150), chance)
    return store


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


def test_columns_do_not_answer_for_the_sky_or_before_the_first_fold(store):
    assert select(store, And(())) is None
    write(store, range(2), random.Random(1))
    parts.fold(store)
    assert select(store, Within(6.0, -72.0, 1.0)) is None
    assert select(store, And(())).count == 2
