"""Writes in a transaction are all made or none."""

import pytest

from acsql.errors import DatabaseError
from acsql.store.client import Store
from acsql.store.transactions import in_transaction


def test_writes_before_an_error_are_not_kept(store: Store) -> None:
    notes = store.database.notes

    def write(session):
        notes.insert_one({"_id": 1}, session=session)
        notes.insert_one({"_id": 1}, session=session)

    with pytest.raises(DatabaseError, match="duplicate key"):
        in_transaction(store, write)
    assert list(notes.find()) == []


def test_the_result_of_the_function_is_returned(store: Store) -> None:
    assert in_transaction(store, lambda session: session is not None) is True


def test_a_standalone_server_has_no_session(standalone, specs) -> None:
    with Store(standalone, specs) as store:
        assert in_transaction(store, lambda session: session) is None
