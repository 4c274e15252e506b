"""Observations without statistics of their images: those that are listed, and those that are."""

from acsql.store import missing_statistics
from acsql.store.client import Store
from acsql.store.schema import WITHOUT_STATISTICS

FILE = {"path": "a_flt.fits", "size": 1}
LACKING = {
    "_id": "b",
    "datasets": {"flt": "b_flt.fits", "raw": "b_raw.fits"},
    "files": {"flt": FILE, "raw": FILE},
    "previews": {"flt": {"jpeg": "b.jpg"}, "raw": {"jpeg": "b.jpg"}},
    "stats": {"raw": {"1": {}}},
}


def test_an_observation_that_is_done_leaves_the_list(store: Store) -> None:
    store.database[WITHOUT_STATISTICS].insert_many([{"_id": "b"}, {"_id": "a"}])
    assert missing_statistics.listed(store) == ["a", "b"]
    missing_statistics.remove(store, "a")
    assert missing_statistics.listed(store) == ["b"]


def test_files_with_a_preview_and_without_statistics_are_found_and_listed(store: Store) -> None:
    complete = LACKING | {"_id": "a", "stats": {"raw": {"1": {}}, "flt": {"1": {}}}}
    vanished = LACKING | {"_id": "c", "files": {"flt": FILE | {"vanished": True}, "raw": FILE}}
    damaged = LACKING | {"_id": "d", "previews": {"flt": {"reason": "damaged"}}}
    store.observations.insert_many([complete, LACKING, vanished, damaged])
    assert missing_statistics.found(store, ["flt", "raw", "drz"]) == ["b"]
    for _ in range(2):
        missing_statistics.list_all(store, ["flt", "raw", "drz"])
        assert missing_statistics.listed(store) == ["b"]
    assert missing_statistics.files(store, "b", ["flt", "raw", "drz"]) == {
        "flt": ("b_flt.fits", FILE)
    }
    assert missing_statistics.files(store, "none", ["flt"]) == {}
