"""Changed observations are a part whose values are those of their documents."""

import random

import numpy as np
import pytest
from column_conditions import VALUES, write

from acsql.store.columns import changed
from acsql.store.fields import field_path, value_at
from acsql.store.moment import current

PATHS = [field_path(address) for address in sorted(VALUES)]


def documents(store, tokens):
    found = {each["_id"]: each for each in store.observations.find()}
    return [found[rootname] for rootname in tokens]


def is_as_stored(store):
    """Compare all regular values of the part with those of the documents."""
    known = current(store).marks
    part, columns = changed.part_of(store, known, PATHS)
    assert part.live_rows.all()
    assert columns["_id"].array.to_pylist() == list(known.tokens)
    for path in PATHS:
        column = columns[path]
        stored = [value_at(each, path.split(".")) for each in documents(store, known.tokens)]
        regular = [row for row in range(part.rows) if row not in column.irregular]
        values = column.array.to_pylist()
        assert [values[row] for row in regular] == [stored[row] for row in regular]
    return True


def test_values_are_those_of_the_last_write(store):
    chance = random.Random(5)
    for numbers in (range(20), [3], range(15, 30), [29, 3]):
        write(store, numbers, chance)
        assert is_as_stored(store)


def test_values_are_read_once(store, monkeypatch):
    write(store, range(5), random.Random(6))
    known = current(store).marks
    _, before = changed.part_of(store, known, PATHS)
    read = []
    monkeypatch.setattr(changed, "_read", lambda _store, tokens, _paths: read.append(tokens) or {})
    part, columns = changed.part_of(store, known, PATHS)
    assert read == [{}]
    assert part.live_rows.all()
    assert columns == before


@pytest.mark.parametrize("happens", ["written", "deleted", "folded"])
def test_an_observation_that_changes_meanwhile_is_not_live(store, happens):
    chance = random.Random(7)
    write(store, range(3), chance)
    known = current(store).marks
    if happens == "written":
        write(store, [1], chance)
    elif happens == "deleted":
        store.headerless.delete_one({"_id": "j8bt0001"})
    else:
        store.database["changed_observations"].delete_one({"_id": "j8bt0001"})
    part, _ = changed.part_of(store, known, ["exptime"])
    assert part.live_rows.tolist() == [True, False, True]


def test_a_standalone_server_keeps_no_values(store, monkeypatch):
    write(store, range(3), random.Random(8))
    monkeypatch.setattr(store, "has_transactions", False)
    part, columns = changed.part_of(store, current(store).marks, PATHS)
    assert not np.any(part.live_rows)
    assert set(columns) == {"_id"}
