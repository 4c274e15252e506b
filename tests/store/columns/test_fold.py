"""Folds and merges move observations into columns; each is live in the newest part alone."""

import os
import random
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from column_conditions import EVERY, as_float, as_older, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.errors import DatabaseError
from acsql.query import And
from acsql.store import moment, queries
from acsql.store.columns import fold, parts
from acsql.store.columns.select import select
from acsql.store.schema import CHANGED, COLUMN_PARTS, COLUMNS, now

ADDRESSES = [*EVERY, "rootname"]


class Killed(BaseException):
    """The end of the process."""


@pytest.fixture
def small(monkeypatch):
    """Parts of a few rows, so that few observations make many."""
    monkeypatch.setattr(fold, "FOLD_ROWS", 3)
    monkeypatch.setattr(fold, "_DOCUMENTS", 2)
    monkeypatch.setattr(fold, "PART_ROWS", 10)
    monkeypatch.setattr(fold, "_SMALL_ROWS", 5)
    monkeypatch.setattr(fold, "_SMALL_PARTS", 3)


def clear(store):
    for name in (CHANGED, COLUMN_PARTS, COLUMNS):
        store.database[name].delete_many({})
    store.observations.delete_many({})
    store.headerless.delete_many({})


def shown(row):
    """Return the values of a row as text; an integer may be a float in the columns."""
    return repr([as_float(row[name]) for name in ADDRESSES])


def check_columns(store):
    """Check that a selection has what the documents have, and that no column is left over."""
    selection = select(store, And(()), ADDRESSES)
    expected = queries.find(store, And(()), ADDRESSES)
    assert sorted(map(shown, selection.rows())) == sorted(map(shown, expected))
    registry = parts.registry(store)
    known = {part.id for part in registry.parts} | registry.retired.keys()
    assert {each["_id"]["part"] for each in store.database[COLUMNS].find()} <= known
    return registry


spans = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), min_size=1, max_size=8)


@pytest.mark.usefixtures("small")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=spans, seed=st.integers(0, 99))
def test_after_any_changes_and_folds_the_columns_are_the_observations(store, changes, seed):
    clear(store)
    chance = random.Random(seed)
    for start, number in changes:
        write(store, range(start, start + number), chance)
        fold.fold_all(store)
        registry = check_columns(store)
        sizes = [part.live_rows.sum() for part in registry.parts]
        assert 0 < min(sizes) <= max(sizes) <= 10
        assert sum(size < 5 for size in sizes) < 3
    assert store.database[CHANGED].count_documents({}) == 0


def test_an_observation_that_changes_during_a_fold_stays_marked(store, monkeypatch):
    write(store, range(2), random.Random(1))
    encode = fold.encode

    def changing(documents):
        write(store, range(1), random.Random(2))
        monkeypatch.setattr(fold, "encode", encode)
        return encode(documents)

    monkeypatch.setattr(fold, "encode", changing)
    fold.fold_all(store)
    check_columns(store)


def test_a_removed_observation_leaves_the_columns(store):
    write(store, range(3), random.Random(1))
    fold.fold_all(store)
    store.observations.delete_one({"_id": "j8bt0001"})
    store.headerless.delete_one({"_id": "j8bt0001"})
    store.database[CHANGED].insert_one({"_id": "j8bt0001", "token": 1})
    assert select(store, And(())).count == 2
    fold.fold_all(store)
    check_columns(store)


@pytest.mark.usefixtures("small")
def test_a_fold_that_must_stop_leaves_the_columns_as_they_were_or_as_they_become(store):
    write(store, range(8), random.Random(1))
    fold.fold_all(store)
    write(store, range(5, 12), random.Random(2))
    for step in count():
        looks = iter(range(step))
        moved = fold.fold(store, lambda looks=looks: next(looks, None) is None)
        check_columns(store)
        if moved:
            break
    assert step > 5
    fold.fold_all(store)
    assert check_columns(store).parts


