"""Observations are stored and replaced whole, and read in part."""

import copy

import pytest
from stored_observation import DOCUMENT

from acsql.errors import DatabaseError
from acsql.query import And
from acsql.store import live_counts, observation_writes, observations

EVERYTHING = And()


def test_a_document_is_stored_unchanged(filled):
    assert observations.document(filled, "j8bt05nj") == DOCUMENT
    assert observations.document(filled, "jcp001010") == {"_id": "jcp001010"}
    assert observations.document(filled, "jbmma2u2") is None


def test_a_document_is_replaced_whole(filled):
    newer = {"_id": "j8bt05nj", "exptime": 61.0}
    observation_writes.replace(filled, newer)
    observation_writes.replace(filled, newer)
    assert observations.document(filled, "j8bt05nj") == newer
    assert filled.observations.count_documents({}) == 2


def test_replacing_does_not_change_the_document_it_is_given(store):
    document = copy.deepcopy(DOCUMENT)
    observation_writes.replace(store, document)
    assert document == DOCUMENT


def test_a_single_observation_is_served_without_its_headers(filled):
    found = observations.get(filled, "j8bt05nj")
    assert found.rootname == "j8bt05nj"
    assert found.headers == {}
    for name in DOCUMENT.keys() - {"_id", "headers"}:
        assert found[name] == DOCUMENT[name], name
    assert observations.get(filled, "jbmma2u2") is None


def test_an_unknown_value_of_an_observation_is_none(filled):
    found = observations.get(filled, "jcp001010")
    assert found.exptime is None
    assert found.datasets == {}
    assert found.position is None


@pytest.mark.parametrize("others", [{"a_field_of_later": 3}, {"exptime": "N/A"}])
def test_a_document_written_with_other_specs_can_be_read(store, others):
    observation_writes.replace(store, {"_id": "j8bt05nj", "targname": "NGC104"} | others)
    found = observations.get(store, "j8bt05nj")
    assert found.targname == "NGC104"
    assert found.exptime == others.get("exptime")


@pytest.mark.parametrize(
    ("filetype", "extension", "expected"),
    [
        ("raw", None, DOCUMENT["headers"]["raw"]),
        ("raw", 0, DOCUMENT["headers"]["raw"]["0"]),
        ("raw", 1, {"goodmean": 5.5}),
        ("spt", 0, {}),
        ("raw", 2, None),
        ("flt", None, None),
        ("flt", 0, None),
    ],
)
def test_headers_of_one_file_or_extension_are_read(filled, filetype, extension, expected):
    assert observations.headers(filled, "j8bt05nj", filetype, extension) == expected


def test_a_missing_observation_or_file_has_no_headers(filled):
    assert observations.headers(filled, "jbmma2u2", "raw") is None
    assert observations.headers(filled, "jcp001010", "raw", 0) is None


def test_rootnames_are_found_by_a_prefix(store):
    names = [f"jcp00101{n}" for n in range(10)] + ["jcp0010", "jcp00102", "jcp00200"]
    store.observations.insert_many([{"_id": name} for name in reversed(names)])
    assert observations.rootnames_starting_with(store, "jcp00101") == names[:10]
    assert observations.rootnames_starting_with(store, "jcp00102") == ["jcp00102"]
    assert observations.rootnames_starting_with(store, "jcp0010") == ["jcp0010", *names[:9]]
    assert observations.rootnames_starting_with(store, "x") == []


def test_the_starts_of_a_detector_before_a_time_are_found(store):
    starts = {"a": ("SBC", 10.0), "b": ("SBC", 9.5), "c": ("SBC", 7.0), "d": ("HRC", 9.9)}
    for name, (detector, start) in starts.items():
        observation_writes.replace(
            store, {"_id": f"j8bt05n{name}", "detector": detector, "expstart": start}
        )
    assert observations.earlier_starts(store, "SBC", 10.0, 3.0) == [9.5, 7.0]
    assert observations.earlier_starts(store, "SBC", 10.0, 1.0) == [9.5]
    assert observations.earlier_starts(store, "WFC", 10.0, 3.0) == []


def test_a_document_that_mongodb_refuses_raises_an_error(store):
    with pytest.raises(DatabaseError):
        observation_writes.replace(store, {"_id": "j8bt05nj", "position": "x" * 17_000_000})
    store.make_indexes()
    with pytest.raises(DatabaseError):
        observation_writes.replace(store, {"_id": "j8bt05nj", "position": {"type": "Point"}})
    assert live_counts.count(store, EVERYTHING) == 0
