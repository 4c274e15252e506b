"""Flags, comments and viewed marks on the command line."""

from pathlib import Path

import pytest

import acsql
from acsql.store import observation_writes


@pytest.fixture
def settings(empty_archive: acsql.Archive, write_settings, tmp_path: Path) -> Path:
    """The configuration of an archive with three observations."""
    for name in ("j8bt05nj", "j8bt05nk", "j8bt05nm"):
        observation_writes.replace(empty_archive.store, {"_id": name, "detector": "WFC"})
    return write_settings(empty_archive.config, tmp_path)


def undo_of(text: str) -> str:
    """Return the id that a command has printed."""
    return text.rpartition(" ")[2].strip()


def test_a_search_is_flagged_and_undone(printed, settings, empty_archive):
    text = printed(
        settings, "flag", "other", "detector=WFC", "--why", "odd", "--by", "ann", "--yes"
    )
    assert text.startswith("3 annotations written; to undo: acsql annotations undo ")
    assert printed(settings, "count", "flag=other") == "3\n"
    assert "other" in printed(settings, "find", "flagged()", "--columns", "rootname,flags")
    printed(settings, "annotations", "undo", undo_of(text), "--by", "bob")
    assert empty_archive.count("flagged()") == 0


def test_more_than_one_is_confirmed(run, settings, empty_archive):
    result = run(settings, "flag", "other", "detector=WFC")
    assert result.exit_code == 1
    assert "Annotate 3 observations?" in result.stderr
    assert empty_archive.count("flagged()") == 0


def test_a_flag_of_a_region_is_cleared(printed, settings, empty_archive):
    one = ("rootname=j8bt05njq", "--by", "ann")
    place = ("--filetype", "flt", "--extension", "1", "--region", "circle(1,2,3)")
    printed(settings, "flag", "satellite_trail", *one, *place)
    (placed,) = empty_archive.annotation_state(rootname="j8bt05nj").flags
    assert placed.target.region == "circle(1, 2, 3)"
    printed(settings, "flag", "satellite_trail", *one, "--clear")
    assert empty_archive.count("flagged()") == 0


def test_observations_proposals_and_runs_are_commented_on(printed, run, settings, empty_archive):
    printed(settings, "comment", "guide star lost", "rootname=j8bt05nj", "--by", "ann")
    printed(settings, "comment", "odd", "--proposal", "9019", "--by", "ann")
    assert empty_archive.count("comment=*'guide star'*") == 1
    assert len(empty_archive.annotation_state(proposid=9019).comments) == 1
    assert run(settings, "comment", "odd", "detector=WFC", "--run", "1").exit_code == 2


def test_a_comment_is_edited_resolved_and_reopened(printed, run, settings, empty_archive):
    printed(settings, "comment", "odd", "rootname=j8bt05nj", "--by", "ann")
    ((entry,), change) = empty_archive.annotations(), ("annotations", "change")
    printed(settings, *change, entry.id, "--text", "guide star lost", "--by", "ann")
    printed(settings, *change, entry.id, "--resolve", "--by", "bob")
    (comment,) = empty_archive.annotation_state(rootname="j8bt05nj").comments
    assert (comment.text, comment.history) == ("guide star lost", ("odd",))
    assert comment.resolved
    printed(settings, *change, entry.id, "--reopen", "--by", "bob")
    (comment,) = empty_archive.annotation_state(rootname="j8bt05nj").comments
    assert not comment.resolved
    assert "give a new text" in run(settings, *change, entry.id).stderr


def test_observations_are_marked_as_looked_at(printed, settings, empty_archive):
    printed(settings, "viewed", "detector=WFC", "--by", "ann", "--yes")
    assert empty_archive.count("viewed(ann)") == 3
    printed(settings, "viewed", "rootname=j8bt05nj", "--by", "ann", "--unmark")
    assert empty_archive.count("not viewed()") == 1


def test_a_flagged_observation_is_chosen_as_an_example(printed, run, settings, empty_archive):
    printed(settings, "flag", "other", "detector=WFC", "--by", "ann", "--yes")
    text = printed(settings, "annotations", "example", "other", "rootname=j8bt05nj", "--by", "ann")
    assert printed(settings, "count", "example=other") == "1\n"
    printed(settings, "annotations", "undo", undo_of(text))
    assert empty_archive.count("exists(example)") == 0
    assert (
        "there is no flag"
        in run(settings, "annotations", "example", "o", "detector=WFC", "--yes").stderr
    )


@pytest.mark.parametrize("format_", ["csv", "jsonl", "ecsv"])
def test_an_export_is_imported_once(printed, settings, empty_archive, tmp_path, format_):
    printed(settings, "flag", "other", "detector=WFC", "--by", "ann", "--yes")
    file = tmp_path / f"exported.{format_}"
    file.write_text(printed(settings, "annotations", "list", "--format", format_))
    assert printed(settings, "annotations", "import", str(file)) == "0 new annotations\n"
    empty_archive.store.database.annotations.delete_many({})
    empty_archive.store.database.annotated_observations.delete_many({})
    assert printed(settings, "annotations", "import", str(file)) == "3 new annotations\n"
    assert empty_archive.count("flag=other") == 3


def test_flags_are_listed_with_their_numbers(printed, settings):
    printed(settings, "flag", "other", "rootname=j8bt05nj", "--by", "ann")
    lines = printed(settings, "annotations", "flags", "--format", "csv").splitlines()
    assert [line for line in lines if line.startswith("other,1,")]
    assert [line for line in lines if line.startswith("herringbone,0,")]


def test_no_observation_is_explained(run, settings):
    result = run(settings, "flag", "other", "detector=SBC")
    assert result.exit_code == 1
    assert "detector=SBC: no observation meets this" in result.stderr
    assert run(settings, "flag", "other").exit_code == 2
