"""An ingest folds what it writes while it runs, and leaves few observations out of the columns."""

import random
import time

import pytest
from column_conditions import write

from acsql.errors import DatabaseError
from acsql.ingest import folding
from acsql.query import And
from acsql.store import observation_writes
from acsql.store.columns.select import select
from acsql.store.schema import CHANGED


@pytest.fixture
def few(monkeypatch):
    """Three changed observations are many."""
    monkeypatch.setattr(folding, "LEAST", 3)
    monkeypatch.setattr(folding, "LEAST_AT_END", 3)
    monkeypatch.setattr(folding, "INTERVAL", 0.01)


def changed(store):
    return store.database[CHANGED].count_documents({})


def wait_until_folded(store):
    deadline = time.monotonic() + 60
    while changed(store) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert changed(store) == 0


@pytest.mark.usefixtures("few")
def test_observations_are_folded_while_others_are_written(store):
    with folding.in_background(store):
        for number in range(3):
            for each in range(3):
                observation_writes.replace(store, {"_id": f"j8bt{number}{each}nj"})
            wait_until_folded(store)
    assert select(store, And(())).count == 9


@pytest.mark.usefixtures("few")
def test_few_changed_observations_stay_as_they_are(store):
    with folding.in_background(store):
        write(store, range(2), random.Random(1))
    assert changed(store) == 2


@pytest.mark.usefixtures("few")
def test_without_transactions_nothing_is_folded_before_all_is_written(store):
    store.has_transactions = False
    with folding.in_background(store):
        write(store, range(3), random.Random(1))
        time.sleep(0.1)
        assert changed(store) == 3
    assert changed(store) == 0


@pytest.mark.usefixtures("few")
def test_an_outage_during_a_fold_is_logged_and_the_fold_repeated(store, monkeypatch, caplog):
    fold_many = folding.fold_many

    def failing(*_):
        monkeypatch.setattr(folding, "fold_many", fold_many)
        raise DatabaseError("the database does not answer")

    monkeypatch.setattr(folding, "fold_many", failing)
    with folding.in_background(store):
        write(store, range(3), random.Random(1))
        wait_until_folded(store)
    assert "Could not fold changed observations" in caplog.text


@pytest.mark.usefixtures("few")
def test_an_ingest_that_fails_ends_without_another_fold(store, monkeypatch):
    monkeypatch.setattr(folding, "INTERVAL", 60)
    with pytest.raises(KeyboardInterrupt), folding.in_background(store):
        write(store, range(3), random.Random(1))
        raise KeyboardInterrupt
    assert changed(store) == 3
