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
from acsql.store import keywords_not_in_specs, observation_writes
from acsql.store.current_specs import READ_AGAIN_SECONDS
from acsql.store.derived import headerless
from acsql.store.schema import DERIVED_STATE


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


def test_migrate_also_copies_and_indexes_a_database_without_pending_migrations(
    empty_archive,
) -> None:
    store = empty_archive.store
    empty_archive.migrate()
    store.headerless.drop_indexes()
    store.database[DERIVED_STATE].drop()
    observation_writes.replace(store, {"_id": "j8bt05nj", "detector": "HRC"})
    assert empty_archive.migrate(dry_run=True) == []
    assert headerless.if_current(store) == store.observations
    assert empty_archive.migrate() == []
    assert headerless.if_current(store) == store.headerless
    assert store.headerless.count_documents({"detector": "HRC"}) == 1
    assert len(store.headerless.index_information()) > 1


def test_migrate_repairs_what_a_change_in_the_shell_left(empty_archive) -> None:
    empty_archive.migrate()
    observation_writes.replace(empty_archive.store, {"_id": "j8bt05nj", "detector": "HRC"})
    empty_archive.migrate()
    change = {"$set": {"detector": "SBC"}}
    empty_archive.store.observations.update_one({"_id": "j8bt05nj"}, change)
    assert empty_archive.facets("detector") == {"HRC": 1}
    empty_archive.migrate()
    assert empty_archive.facets("detector") == {"SBC": 1}
    assert empty_archive.store.headerless.count_documents(change["$set"]) == 1