def kill_at(step, monkeypatch):
    """Let folds end before their write of a number."""
    writes = count(1)

    def counted(function):
        def call(*arguments):
            if next(writes) == step:
                raise Killed
            return function(*arguments)

        return call

    for name in ("publish", "write", "delete"):
        monkeypatch.setattr(parts, name, counted(getattr(parts, name)))
    monkeypatch.setattr(fold, "_delete_marks", counted(fold._delete_marks))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("step", range(1, 14))
def test_a_fold_that_is_killed_before_any_write_leaves_right_answers(store, monkeypatch, step):
    """It folds twice, merges twice, and deletes what is retired."""
    chance = random.Random(step)
    write(store, range(6), chance)
    fold.fold_all(store)
    write(store, range(3, 9), chance)
    monkeypatch.setattr(fold, "_RETIREMENT", timedelta(0))
    with monkeypatch.context() as patch:
        kill_at(step, patch)
        with pytest.raises(Killed):
            fold.fold_all(store)
    check_columns(store)
    write(store, range(8, 12), chance)
    fold.fold_all(store)
    assert len(check_columns(store).retired) <= 4


steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 12), st.integers(1, 4)),
        st.tuples(st.just("fold"), st.sampled_from([None, *range(1, 12)])),
        st.tuples(st.just("search")),
    ),
    min_size=5,
    max_size=25,
)


@pytest.mark.usefixtures("small")
@settings(
    max_examples=100 if "ALL_KILLS" in os.environ else 15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(steps=steps, seed=st.integers(0, 99))
def test_searches_between_writes_and_killed_folds_are_those_of_the_documents(
    store, monkeypatch, steps, seed
):
    """A process keeps marks and values, here already a few, and reads what is new."""
    clear(store)
    chance = random.Random(seed)
    write(store, range(5), chance)
    fold.fold_all(store)
    with monkeypatch.context() as patch:
        patch.setattr(moment, "_FEW", 2)
        for step, *numbers in steps:
            if step == "write":
                start, number = numbers
                write(store, range(start, start + number), chance)
            elif step == "fold":
                with monkeypatch.context() as inner, suppress(Killed):
                    kill_at(numbers[0], inner)
                    fold.fold(store)
            else:
                check_columns(store)
        check_columns(store)


@pytest.mark.usefixtures("small")
def test_retired_parts_are_deleted_when_no_reader_can_read_them(store, monkeypatch):
    chance = random.Random(1)
    for _ in range(3):
        write(store, range(2), chance)
        fold.fold_all(store)
    assert len(parts.registry(store).retired) == 2
    monkeypatch.setattr(fold, "now", lambda: now() + timedelta(minutes=11))
    write(store, range(2), chance)
    fold.fold_all(store)
    assert len(check_columns(store).retired) == 1


def test_a_fold_of_a_process_that_lost_the_lock_publishes_nothing(store, monkeypatch):
    write(store, range(2), random.Random(1))
    encode = fold.encode

    def late(documents):
        monkeypatch.setattr(fold, "encode", encode)
        fold.fold_all(store)
        write(store, range(1), random.Random(2))
        return encode(documents)

    monkeypatch.setattr(fold, "encode", late)
    with pytest.raises(DatabaseError, match="another process changes the columns"):
        fold.fold_all(store)
    check_columns(store)


@pytest.mark.usefixtures("small")
def test_parts_of_an_older_acsql_are_merged_with_newer_ones_and_replaced(store):
    chance = random.Random(11)
    write(store, range(7), chance)
    fold.fold_all(store)
    as_older(store)
    write(store, range(5, 9), chance)
    fold.fold_all(store)
    check_columns(store)
    paths = {each["_id"]["path"] for each in store.database[COLUMNS].find()}
    assert {"headers.drz.0.dnnn", "headers.drz.0.dnnn.data"} <= paths
    for rootname in store.observations.distinct("_id"):
        store.database[CHANGED].insert_one({"_id": rootname, "token": moment.new_token()})
    fold.fold_all(store)
    current = [part.id for part in check_columns(store).parts]
    blocks = parts.read(store, [(part, "headers.drz.0.dnnn") for part in current])
    assert not any(column.irregular for column in blocks.values())
