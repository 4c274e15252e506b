"""The archive opens a database, and gives access to its observations, totals and migrations."""

import time
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import add

import pytest

import acsql
from acsql.errors import ConfigError, QueryError
from acsql.keywords import HeaderKey
from acsql.store import keywords_not_in_specs
from acsql.store.current_specs import READ_AGAIN_SECONDS


def test_the_time_limit_of_an_archive_is_set_when_it_is_opened(config) -> None:
    with acsql.connect(config) as archive:
        assert archive.time_limit == 60
        assert archive.where().max_seconds == 60
    with acsql.connect(config, time_limit=None) as archive:
        assert archive.time_limit is None
        assert archive.where().max_seconds is None
    with pytest.raises(QueryError, match="time_limit"):
        acsql.connect(config, time_limit=0)


def test_an_archive_shows_its_files_and_its_database_without_the_password(config) -> None:
    user, at, _ = config.connection_string.removeprefix("mongodb://").partition("@")
    with acsql.Archive(config) as archive:
        assert at and user not in repr(archive)
        assert repr(archive) == f"<Archive of {config.filesystem} in {archive.store.address}>"


def test_an_archive_needs_the_address_of_its_database(config) -> None:
    with pytest.raises(ConfigError, match=r"acsql\.connect"):
        acsql.Archive(replace(config, connection_string=None))


def test_an_empty_archive_has_empty_results(empty_archive: acsql.Archive) -> None:
    assert empty_archive.count() == 0
    assert empty_archive.proposals() == []
    assert empty_archive.summary().observations == 0
    assert not any(statistic.rows for statistic in empty_archive.statistics().values())
    assert len(empty_archive.search(detector="WFC")) == 0


def test_an_open_archive_finds_keywords_that_a_later_ingest_reads(
    empty_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(QueryError, match="later"):
        empty_archive.count("raw.0.later=1")
    store = empty_archive.store
    key = HeaderKey("WFC", "raw", 0)
    keywords_not_in_specs.record(store, {(key, "LATER"): ("int", "a")}, datetime(2020, 1, 1))
    store.observations.insert_one({"_id": "j8bt05nj", "headers": {"raw": {"0": {"later": 1}}}})
    monkeypatch.setattr(time, "monotonic", partial(add, READ_AGAIN_SECONDS, time.monotonic()))
    assert empty_archive.count("raw.0.later=1") == 1
