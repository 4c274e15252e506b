"""A worker loads in a thread what its first requests need."""

import logging
import sys

import pytest

import acsql
from acsql.errors import DatabaseError
from acsql.web import warming


def test_searches_and_modules_are_loaded(sample_archive: acsql.Archive) -> None:
    warming.start(sample_archive).join()
    assert sys.modules.keys() >= set(warming.MODULES)


def test_every_condition_is_one(sample_archive: acsql.Archive) -> None:
    for condition in warming.CONDITIONS:
        assert sample_archive.count(condition) <= sample_archive.count()


def test_an_outage_is_logged_and_ends_nothing(
    sample_archive: acsql.Archive,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DatabaseError("the database does not answer")

    monkeypatch.setattr(sample_archive, "where", fail)
    with caplog.at_level(logging.DEBUG, "acsql"):
        warming.start(sample_archive).join()
    assert "not warmed up: the database does not answer" in caplog.text
