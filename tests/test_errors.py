"""Errors for users have one base, and each says when it is raised."""

import inspect

import pytest

from acsql import errors

ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_an_archive_error_with_its_message(error: type[Exception]) -> None:
    assert issubclass(error, errors.ArchiveError)
    assert str(error("exptime: not a number")) == "exptime: not a number"
    assert error.__doc__


def test_an_error_can_be_handled_as_a_kind_of_another() -> None:
    assert issubclass(errors.DatabaseUnavailable, errors.DatabaseError)
    assert issubclass(errors.QueryTimeout, errors.QueryError)
