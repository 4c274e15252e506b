"""A moment differs after each write; in a block it is read once, and else at each question."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from column_conditions import write
from pymongo.errors import OperationFailure

from acsql.query import And
from acsql.store import moment, observation_writes
from acsql.store.columns.fold import fold
from acsql.store.columns.marks import with_parts
from acsql.store.columns.select import select
from acsql.store.derived import headerless
from acsql.store.moment import current, of_block, one_moment
from acsql.store.schema import ANNOTATION_NUMBERS
from acsql.store.summaries.kept import Kept


def test_each_write_and_each_fold_gives_another_moment(store):
    seen = [current(store)]
    chance = random.Random(3)
    assert seen == [((seen[0].marks.id, {}), (0, None), 0, False)]

    def changed() -> moment.Moment:
        """Return the moment, which differs from all before."""
        found = current(store)
        assert found == current(store)
        assert found not in seen
        seen.append(found)
        return found

    for _ in range(3):
        write(store, [1], chance)
        assert list(changed().marks.tokens) == ["j8bt0001"]
    fold(store)
    after = changed()
    assert (after.marks.tokens, after.registry[1]) == ({}, with_parts(store)[1][-1].id)
    store.database[ANNOTATION_NUMBERS].insert_one({"next": 7})
    assert changed().number == 7
    headerless.make_all(store)
    assert changed().has_copies


def test_no_more_marks_are_read_than_the_limit(store):
    write(store, range(5), random.Random(1))
    assert [len(current(store, limit).marks.tokens) for limit in (3, 0)] == [3, 5]


def test_a_server_without_snapshots_is_read_one_collection_after_another(store, monkeypatch):
    write(store, range(5), random.Random(1))
    fold(store)
    write(store, range(3), random.Random(1))
    headerless.make_all(store)
    store.database[ANNOTATION_NUMBERS].insert_one({"next": 7})
    together = current(store)

    def fail(*_: object, **__: object) -> None:
        """Fail as a server without a snapshot."""
        raise OperationFailure("no snapshot", 246)

    with monkeypatch.context() as patch:
        patch.setattr("pymongo.collection.Collection.aggregate", fail)
        assert current(store) == together
    monkeypatch.setattr(store, "has_transactions", False)
    assert current(store) == together


def test_a_block_is_of_its_beginning_and_each_block_is_new(store):
    kept = Kept(store, lambda: store.observations.count_documents({}))
    observation_writes.replace(store, {"_id": "j8bt0001"})
    assert of_block(store) is None
    with one_moment():
        before = current(store)
        observation_writes.replace(store, {"_id": "j8bt0002"})
        assert current(store) is of_block(store) is before
    with one_moment():
        assert current(store) != before
    assert kept() == 2


def test_a_block_ends_with_an_exception(store):
    with pytest.raises(ZeroDivisionError), one_moment():
        assert current(store).number / 0
    assert of_block(store) is None


def test_other_threads_look_for_themselves(store):
    with one_moment(), ThreadPoolExecutor(1) as pool:
        before = current(store)
        observation_writes.replace(store, {"_id": "j8bt0002"})
        assert pool.submit(current, store).result() != before


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
