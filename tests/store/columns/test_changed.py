"""Changed observations are a part whose values are those of their documents."""

import dataclasses
import random
from itertools import compress

import numpy as np
import pyarrow as pa
import pytest
from bson import Timestamp
from column_conditions import EVERY, write
from pymongo.errors import AutoReconnect, OperationFailure

from acsql.store import moment
from acsql.store.columns import changed
from acsql.store.fields import field_path, value_at
from acsql.store.moment import current
from acsql.store.observation_writes import replace

PATHS = [field_path(address) for address in sorted(EVERY)]


def documents(store, tokens):
    found = {each["_id"]: each for each in store.observations.find()}
    return [found[rootname] for rootname in tokens]


def is_as_stored(store):
    """Compare all regular values of the live rows with those of the documents."""
    known = current(store).marks
    found = changed.parts_of(store, known, PATHS)
    assert found.unknown == set()
    names = [
        name
        for part, columns in zip(found.parts, found.columns, strict=True)
        for name in compress(columns["_id"].array.to_pylist(), part.live_rows)
    ]
    assert sorted(names) == sorted(known.tokens)
    for part, columns in zip(found.parts, found.columns, strict=True):
        rows = np.flatnonzero(part.live_rows)
        names = columns["_id"].array.take(pa.array(rows)).to_pylist()
        stored = dict(zip(rows, documents(store, names), strict=True))
        for path in PATHS:
            column = columns[path]
            values = column.array.to_pylist()
            for row in set(stored) - set(column.irregular):
                assert values[row] == value_at(stored[row], path.split("."))
    return True


def test_values_are_those_of_the_last_write(store):
    chance = random.Random(5)
    for numbers in (range(20), [3], range(15, 30), [29, 3]):
        write(store, numbers, chance)
        assert is_as_stored(store)


def test_values_of_recent_changes_are_in_another_part(store, monkeypatch):
    monkeypatch.setattr(moment, "_FEW", 3)
    chance = random.Random(5)
    write(store, range(20), chance)
    numbers = []
    for number in (3, 3, 21, 5, 22, 23, 5, 24, 5):
        assert is_as_stored(store)
        write(store, [number], chance)
        found = changed.parts_of(store, current(store).marks, PATHS)
        numbers.append([int(part.live_rows.sum()) for part in found.parts])
    two = [[19, 1], [19, 1], [19, 2], [18, 3], [18, 4], [18, 5], [18, 5]]
    assert numbers == [*two, [24], [23, 1]]


def expose(store, numbers, exptime):
    """Write observations with an exposure time."""
    for number in numbers:
        replace(store, {"_id": f"j8bt000{number}", "exptime": exptime})


def test_an_older_moment_has_the_values_of_then(store, monkeypatch):
    monkeypatch.setattr(moment, "_FEW", 3)
    moments = []
    for exptime, numbers in ((1.0, range(5)), (2.0, [1]), (3.0, [2])):
        expose(store, numbers, exptime)
        moments.append((current(store).marks, list(store.observations.find())))
    for marks, stored in reversed(moments):
        found = changed.parts_of(store, marks, ["exptime"])
        assert found.unknown == set()
        assert values(found, "exptime") == {each["_id"]: each["exptime"] for each in stored}


def values(found, path):
    """Return the values of a field in the live rows of parts, by rootname."""
    return {
        name: value
        for part, columns in zip(found.parts, found.columns, strict=True)
        for name, value, is_live in zip(
            columns["_id"].array.to_pylist(),
            columns[path].array.to_pylist(),
            part.live_rows,
            strict=True,
        )
        if is_live
    }


def test_values_are_read_once(store, monkeypatch):
    write(store, range(5), random.Random(6))
    known = current(store).marks
    before = changed.parts_of(store, known, PATHS)
    read = []
    monkeypatch.setattr(changed, "_read", lambda _, __, marks, ___: read.append(marks) or {})
    assert changed.parts_of(store, known, PATHS) == before
    assert read == [set()]
    assert before.unknown == set()


def test_a_few_new_marks_are_read_once_for_all_fields(store, monkeypatch):
    write(store, range(5), random.Random(6))
    for path in ("exptime", "subarray"):
        changed.parts_of(store, current(store).marks, [path])
    write(store, [3, 9], random.Random(6))
    assert changed.parts_of(store, current(store).marks, ["exptime"]).unknown == set()
    monkeypatch.setattr(changed, "documents_at", None)
    (found,) = changed.parts_of(store, current(store).marks, ["subarray"]).columns
    names = found["_id"].array.to_pylist()
    assert found["subarray"].array.to_pylist() == [
        each["subarray"] for each in documents(store, names)
    ]


def test_values_of_outdated_marks_are_dropped(store):
    chance = random.Random(7)
    for _ in range(9):
        write(store, range(4), chance)
        assert is_as_stored(store)
        assert all(len(changed._cache[path].by_mark) <= 8 for path in PATHS)


@pytest.mark.parametrize("happens", ["written", "deleted", "folded"])
def test_an_observation_that_changes_meanwhile_has_the_value_of_its_mark(store, happens):
    expose(store, range(3), 1.0)
    known = current(store).marks
    if happens == "written":
        expose(store, [1], 2.0)
    elif happens == "deleted":
        store.headerless.delete_one({"_id": "j8bt0001"})
    else:
        store.database["changed_observations"].delete_one({"_id": "j8bt0001"})
    found = changed.parts_of(store, known, ["exptime"])
    assert values(found, "exptime")["j8bt0001"] == 1.0
    assert found.unknown == set()


def test_an_observation_that_is_not_stored_is_unknown(store):
    write(store, range(3), random.Random(7))
    store.headerless.delete_one({"_id": "j8bt0001"})
    found = changed.parts_of(store, current(store).marks, ["exptime"])
    assert found.parts[0].live_rows.tolist() == [True, False, True]
    assert found.unknown == {"j8bt0001"}


def test_all_are_unknown_if_the_server_has_lost_the_snapshot(store):
    write(store, range(3), random.Random(8))
    marks = current(store).marks
    lost = dataclasses.replace(marks, at=Timestamp(marks.at.time - 10**6, 1))
    assert changed.parts_of(store, lost, PATHS) == ((), (), set(marks.tokens))


@pytest.mark.parametrize("error", [OperationFailure("no snapshot"), AutoReconnect("lost")])
def test_all_are_unknown_if_the_snapshot_cannot_be_read(store, monkeypatch, error):
    write(store, range(3), random.Random(8))
    marks = current(store).marks

    def fail(*_: object, **__: object) -> None:
        """Fail as a server without the snapshot, or as a lost connection."""
        raise error

    monkeypatch.setattr("pymongo.database.Database.command", fail)
    assert changed.parts_of(store, marks, PATHS) == ((), (), set(marks.tokens))


def test_a_standalone_server_keeps_no_values(store, monkeypatch):
    write(store, range(3), random.Random(8))
    monkeypatch.setattr(store, "has_transactions", False)
    marks = current(store).marks
    assert changed.parts_of(store, marks, PATHS) == ((), (), set(marks.tokens))
