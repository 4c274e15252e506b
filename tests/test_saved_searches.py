"""Scripts save searches, and find what is new in them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

import acsql
from acsql import saved_searches
from acsql.errors import AnnotationError, QueryError
from acsql.store import lock, observation_writes, schema
from acsql.store.derived import headerless


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with one old observation."""
    ingest(empty_archive, "j8bt05nj", datetime(2020, 1, 1))
    return empty_archive


def ingest(archive, rootname, when):
    """Store an observation as first ingested at a moment."""
    dates = {"first_ingest_date": when, "last_ingest_date": when}
    document = {"_id": rootname, "detector": "WFC", **dates}
    observation_writes.replace(archive.store, document)


def test_what_is_new_is_what_was_ingested_since_the_last_look(archive):
    searches = archive.as_person("ann").saved_searches
    saved = searches.add("WFC", "detector=WFC")
    assert (saved.owner, searches.visible()) == ("ann", [searches.find(saved.id)])
    assert searches.search(saved).count() == 1
    assert searches.new(saved, None).count() == 0
    ingest(archive, "j8bt05nk", schema.now() - timedelta(seconds=9))
    assert searches.new(saved, searches.last_looks().get(saved.id)).count() == 1
    searches.look(saved.id)
    assert searches.new(saved, searches.last_looks()[saved.id]).count() == 0
    assert archive.as_person("bob").saved_searches.last_looks() == {}


def test_what_a_machine_with_a_slow_clock_ingests_is_new(archive):
    searches = archive.as_person("ann").saved_searches
    saved = searches.add("WFC", "detector=WFC")
    for rootname, hours in (("j8bt05nk", 2), ("j8bt05nl", 1)):
        ingest(archive, rootname, schema.now() - timedelta(hours=hours))
        assert searches.new(saved, searches.last_looks().get(saved.id)).count() == 1
        searches.look(saved.id)
        assert searches.new(saved, searches.last_looks()[saved.id]).count() == 0


def test_what_is_committed_after_a_look_is_new(archive, monkeypatch):
    searches = archive.as_person("ann").saved_searches
    saved = searches.add("WFC", "detector=WFC")
    copy = headerless.copy

    def look_before_the_commit(document):
        """Look while another worker has stored an observation with a later date."""
        monkeypatch.undo()
        ingest(archive, "j8bt05nl", schema.now() + timedelta(seconds=9))
        searches.look(saved.id)
        return copy(document)

    monkeypatch.setattr(headerless, "copy", look_before_the_commit)
    document = {"_id": "j8bt05nk", "detector": "WFC", "first_ingest_date": None}
    with lock.hold(archive.store, "ingest"):
        observation_writes.replace(archive.store, document, ingested=True)
    new = searches.new(saved, searches.last_looks()[saved.id]).columns("rootname").rows()
    assert "j8bt05nk" in {row["rootname"] for row in new}


def test_of_an_empty_archive_nothing_has_been_seen(empty_archive):
    saved = empty_archive.saved_searches.add("WFC", "detector=WFC")
    ingest(empty_archive, "j8bt05nj", datetime(2020, 1, 1))
    assert empty_archive.saved_searches.new(saved, None).count() == 1


def test_a_search_of_an_older_version_has_what_was_ingested_after_it_was_saved(archive):
    saved = replace(archive.saved_searches.add("WFC", "detector=WFC"), seen=None)
    assert archive.saved_searches.new(saved, None).count() == 0
    ingest(archive, "j8bt05nk", saved.created + timedelta(seconds=1))
    assert archive.saved_searches.new(saved, None).count() == 1


def test_a_shared_search_is_visible_to_others_until_it_is_removed(archive):
    saved = archive.saved_searches.add("all", by="ann", view={"sort": "exptime"}, key="1")
    assert archive.saved_searches.add("all", by="ann", key="1").id == saved.id == "1"
    bob = archive.as_person("bob").saved_searches
    assert bob.visible() == []
    archive.saved_searches.share("1")
    assert [each.view for each in bob.visible()] == [{"sort": "exptime"}]
    archive.saved_searches.remove("1")
    assert bob.find("1") is None


def test_the_last_search_that_a_person_may_save_is_saved_twice_with_its_id(archive):
    for number in range(saved_searches.MAX_OF_ONE):
        archive.saved_searches.add("all", by="ann", key=str(number))
    last = str(saved_searches.MAX_OF_ONE - 1)
    assert archive.saved_searches.add("all", by="ann", key=last).id == last


@pytest.mark.parametrize(
    ("name", "q", "error"),
    [
        (" ", "", AnnotationError),
        ("x" * 101, "", AnnotationError),
        ("x", "nothing=1", QueryError),
    ],
)
def test_a_wrong_search_is_not_saved(archive, name, q, error):
    with pytest.raises(error):
        archive.saved_searches.add(name, q, by="ann")
    assert archive.saved_searches.visible("ann") == []


def test_a_person_saves_a_limited_number(archive, monkeypatch):
    monkeypatch.setattr(saved_searches, "MAX_OF_ONE", 1)
    archive.saved_searches.add("x", by="ann")
    with pytest.raises(AnnotationError, match="remove one first"):
        archive.saved_searches.add("y", by="ann")
    archive.saved_searches.add("y", by="bob")


def test_a_saved_search_has_its_columns_and_order_and_is_found_by_its_name(archive):
    searches = archive.as_person("ann").saved_searches
    view = {"columns": "rootname,detector", "sort": "-exptime"}
    archive.saved_searches.add("WFC", "detector=WFC", by="bob", shared=True)
    saved = searches.add("WFC", "detector=WFC", view=view)
    assert searches.named("WFC").id == searches.named(saved.id).id == saved.id
    assert searches.named("WFC", "cho").owner == "bob"
    search = searches.search(saved)
    assert (search.addresses, search.order[0].descending) == (["rootname", "detector"], True)
    with pytest.raises(AnnotationError, match="no saved search 'HRC'"):
        searches.named("HRC")
    with pytest.raises(QueryError):
        searches.add("x", view={"columns": "nothing"})
