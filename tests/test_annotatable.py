"""Scripts flag, comment, mark as viewed and undo, one observation or all results of a search."""

import pytest
from half_folded import fill

import acsql
from acsql.errors import AnnotationError, InvalidName, ObservationNotFound
from acsql.store import observation_writes

ONE, TWO = "j8bt0000", "j8bt0001"


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive of 150 observations, of which some are in columns."""
    fill(empty_archive.store)
    return empty_archive


def flagged(archive, flag="other"):
    """Return how many observations have a flag."""
    return archive.count(flag=flag)


def test_a_search_is_flagged_at_once_and_undone_at_once(archive):
    search = archive.where(detector="WFC")
    batch = archive.flag(search, "other", "odd", by="ann")
    assert batch.new == search.count() == flagged(archive) > 0
    assert archive.undo(batch.id, by="bob").new == batch.new
    assert flagged(archive) == 0
    assert len(list(archive.annotations(batch=batch.id))) == batch.new


def test_an_undo_is_undone_and_repeated_once(archive):
    batch = archive.flag([ONE, TWO], "other", by="ann")
    undo = archive.undo(batch.id, by="ann")
    assert archive.undo(batch.id, by="ann").new == 0
    archive.undo(undo.id, by="ann")
    assert flagged(archive) == 2


def test_what_has_been_done_again_is_undone_again(archive):
    batch = archive.flag([ONE, TWO], "other", by="ann")
    for _ in range(3):
        undo = archive.undo(batch.id, by="ann")
        assert (undo.new, flagged(archive), archive.is_undone(batch.id)) == (2, 0, True)
        assert archive.undo(undo.id, by="bob").new == 2
        assert (flagged(archive), archive.is_undone(batch.id)) == (2, False)


def test_a_comment_that_is_undone_is_not_changed(archive):
    batch = archive.comment("odd", ONE, by="ann")
    undo = archive.undo(batch.id, by="ann")
    for change in ({"text": "odder"}, {"resolved": True}):
        with pytest.raises(AnnotationError, match="has been undone"):
            archive.change_comment(batch.annotations[0], **change, by="ann")
    archive.undo(undo.id, by="ann")
    assert archive.change_comment(batch.annotations[0], "odder", by="ann").new == 1


def test_one_annotation_of_a_batch_is_undone(archive):
    batch = archive.flag([ONE, TWO], "other", by="ann")
    archive.undo(batch.annotations[0], by="ann")
    assert [row["rootname"] for row in archive.where(flag="other").rows()] == [TWO]


def test_a_repeated_call_with_a_key_writes_once(archive):
    first, again = (archive.flag(ONE, "other", by="ann", key="click") for _ in range(2))
    assert (first.new, again.new) == (1, 0)
    assert first.annotations == again.annotations
    assert archive.flag(ONE, "herringbone", by="ann", key="click").new == 1


def test_a_flag_of_a_region_is_kept_with_its_reason(archive):
    archive.flag(
        archive.observation(ONE), "satellite_trail", "bright", filetype="flt", extension=1,
        region="box(1,2,3,4)", by="ann",
    )  # fmt: skip
    (placed,) = archive.annotation_state(rootname=ONE).flags
    assert (placed.why, placed.by, placed.target.region) == ("bright", "ann", "box(1, 2, 3, 4)")
    archive.flag(ONE, "satellite_trail", clear=True, by="bob")
    assert flagged(archive, "satellite_trail") == 0


def test_comments_are_edited_resolved_and_reopened(archive):
    (comment,) = archive.comment("guide star lost", ONE, by="ann").annotations
    assert archive.count("comment=*'guide star'*") == 1
    archive.change_comment(comment, "guide star lost twice", by="bob")
    archive.change_comment(comment, resolved=True, by="bob")
    (now,) = archive.annotation_state(rootname=ONE).comments
    assert (now.text, now.history, now.resolved) == (
        "guide star lost twice", ("guide star lost",), True,
    )  # fmt: skip
    archive.change_comment(comment, resolved=False, by="ann")
    assert not archive.annotation_state(rootname=ONE).comments[0].resolved


@pytest.mark.parametrize("subject", [{"proposid": 9019}, {"run": 1}])
def test_proposals_and_runs_are_commented_on(archive, subject):
    archive.comment("odd", **subject, by="ann")
    assert [comment.text for comment in archive.annotation_state(**subject).comments] == ["odd"]


def test_viewed_marks_are_those_of_a_person(archive, monkeypatch):
    monkeypatch.setenv("LOGNAME", "ann")
    archive.mark_viewed([ONE, TWO])
    archive.mark_viewed(ONE, by="bob")
    archive.mark_viewed(TWO, viewed=False)
    assert archive.count("viewed(me)") == archive.count("viewed(bob)") == 1
    assert archive.count("not viewed()") == archive.count() - 1


@pytest.mark.parametrize(
    ("call", "error", "reason"),
    [
        (lambda a: a.flag("j8bt9999", "other"), ObservationNotFound, "no observation j8bt9999"),
        (lambda a: a.flag("x", "other"), InvalidName, "rootname"),
        (lambda a: a.flag(ONE, "comet"), AnnotationError, "no flag 'comet'"),
        (lambda a: a.comment(" ", ONE), AnnotationError, "needs a text"),
        (lambda a: a.comment("odd", proposid=1, run=1), AnnotationError, "one of"),
        (lambda a: a.change_comment("1", "odd"), AnnotationError, "no annotation '1'"),
        (lambda a: a.undo("1"), AnnotationError, "nothing with the id"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_written(archive, call, error, reason):
    with pytest.raises(error, match=reason):
        call(archive)
    assert list(archive.annotations()) == []


def test_a_comment_needs_one_change(archive):
    (comment,) = archive.comment("odd", ONE, by="ann").annotations
    with pytest.raises(AnnotationError, match="give a new text"):
        archive.change_comment(comment)


def test_a_new_document_of_an_observation_leaves_its_annotations(archive):
    archive.flag(ONE, "other", by="ann")
    observation_writes.replace(archive.store, {"_id": ONE, "detector": "SBC"})
    assert archive.count("flag=other detector=SBC") == 1
    archive.store.observations.delete_one({"_id": ONE})
    assert [placed.flag for placed in archive.annotation_state(rootname=ONE).flags] == ["other"]


def test_thousands_are_flagged_at_once(empty_archive):
    documents = [{"_id": f"j{number:07d}", "proposid": 1} for number in range(3000)]
    empty_archive.store.observations.insert_many(documents)
    assert empty_archive.flag(empty_archive.where(proposid=1), "other", by="ann").new == 3000
    assert flagged(empty_archive) == 3000
