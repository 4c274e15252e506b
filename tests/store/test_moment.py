"""Within a block one look at the database answers, and outside of it each question looks again."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from acsql.query import And
from acsql.store import observation_writes
from acsql.store.columns import marks
from acsql.store.columns.fold import fold
from acsql.store.columns.select import select
from acsql.store.moment import once, one_moment
from acsql.store.summaries.kept import Kept, state


def test_a_block_reads_once_and_each_block_anew(store):
    numbers = iter(range(9))
    with one_moment():
        assert [once(store, "number", numbers.__next__) for _ in range(3)] == [0, 0, 0]
        assert once(store, "other", numbers.__next__) == 1
    with one_moment():
        assert once(store, "number", numbers.__next__) == 2
    assert [once(store, "number", numbers.__next__) for _ in range(2)] == [3, 4]


def test_a_block_ends_with_an_exception(store):
    numbers = iter(range(9))
    with pytest.raises(ZeroDivisionError), one_moment():
        assert once(store, "number", numbers.__next__) / 0
    assert [once(store, "number", numbers.__next__) for _ in range(2)] == [1, 2]


def test_other_threads_look_for_themselves(store):
    numbers = iter(range(9))
    with one_moment(), ThreadPoolExecutor(1) as pool:
        once(store, "number", numbers.__next__)
        assert pool.submit(once, store, "number", numbers.__next__).result() == 1


def test_a_block_keeps_what_was_changed_when_it_began(store):
    kept = Kept(store, lambda: store.observations.count_documents({}))
    observation_writes.replace(store, {"_id": "j8bt0001"})
    with one_moment():
        before = state(store), marks.with_parts(store, 100)
        observation_writes.replace(store, {"_id": "j8bt0002"})
        assert (state(store), marks.with_parts(store, 100)) == before
    assert state(store) != before[0]
    assert kept() == 2


def test_a_selection_is_right_whatever_is_folded_after_the_beginning_of_a_block(store):
    for number in range(4):
        observation_writes.replace(store, {"_id": f"j8bt000{number}", "detector": "WFC"})
        fold(store)
    observation_writes.replace(store, {"_id": "j8bt0001", "detector": "HRC"})
    with one_moment():
        for _ in range(2):
            selection = select(store, And(), ["detector"])
            assert selection.value_counts("detector") == {"WFC": 3, "HRC": 1}
            fold(store)
    assert select(store, And(), ["detector"]).value_counts("detector") == {"WFC": 3, "HRC": 1}
