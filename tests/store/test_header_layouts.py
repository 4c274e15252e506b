"""Header layouts are stored once, and read for the headers that name them."""

from acsql.store import header_layouts, observation_writes
from acsql.store.client import Store
from acsql.store.header_layouts import StoredLayout
from acsql.store.schema import HEADER_LAYOUTS

TEXTS = {"one": "EXPTIME\ttime", "two": "NAXIS\tnumber of axes"}


def put(store: Store) -> None:
    layouts = {
        "raw": {
            "0": header_layouts.entry("one", {0: "EXPTIME = 60"}),
            "1": header_layouts.entry("two", {}),
            "2": header_layouts.entry("lost", {}),
        }
    }
    observation_writes.replace(store, {"_id": "j8bt05nj", "layouts": layouts})


def test_a_layout_is_stored_once(store: Store) -> None:
    header_layouts.record(store, {"one": TEXTS["one"]})
    header_layouts.record(store, TEXTS)
    header_layouts.record(store, {})
    found = store.database[HEADER_LAYOUTS].find()
    assert {each["_id"]: each["text"] for each in found} == TEXTS


def test_a_layout_that_somebody_has_changed_is_stored_again(store: Store) -> None:
    header_layouts.record(store, {"one": "changed"})
    header_layouts.record(store, TEXTS)
    assert store.database[HEADER_LAYOUTS].find_one({"_id": "one"})["text"] == TEXTS["one"]


def test_the_layouts_of_a_file_are_those_that_its_headers_name(store: Store) -> None:
    put(store)
    header_layouts.record(store, TEXTS)
    one = StoredLayout(TEXTS["one"], {0: "EXPTIME = 60"})
    expected = {0: one, 1: StoredLayout(TEXTS["two"], {})}
    assert header_layouts.of_file(store, "j8bt05nj", "raw") == expected
    assert header_layouts.of_file(store, "j8bt05nj", "raw", 0) == {0: one}


def test_headers_of_older_documents_have_no_layouts(store: Store) -> None:
    observation_writes.replace(store, {"_id": "j8bt05nj"})
    assert header_layouts.of_file(store, "j8bt05nj", "raw") == {}
    assert header_layouts.of_file(store, "j9999999", "raw", 0) == {}


def test_a_card_of_its_own_takes_no_room_where_there_is_none() -> None:
    assert header_layouts.entry("one", {}) == {"id": "one"}
