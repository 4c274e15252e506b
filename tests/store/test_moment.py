"""A moment differs after each write; in a block it is read once, and else at each question."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from column_conditions import write
from pymongo.errors import OperationFailure

from acsql.query import And
from acsql.store import lock, moment, observation_writes
from acsql.store.client import Store
from acsql.store.columns import fold as fold_module
from acsql.store.columns.fold import fold
from acsql.store.columns.marks import with_parts
from acsql.store.columns.select import select
from acsql.store.derived import headerless
from acsql.store.moment import current, max_age, of_block, one_moment
from acsql.store.schema import ANNOTATION_NUMBERS, CHANGED
from acsql.store.summaries.kept import Kept


def test_each_write_and_each_fold_gives_another_moment(store):
    seen = [current(store)]
    chance = random.Random(3)
    assert seen == [(seen[0].marks, (0, None), 0, False, None)]
    assert seen[0].marks.tokens == {}

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
        patch.setattr("pymongo.database.Database.command", fail)
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


def test_a_block_in_another_one_has_its_moment(store):
    with one_moment(AGE):
        before = current(store)
        observation_writes.replace(store, {"_id": "j8bt0001"})
        with one_moment():
            assert current(store) is before
            assert max_age() == AGE
        assert current(store) is before
    assert of_block(store) is None


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
    """A database whose marks are kept, and the rootnames of each query that reads marks."""
    monkeypatch.setattr(moment, "_FEW", 3)
    observation_writes.update(store, {f"j8bt000{number}": {"$set": {}} for number in range(5)})
    read = []
    all_at = moment._all_at

    def note(*arguments: object, **command: object) -> tuple:
        """Read, and note the rootnames of the marks."""
        found = all_at(*arguments, **command)
        if "find" in command:
            read.append([mark["_id"] for mark in found[0]])
        return found

    current(store)
    monkeypatch.setattr(moment, "_all_at", note)
    yield read
    stored = {mark["_id"]: mark["token"] for mark in store.database[CHANGED].find()}
    assert current(store).marks.tokens == stored


def test_marks_are_not_read_again_until_something_is_written(store, many):
    before = current(store)
    assert current(store) == before
    assert many == []
    store.database[ANNOTATION_NUMBERS].insert_one({"next": 7})
    after = current(store)
    assert (after.marks, after.number) == (before.marks, 7)
    assert many == [[]]


def test_only_new_marks_are_read(store, many):
    before = current(store)
    for number in (1, 7, 1):
        observation_writes.replace(store, {"_id": f"j8bt000{number}"})
        changed = current(store)
        assert current(store) == changed
        assert many[-1] == [f"j8bt000{number}"]
        assert changed.marks.base == before.marks
        assert changed.marks.id != before.marks.id
    assert changed.marks.recent.keys() == {"j8bt0001", "j8bt0007"}
    assert len(many) == 3


def test_recent_changes_that_were_remade_often_are_a_base(store, many):
    for number in range(3):
        observation_writes.replace(store, {"_id": f"j8bt000{number}"})
        assert len(current(store).marks.recent) == (number + 1) % 3
    assert current(store).marks.base is None
    assert len(many) == 3


def test_among_marks_of_another_version_none_is_taken_for_another(store, many):
    for number in (9, 8, 9):
        token = {"token": "migration"}
        store.database[CHANGED].replace_one({"_id": f"j8bt000{number}"}, token, upsert=True)
        assert current(store).marks.tokens[f"j8bt000{number}"] == "migration"
    assert list(map(len, many)) == [1, 7, 7]


@pytest.mark.usefixtures("many")
def test_marks_that_a_fold_has_removed_are_not_kept(store):
    write(store, range(5), random.Random(1))
    fold(store)
    assert current(store).marks.tokens == {}


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("read_while_it_folds", [True, False])
def test_a_value_that_was_written_and_folded_since_the_last_search_is_found(
    store, monkeypatch, read_while_it_folds
):
    """Neither the mark of before nor the one that a fold has removed has the value."""
    write(store, range(5), random.Random(1))
    fold(store)
    write(store, range(5), random.Random(2))
    assert select(store, And(), ["exptime"]).count == 5
    observation_writes.replace(store, {"_id": "j8bt0001", "exptime": 4711.0})
    delete_marks = fold_module._delete_marks

    def delete(store: Store, marks: list[dict]) -> None:
        """Read before and after the marks are removed, as between two writes of a fold."""
        for do in (lambda: None, lambda: delete_marks(store, marks)):
            do()
            if read_while_it_folds:
                assert 4711.0 in select(store, And(), ["exptime"]).value_counts("exptime")

    monkeypatch.setattr(fold_module, "_delete_marks", delete)
    fold(store)
    assert 4711.0 in select(store, And(), ["exptime"]).value_counts("exptime")


AGE = 1000.0  # seconds, longer than a test


def counted(store: Store, max_age: float = AGE) -> int:
    """Return the number of observations that a search in a block finds."""
    with one_moment(max_age):
        return select(store, And()).count


@pytest.fixture
def folded(store):
    """A database with an observation in columns."""
    observation_writes.replace(store, {"_id": "j8bt0000"})
    fold(store)
    return store


def test_blocks_find_no_marks_before_the_first_write(store):
    for number in range(3):
        with one_moment(AGE):
            assert current(store).marks.tokens == {}
        # The next snapshot has another time.
        store.proposals.insert_one({"_id": number})


@pytest.mark.parametrize("already", [0, 60])
def test_a_block_may_have_the_marks_of_an_earlier_one_while_a_process_writes(folded, already):
    with lock.hold(folded, "ingest"):
        observation_writes.update(folded, {f"j8bt1{n:03d}": {"$set": {}} for n in range(already)})
        before = counted(folded)
        observation_writes.replace(folded, {"_id": "j8bt0001"})
        folded.database[ANNOTATION_NUMBERS].insert_one({"next": 7})
        assert counted(folded) == before
        with one_moment(AGE):
            assert current(folded).number == 7
        assert select(folded, And()).count == counted(folded) == before + 1


@pytest.mark.parametrize(
    "happens", ["it grows old", "the process ends", "another writes", "a fold"]
)
def test_marks_of_an_earlier_block_are_not_taken_after(folded, happens):
    age = 0.01 if happens == "it grows old" else AGE
    with lock.hold(folded, "ingest"):
        assert counted(folded, age) == 1
        observation_writes.replace(folded, {"_id": "j8bt0001"})
        if happens == "it grows old":
            time.sleep(age)
        elif happens == "a fold":
            fold(folded)
        if happens in {"it grows old", "a fold"}:
            assert counted(folded, age) == 2
    if happens == "another writes":
        with lock.hold(folded, "ingest"):
            assert counted(folded, age) == 2
    assert counted(folded, age) == 2


@pytest.mark.parametrize("seed", range(5))
def test_a_block_has_no_value_of_before_the_marks_that_it_may_have(folded, seed):
    """Each write of an observation has a larger number than the last."""
    chance, written, least = random.Random(seed), {"j8bt0000": 0}, {}
    observation_writes.replace(folded, {"_id": "j8bt0000", "exptime": 0.0})
    with lock.hold(folded, "ingest"):
        for number in range(1, 60):
            name = f"j8bt{chance.randrange(20):04d}"
            written[name] = number
            observation_writes.replace(folded, {"_id": name, "exptime": float(number)})
            is_folded = chance.random() < 0.1 and fold(folded)
            age = chance.choice([AGE, AGE, 0.0])
            with one_moment(age):
                selection = select(folded, And(), ["rootname", "exptime"])
            found = {row["rootname"]: row["exptime"] for row in selection.rows()}
            if is_folded or not age:
                assert found == written
                least = dict(written)
            assert found.keys() <= written.keys()
            assert all(least[name] <= found[name] <= written[name] for name in least)
    assert counted(folded) == len(written)


def test_new_tokens_differ_and_are_integers_of_the_server():
    tokens = {moment.new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(0 <= token < 2**63 for token in tokens)
