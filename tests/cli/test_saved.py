"""Saved searches on the command line."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

import acsql
from acsql.store import observation_writes, schema


@pytest.fixture
def settings(empty_archive: acsql.Archive, write_settings, tmp_path: Path) -> Path:
    """The configuration of an archive with one old observation."""
    ingest(empty_archive, "j8bt05nj", datetime(2020, 1, 1))
    return write_settings(empty_archive.config, tmp_path)


def ingest(archive: acsql.Archive, rootname: str, when: datetime) -> None:
    """Store an observation as first ingested at a moment."""
    dates = {"first_ingest_date": when, "last_ingest_date": when}
    document = {"_id": rootname, "detector": "WFC", "exptime": 5.0, **dates}
    observation_writes.replace(archive.store, document)


def test_a_search_is_saved_run_and_removed(printed, run, settings):
    assert printed(settings, "saved", "list") == run(settings, "saved", "list").stdout
    view = ("--columns", "rootname,exptime", "--sort=-exptime", "--by", "ann")
    text = printed(settings, "saved", "add", "Wide", "detector=WFC", "exptime>1", *view)
    assert text == "Saved Wide: detector=WFC exptime>1.0\n"
    rows = printed(settings, "saved", "run", "Wide", "--by", "ann", "--format", "csv")
    assert rows.splitlines() == ["rootname,exptime", "j8bt05nj,5.0"]
    assert run(settings, "saved", "run", "Wide", "--by", "bob").exit_code == 2
    printed(settings, "saved", "remove", "Wide", "--by", "ann")
    assert "no saved search 'Wide'" in run(settings, "saved", "run", "Wide", "--by", "ann").stderr


def test_what_is_new_is_printed_until_it_is_seen(printed, settings, empty_archive):
    new = ("saved", "new", "All", "--by", "ann", "--format", "csv")
    printed(settings, "saved", "add", "All", "--by", "ann")
    assert len(printed(settings, *new).splitlines()) == 1
    ingest(empty_archive, "j8bt05nk", schema.now() - timedelta(seconds=9))
    assert "j8bt05nk" in printed(settings, *new)
    listed = printed(settings, "saved", "list", "--by", "ann", "--format", "csv")
    assert "All,,1,ann,F," in listed
    assert "j8bt05nk" in printed(settings, *new, "--seen")
    assert "j8bt05nk" not in printed(settings, *new)


def test_others_see_and_do_not_change_what_is_shared(printed, run, settings):
    printed(settings, "saved", "add", "All", "--by", "ann")
    printed(settings, "saved", "share", "All", "--by", "ann")
    assert "j8bt05nj" in printed(settings, "saved", "run", "All", "--by", "bob")
    refused = run(settings, "saved", "remove", "All", "--by", "bob")
    assert refused.exit_code == 1
    assert "Only ann can change this saved search." in refused.stderr
    printed(settings, "saved", "share", "All", "--private", "--by", "ann")
    assert run(settings, "saved", "run", "All", "--by", "bob").exit_code == 2


def test_a_search_of_a_keyword_that_has_gone_is_listed(printed, settings, empty_archive):
    saved = empty_archive.saved_searches.add("Gone", "detector=WFC", by="ann")
    searches = empty_archive.store.database[schema.SAVED_SEARCHES]
    searches.update_one({"_id": saved.id}, {"$set": {"q": "nothing_like_it=1"}})
    listed = printed(settings, "saved", "list", "--by", "ann", "--format", "csv")
    assert "Gone,nothing_like_it=1,,ann,F," in listed
