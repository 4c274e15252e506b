"""A function of the store is repeated when the database is lost, as long as the store waits."""

from dataclasses import dataclass

import pytest

from acsql.errors import DatabaseError, DatabaseUnavailable
from acsql.store.repetition import repeated


@dataclass
class Handle:
    """What the repetition reads of a store, and the errors that its operations raise."""

    wait: float
    errors: list[DatabaseError]


@repeated
def operate(store: Handle, /, word: str, *, number: int) -> tuple[str, int]:
    """Fail as often as there are errors."""
    if store.errors:
        raise store.errors.pop()
    return word, number


def lost() -> DatabaseUnavailable:
    return DatabaseUnavailable("connection closed")


def test_it_is_repeated_until_it_succeeds() -> None:
    assert operate(Handle(300, [lost(), lost()]), "a", number=2) == ("a", 2)


def test_without_a_wait_it_is_not_repeated() -> None:
    store = Handle(0, [lost(), lost()])
    with pytest.raises(DatabaseUnavailable):
        operate(store, "a", number=2)
    assert len(store.errors) == 1


def test_other_errors_are_not_repeated() -> None:
    store = Handle(300, [lost(), DatabaseError("refused")])
    with pytest.raises(DatabaseError, match="refused"):
        operate(store, "a", number=2)
    assert len(store.errors) == 1
