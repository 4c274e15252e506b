"""Records of files are read without headers, and marked without other changes."""

from datetime import datetime

from stored_observation import DOCUMENT

from acsql.store import file_records, observations


def test_files_are_returned_by_rootname_without_headers(filled):
    everything = file_records.by_rootname(filled)
    assert everything.keys() == {"j8bt05nj", "jcp001010"}
    assert everything["j8bt05nj"]["files"] == DOCUMENT["files"]
    assert "headers" not in everything["j8bt05nj"]
    some = file_records.by_rootname(filled, ["j8bt05nj", "jbmma2u2"])
    assert some == {"j8bt05nj": everything["j8bt05nj"]}
    assert file_records.by_rootname(filled, []) == {}


def test_files_are_yielded_for_the_observations_that_are_stored(filled, monkeypatch):
    monkeypatch.setattr(file_records, "BATCH_ROWS", 1)
    found = dict(file_records.of(filled, ["j8bt05nj", "jbmma2u2"]))
    assert found.keys() == {"j8bt05nj"}
    assert found["j8bt05nj"] == DOCUMENT["files"]


def test_the_files_of_all_observations_come_with_their_previews(filled):
    first, second = file_records.with_previews(filled)
    assert (first["_id"], second) == ("j8bt05nj", {"_id": "jcp001010"})
    assert {first[name] == DOCUMENT[name] for name in ("files", "previews", "datasets")} == {True}


def test_marks_change_nothing_else(filled):
    (filetype, *_), when = DOCUMENT["files"], datetime(2026, 1, 2)
    file_records.mark_vanished(filled, [("j8bt05nj", filetype)], when)
    files = observations.document(filled, "j8bt05nj")["files"]
    assert files[filetype] == DOCUMENT["files"][filetype] | {"vanished": when}
    file_records.mark_returned(filled, [("j8bt05nj", filetype)])
    file_records.set_marks(filled, [file_records.Marks("j8bt05nj", filetype, 3, 4)])
    document = observations.document(filled, "j8bt05nj")
    marks = {"ctime_ns": 3, "inode": 4}
    assert document["files"][filetype] == DOCUMENT["files"][filetype] | marks
    assert document | {"files": None} == DOCUMENT | {"files": None}
