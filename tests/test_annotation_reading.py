"""Scripts read annotations, what holds after them, and those that are new."""

import pytest

import acsql
from acsql.errors import AnnotationError, InvalidName
from acsql.store import observation_writes


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with one observation."""
    observation_writes.replace(empty_archive.store, {"_id": "j8bt05nj"})
    return empty_archive


def test_annotations_are_found_by_the_name_of_a_file_as_well(archive):
    archive.flag("j8bt05nj", "other", by="ann")
    assert [each.by for each in archive.annotations(rootname="J8BT05NJQ")] == ["ann"]
    assert list(archive.annotations(rootname="j8bt05nk")) == []


@pytest.mark.parametrize(
    ("call", "error", "reason"),
    [
        (lambda a: a.annotations(colour="red"), AnnotationError, "no field 'colour'"),
        (lambda a: a.annotations(rootname="x"), InvalidName, "rootname"),
        (lambda a: a.annotation_state(), AnnotationError, "give one of"),
        (lambda a: a.annotation_state(by="ann"), AnnotationError, "give one of"),
    ],
)
def test_what_cannot_be_found_is_refused(archive, call, error, reason):
    with pytest.raises(error, match=reason):
        call(archive)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_pages_have_each_annotation_once(archive, size):
    for number in range(3):
        archive.comment(f"{number}", "j8bt05nj", by="ann" if number else "bob")
    seen, after = [], None
    while not seen or after is not None:
        page, after = archive.annotation_page(size, after)
        seen += [entry.text for entry in page]
    assert seen == ["0", "1", "2"]
    page, after = archive.annotation_page(2, by="ann")
    assert ([entry.text for entry in page], after) == (["1", "2"], None)


def test_a_watch_hands_over_each_annotation_once(archive, tmp_path):
    file = tmp_path / "flags.checkpoint"
    archive.flag("j8bt05nj", "other", by="ann")
    archive.comment("odd", "j8bt05nj", by="ann")
    watched = [each.flag for each in archive.watch_annotations(file, patience=0, action="flag")]
    assert watched == ["other"]
    archive.flag("j8bt05nj", "herringbone", by="bob")
    watched = [each.flag for each in archive.watch_annotations(file, patience=0, action="flag")]
    assert watched == ["herringbone"]
    assert list(archive.watch_annotations(file, patience=0, action="flag")) == []


def test_the_last_viewed_mark_is_the_newest_that_is_not_undone(archive):
    observation_writes.replace(archive.store, {"_id": "j8bt05nk"})
    first = archive.mark_viewed("j8bt05nj", by="ann")
    second = archive.mark_viewed("j8bt05nk", by="ann")
    archive.comment("odd", "j8bt05nj", by="ann")
    archive.mark_viewed("j8bt05nj", by="bob")
    assert archive.last_viewed("ann").batch == second.id
    undo = archive.undo(second.id, by="ann")
    assert archive.last_viewed("ann").batch == first.id
    archive.undo(undo.id, by="ann")
    assert archive.last_viewed("ann").batch == second.id
    assert archive.last_viewed("cho") is None
