"""Annotations are only ever added, each once, with what holds of their observations."""

import threading
from datetime import datetime

import pytest
from private_server import drop

from acsql.annotations import Action, Annotation, AnnotationTarget, undone
from acsql.store.annotations import reads, writes
from acsql.store.client import Store
from acsql.store.schema import ANNOTATED_OBSERVATIONS, ANNOTATIONS

WHEN = datetime(2026, 11, 28)


@pytest.fixture(params=["replica set", "standalone"])
def any_store(request, specs):
    """An empty database of a server with transactions, and of one without."""
    if request.param == "replica set":
        yield request.getfixturevalue("store")
        return
    with Store(f"{request.getfixturevalue('standalone')}annotations", specs) as opened:
        yield opened
        drop(opened)


def flag(key, rootname="j8bt05nj", by="ann", **fields):
    """Return an entry that sets a flag."""
    target = AnnotationTarget(rootname)
    return Annotation(key, Action.FLAG, target, by, WHEN, **{"flag": "other"} | fields)


def states(store):
    """Return what searches find of all observations."""
    return {each.pop("_id"): each for each in store.database[ANNOTATED_OBSERVATIONS].find()}


def test_what_holds_is_written_with_the_entries(any_store):
    comment = Annotation("2", Action.COMMENT, AnnotationTarget("j8bt05nj"), "bob", WHEN, text="odd")
    assert writes.add(any_store, [flag("1"), comment, flag("3", "j8bt05nk")]) == 3
    assert states(any_store) == {
        "j8bt05nj": {"flags": ["other"], "flag_date": WHEN, "comments": ["odd"], "entries": 2},
        "j8bt05nk": {"flags": ["other"], "flag_date": WHEN, "entries": 1},
    }


def test_a_repeated_request_writes_once(any_store):
    assert writes.add(any_store, [flag("1"), flag("1")]) == 1
    assert writes.add(any_store, [flag("1"), flag("2", "j8bt05nk")]) == 1
    assert [annotation.id for _, annotation in reads.numbered(any_store)] == ["1", "2"]


def test_an_undo_leaves_the_entry_and_not_its_effect(any_store):
    entry = flag("1")
    writes.add(any_store, [entry])
    writes.add(any_store, undone([entry], "bob", WHEN, "undo"))
    assert states(any_store) == {"j8bt05nj": {"entries": 2}}
    assert any_store.database[ANNOTATIONS].count_documents({}) == 2


def test_what_a_killed_write_has_left_is_repaired(standalone, specs):
    with Store(f"{standalone}killed", specs) as store:
        try:
            writes.add(store, [flag("1"), flag("2", "j8bt05nk")])
            expected = states(store)
            store.database[ANNOTATED_OBSERVATIONS].delete_one({"_id": "j8bt05nj"})
            assert writes.add(store, [flag("1")]) == 0
            assert states(store) == expected
            store.database[ANNOTATED_OBSERVATIONS].delete_many({})
            assert writes.repair(store) == 2
            assert states(store) == expected
            assert writes.repair(store) == 0
        finally:
            drop(store)


def test_people_who_write_at_once_lose_nothing(any_store):
    def write(by):
        for number in range(10):
            writes.add(any_store, [flag(f"{by}{number}", by=by)])

    threads = [threading.Thread(target=write, args=(by,)) for by in ("ann", "bob", "monitor")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [number for number, _ in reads.numbered(any_store)]
    assert numbers == list(range(30))
    assert states(any_store)["j8bt05nj"]["entries"] == 30


def test_annotations_of_proposals_and_runs_are_stored_and_change_no_observation(any_store):
    target = AnnotationTarget(proposid=9019)
    writes.add(any_store, [Annotation("1", Action.COMMENT, target, "ann", WHEN, text="odd")])
    assert states(any_store) == {}
    assert [each.text for _, each in reads.numbered(any_store, proposid=9019)] == ["odd"]


def test_thousands_are_written_in_several_transactions(store):
    many = [flag(str(number), f"j{number:07d}") for number in range(2500)]
    assert writes.add(store, many) == 2500
    assert len(states(store)) == 2500
