"""A moment differs after each write; in a block it is read once, and else at each question."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from column_conditions import write
from pymongo.errors import OperationFailure

from acsql.query import And
from acsql.store import moment, observation_writes
from acsql.store.client import Store
from acsql.store.columns.fold import fold
from acsql.store.columns.marks import with_parts
from acsql.store.columns.select import select
from acsql.store.derived import headerless
from acsql.store.moment import MOST_MARKS, current, of_block, one_moment
from acsql.store.schema import ANNOTATION_NUMBERS, CHANGED
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


@pytest.fixture
def many(store, monkeypatch):
    """A database whose marks are kept, and a list with one item for each read of all marks."""
    monkeypatch.setattr(moment, "_FEW", 3)
    monkeypatch.setattr(moment, "_CHANGING_S", 0.0)
    observation_writes.update(store, {f"j8bt000{number}": {"$set": {}} for number in range(5)})
    read = []
    all_marks = moment._with_all_marks

    def count(store: Store, limit: int) -> moment.Moment:
        """Read all marks, and note that."""
        read.append(limit)
        return all_marks(store, limit)

    monkeypatch.setattr(moment, "_with_all_marks", count)
    current(store)
    yield read
    assert moment._with_kept_marks(store, MOST_MARKS + 1) in (None, all_marks(store, 0))


def test_many_marks_are_read_once_until_they_change(store, many):
    before = current(store)
    store.database[ANNOTATION_NUMBERS].insert_one({"next": 7})
    after = current(store)
    assert (after.marks, after.number) == (before.marks, 7)
    assert len(many) == 1
    observation_writes.replace(store, {"_id": "j8bt0001"})
    changed = current(store)
    assert changed.marks.tokens["j8bt0001"] != before.marks.tokens["j8bt0001"]
    assert current(store) == changed
    assert len(many) == 2


def test_marks_of_another_version_are_read_each_time(store, many):
    for number in (2, 1):
        token = {"token": "0" * 32 if number == 2 else "1" * 32}
        store.database[CHANGED].replace_one({"_id": "j8bt0009"}, token, upsert=True)
        assert current(store).marks.tokens["j8bt0009"] == token["token"]
        assert current(store).marks.tokens.keys() > {"j8bt0000", "j8bt0009"}
    assert len(many) == 5


@pytest.mark.usefixtures("many")
def test_marks_that_a_fold_has_removed_are_not_kept(store):
    write(store, range(5), random.Random(1))
    fold(store)
    assert current(store).marks.tokens == {}


def test_while_marks_change_all_are_read_at_once(store, many, monkeypatch):
    monkeypatch.setattr(moment, "_CHANGING_S", 60.0)
    assert current(store) == current(store)
    assert len(many) == 3


def test_the_sum_of_the_most_tokens_is_an_integer_of_the_server():
    assert (moment.MOST_MARKS + 1) << moment._TOKEN_BITS < 2**63
    assert len({moment.new_token() for _ in range(1000)}) == 1000
