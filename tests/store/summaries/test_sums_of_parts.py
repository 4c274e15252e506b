"""Sums of a part are kept until one of its observations changes."""

import pytest

from acsql.store import observation_writes
from acsql.store.columns.fold import fold
from acsql.store.summaries import sums_of_parts, values
from acsql.store.summaries.sums_of_parts import SumsOfParts, added

TYPES = {"rootname": values.TEXT, "exptime": values.NUMBER}


def write(store, *rootnames: str, exptime: object = 1.5) -> None:
    for rootname in rootnames:
        observation_writes.replace(store, {"_id": rootname, "exptime": exptime})


@pytest.fixture
def summed(store):
    """Two observations in one part, one in another; the function that sums, and its tables."""
    write(store, "j8bt0001", "j8bt0002")
    fold(store)
    write(store, "j8bt0003")
    fold(store)
    tables = []
    pieces = SumsOfParts(store, TYPES, lambda table: tables.append(table) or table.num_rows)
    assert sum(pieces()) == 3
    assert len(tables) == 2
    tables.clear()
    return pieces, tables


def test_after_a_write_only_the_changed_observations_are_summed(store, summed):
    pieces, tables = summed
    assert sum(pieces()) == 3
    assert tables == []
    write(store, "j8bt0004")
    assert sum(pieces()) == 4
    write(store, "j8bt0005", "j8bt0006")
    assert sum(pieces()) == 6
    assert sum(pieces()) == 6
    rootnames = [table.column("rootname").to_pylist() for table in tables]
    assert rootnames == [["j8bt0004"], ["j8bt0005", "j8bt0006"]]


def test_a_changed_observation_is_read_again_after_its_next_change(store, summed):
    pieces, tables = summed
    for exptime in (1.0, 2.0, 2.0):
        write(store, "j8bt0004", exptime=exptime)
        assert sum(pieces()) == 4
        assert tables.pop().to_pylist() == [{"rootname": "j8bt0004", "exptime": exptime}]


def test_changed_observations_are_read_together_after_many_writes(store, summed, monkeypatch):
    pieces, tables = summed
    monkeypatch.setattr(sums_of_parts, "_MOST_PIECES", 2)
    for number in range(4, 8):
        write(store, f"j8bt000{number}")
        assert sum(pieces()) == number
    assert [table.num_rows for table in tables] == [1, 1, 1, 4]


def test_nothing_is_kept_of_changed_observations_without_transactions(store, summed, monkeypatch):
    pieces, tables = summed
    monkeypatch.setattr(store, "has_transactions", False)
    write(store, "j8bt0004")
    assert [sum(pieces()), sum(pieces())] == [4, 4]
    assert [table.num_rows for table in tables] == [1, 1]


def test_a_part_is_summed_again_without_an_observation_that_has_changed(store, summed):
    pieces, tables = summed
    write(store, "j8bt0001", exptime=7.0)
    assert sum(pieces()) == 3
    rows = [table.to_pylist() for table in tables]
    assert rows == [
        [{"rootname": "j8bt0002", "exptime": 1.5}],
        [{"rootname": "j8bt0001", "exptime": 7.0}],
    ]
    fold(store)
    tables.clear()
    assert sum(pieces()) == 3
    assert [table.to_pylist() for table in tables] == [rows[1]]


@pytest.mark.parametrize("exptime", ["long", float("nan"), [1.5]])
def test_a_row_with_a_value_that_is_not_in_its_column_is_summed_once(store, summed, exptime):
    pieces, tables = summed
    write(store, "j8bt0004", exptime=exptime)
    write(store, "j8bt0005")
    fold(store)
    assert sum(pieces()) == 5
    assert sum(pieces()) == 5
    (table,) = tables
    assert sorted(table.to_pylist(), key=lambda row: row["rootname"]) == [
        {"rootname": "j8bt0004", "exptime": None},
        {"rootname": "j8bt0005", "exptime": 1.5},
    ]


def test_all_documents_are_summed_where_too_many_have_changed(store, summed, monkeypatch):
    pieces, _ = summed
    monkeypatch.setattr(values, "MOST_DOCUMENTS", 0)
    assert sum(pieces()) == 3
    write(store, "j8bt0004")
    assert sum(pieces()) == 4


def test_sums_of_pieces_are_added_by_name_and_key():
    sums = added([{"files": {"flt": 1, "raw": 2}}, {"files": {"flt": 3}, "bytes": {"raw": 9}}])
    assert sums == {"files": {"flt": 4, "raw": 2}, "bytes": {"raw": 9}}
    assert sums["previews"].total() == 0
