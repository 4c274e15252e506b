"""Answers read few documents: those that are marked, and the irregular ones."""

import random

from column_conditions import write

from acsql.query import And, Equals
from acsql.store.columns.fold import fold_all
from acsql.store.columns.select import select


def test_no_answer_reads_more_documents_than_the_limit(filled):
    assert select(filled, And(()), most=10) is None
    fold_all(filled)
    assert select(filled, And(()), most=10).count == 150
    # Numbers among texts, and lists, are irregular.
    assert select(filled, Equals("targname", "NGC104"), most=10) is None
    assert select(filled, And(()), ["flt.1.goodmean"], most=10) is None


def test_a_changed_observation_is_counted_as_it_is_now(store):
    write(store, range(5), random.Random(1))
    fold_all(store)
    write(store, range(5), random.Random(2))
    found = select(store, And(()), ["subarray"]).group(["subarray"])
    expected = [each["subarray"] for each in store.observations.find()]
    assert found == {(value,): expected.count(value) for value in set(expected)}
