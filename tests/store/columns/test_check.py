"""A check finds each observation that the columns have differently, and a fold of it repairs it."""

import random

import pytest
from column_conditions import as_older, write

from acsql.store.columns import check, fold, parts
from acsql.store.columns.fold import fold_all
from acsql.store.schema import COLUMNS


@pytest.fixture
def folded(store):
    """Observations of which all are in columns, some in the second part."""
    write(store, range(12), random.Random(1))
    fold_all(store)
    write(store, range(10, 14), random.Random(2))
    fold_all(store)
    return store


def lose(store):
    """Let the first part lose a row."""
    old = parts.registry(store)
    rows = old.parts[0].live_rows
    rows[3] = False
    parts.publish(store, old, old._replace(parts=(old.parts[0].with_live(rows), old.parts[1])))


def repeat(store):
    """Let a row that is in the second part live in the first as well."""
    old = parts.registry(store)
    rows = old.parts[0].live_rows
    rows[10] = True
    parts.publish(store, old, old._replace(parts=(old.parts[0].with_live(rows), old.parts[1])))


def remove(store):
    store.observations.delete_one({"_id": "j8bt0003"})


def change(store):
    store.observations.update_one({"_id": "j8bt0003"}, {"$set": {"headers.flt.1.new": 5}})


def damage(store):
    """Let the column of a path be gone."""
    part = parts.registry(store).parts[1].id
    store.database[COLUMNS].delete_one({"_id": {"part": part, "path": "subarray"}})


def test_columns_that_are_the_observations_have_no_differences(folded):
    write(folded, range(2), random.Random(3))
    assert check.differences(folded, values=True) == {}


def test_columns_of_an_older_acsql_have_no_differences(folded):
    as_older(folded)
    assert check.differences(folded, values=True) == {}


def test_a_merged_part_whose_rows_are_not_in_order_has_no_differences(store, monkeypatch):
    monkeypatch.setattr(fold, "_SMALL_PARTS", 2)
    for numbers in (range(5, 10), range(5)):
        write(store, numbers, random.Random(1))
        fold_all(store)
    assert [part.rows for part in parts.registry(store).parts] == [10]
    assert check.differences(store, values=True) == {}


@pytest.mark.parametrize(
    ("fault", "rootname", "reason", "only_in_values"),
    [
        (lose, "j8bt0003", "the columns lack it", False),
        (repeat, "j8bt0010", "the columns have it more than once", False),
        (remove, "j8bt0003", "the columns have it, and it is not stored", False),
        (change, "j8bt0003", "the columns differ from it in headers.flt.1.new", True),
        (damage, None, "the columns differ from it in subarray", True),
    ],
)
def test_a_difference_is_found_and_repaired(folded, fault, rootname, reason, only_in_values):
    fault(folded)
    if only_in_values:
        assert check.differences(folded, values=False) == {}
    found = check.differences(folded, values=True)
    assert set(found.values()) == {reason}
    assert rootname is None or list(found) == [rootname]
    check.mark(folded, list(found))
    assert check.differences(folded, values=True) == {}
    fold_all(folded)
    assert check.differences(folded, values=True) == {}
