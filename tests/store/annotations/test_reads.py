"""Annotations are found by what they are about, who wrote them, and what they say."""

from collections import Counter
from datetime import datetime
from itertools import chain

import pytest

from acsql.annotations import Action, Annotation, AnnotationTarget, undone
from acsql.query import Between, Equals, Exists, Like
from acsql.store.annotations import reads, writes

ANN, BOB = datetime(2026, 1, 1), datetime(2026, 6, 1)


@pytest.fixture
def annotated(store):
    """A database with two flags and a comment."""
    first, second = AnnotationTarget("j8bt05nj"), AnnotationTarget("j8bt05nk", "flt")
    writes.add(
        store,
        [
            Annotation("1", Action.FLAG, first, "ann", ANN, flag="other", batch="b"),
            Annotation("2", Action.FLAG, second, "bob", BOB, flag="satellite_trail", batch="b"),
            Annotation("3", Action.COMMENT, first, "bob", BOB, text="lost the Guide Star"),
            Annotation("4", Action.FLAG, first, "bob", BOB, flag="satellite_trail"),
        ],
    )
    return store


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({}, ["1", "2", "3", "4"]),
        ({"rootname": "j8bt05nj"}, ["1", "3", "4"]),
        ({"by": "ann"}, ["1"]),
        ({"batch": "b"}, ["1", "2"]),
        ({"flag": "satellite_trail", "rootname": "j8bt05nj"}, ["4"]),
        ({"after": 1}, ["3", "4"]),
        ({"run": 1}, []),
    ],
)
def test_entries_are_found_in_their_order(annotated, fields, ids):
    assert [entry.id for _, entry in reads.numbered(annotated, **fields)] == ids


@pytest.mark.parametrize(
    ("condition", "rootnames"),
    [
        (Equals("flags", "other"), ["j8bt05nj"]),
        (Equals("flags", "OTHER"), ["j8bt05nj"]),
        (Like("flags", "*trail"), ["j8bt05nj", "j8bt05nk"]),
        (Exists("comments"), ["j8bt05nj"]),
        (Like("comments", "*guide star*"), ["j8bt05nj"]),
        (Between("flag_date", BOB), ["j8bt05nj", "j8bt05nk"]),
        (Between("flag_date", BOB, None, False), []),
        (Exists("viewed_by"), []),
    ],
)
def test_observations_are_found_by_their_annotations(annotated, condition, rootnames):
    assert sorted(reads.rootnames(annotated, condition)) == rootnames


def test_entries_of_a_person_are_found_newest_first(annotated):
    assert [entry.id for entry in reads.newest(annotated, "bob")] == ["4", "3", "2"]


def test_one_entry_is_found_by_its_id(annotated):
    assert reads.get(annotated, "3").text == "lost the Guide Star"
    assert reads.get(annotated, "5") is None


def test_fields_are_read_of_some_observations_and_their_values_of_all(annotated):
    assert reads.fields_of(annotated, ["j8bt05nk", "jcp001010"], ["flags", "comments"]) == {
        "j8bt05nk": {"flags": ["satellite_trail"]}
    }
    flags = reads.values_of_all(annotated, "flags")
    assert Counter(chain.from_iterable(flags.values())) == {"other": 1, "satellite_trail": 2}
    assert flags["j8bt05nk"] == ("satellite_trail",)
    assert reads.values_of_all(annotated, "flags") is flags


def test_observations_that_are_annotated_later_are_found(annotated):
    other = Equals("flags", "other")
    assert list(reads.rootnames(annotated, other)) == ["j8bt05nj"]
    assert reads.rootnames(annotated, other) is reads.rootnames(annotated, other)
    entry = Annotation("5", Action.FLAG, AnnotationTarget("j8bt05nk"), "ann", ANN, flag="other")
    writes.add(annotated, [entry])
    assert sorted(reads.rootnames(annotated, other)) == ["j8bt05nj", "j8bt05nk"]
    writes.add(annotated, undone([entry], "ann", BOB, "undo"))
    assert list(reads.rootnames(annotated, other)) == ["j8bt05nj"]


def test_observations_with_a_flag_are_read_from_the_index(annotated):
    annotated.document_classes.annotated_observation.ensure_indexes()
    annotated.database.command("profile", 2)
    reads.rootnames(annotated, Equals("flags", "other", ("other",)))
    annotated.database.command("profile", 0)
    read = {"ns": annotated.database["annotated_observations"].full_name}
    (entry,) = annotated.database["system.profile"].find(read)
    assert entry["docsExamined"] == 0
