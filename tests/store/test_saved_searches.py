"""Saved searches are stored once, seen by those who may, and removed."""

from datetime import datetime

from acsql.store import saved_searches
from acsql.store.client import Store

EARLY, LATE = datetime(2026, 1, 1), datetime(2026, 2, 1)


def test_a_search_is_stored_once_under_its_id(store: Store) -> None:
    saved_searches.insert(store, {"_id": "1", "owner": "ann", "name": "first"})
    saved_searches.insert(store, {"_id": "1", "owner": "bob", "name": "second"})
    assert saved_searches.find(store, "1") == {"_id": "1", "owner": "ann", "name": "first"}
    saved_searches.delete(store, "1")
    assert saved_searches.find(store, "1") is None


def test_a_person_sees_private_and_shared_searches_by_name(store: Store) -> None:
    for key, owner, name, shared in (
        ("1", "ann", "b", False),
        ("2", "bob", "a", False),
        ("3", "bob", "c", True),
    ):
        saved_searches.insert(store, {"_id": key, "owner": owner, "name": name, "shared": shared})
    assert [each["name"] for each in saved_searches.visible(store, "ann")] == ["b", "c"]
    saved_searches.share(store, "2", True)
    assert [each["name"] for each in saved_searches.visible(store, "ann")] == ["a", "b", "c"]


def test_the_last_look_is_the_latest(store: Store) -> None:
    for when in (LATE, EARLY):
        saved_searches.visit(store, "1", "ann.a@b", when)
    assert saved_searches.visits(store, "ann.a@b") == {"1": LATE}
    assert saved_searches.visits(store, "bob") == {}
