"""Recorded files are those of the documents, also where the columns differ from these."""

from datetime import datetime

import pytest

from acsql.ingest.on_disk import FileOnDisk, ObservationOnDisk
from acsql.names import Filename
from acsql.store import observation_writes, recorded_files
from acsql.store.columns.fold import fold
from acsql.store.recorded_files import RecordedFiles

MTIME = datetime(2019, 3, 1)


def on_disk(rootname: str) -> ObservationOnDisk:
    path = f"{rootname[:4]}/{rootname}q/{rootname}q_flt.fits"
    file = FileOnDisk(Filename(f"{rootname}q", "flt"), path, 2880, MTIME, 1_714_000_000_123_456_789)
    return ObservationOnDisk(rootname, f"{rootname}q", path, {"flt": file})


def files(rootname: str) -> dict:
    file = on_disk(rootname).files["flt"]
    names = ("path", "size", "mtime", "ctime_ns", "inode")
    return {"flt": {name: getattr(file, name) for name in names}}


ROOTNAMES = [f"j8bt000{number}" for number in range(4)]
SCANNED = [on_disk(rootname) for rootname in ROOTNAMES]


@pytest.fixture
def filled(store, monkeypatch):
    """Three observations in columns, and one beside them."""
    monkeypatch.setattr(recorded_files, "_FEW", 0)
    for rootname in ROOTNAMES[:3]:
        observation_writes.replace(store, {"_id": rootname, "files": files(rootname)})
    fold(store)
    observation_writes.replace(store, {"_id": ROOTNAMES[3], "files": files(ROOTNAMES[3])})
    return store


def everything(recorded: RecordedFiles) -> dict:
    return {name: each["files"] for name, each in recorded.of(recorded.rootnames).items()}


def test_all_observations_are_recorded_and_those_in_columns_recognised(filled):
    recorded = recorded_files.recorded_files(filled)
    assert recorded.same(SCANNED) == [True, True, True, False]
    assert everything(recorded) == {name: files(name) for name in ROOTNAMES}
    assert (len(recorded), recorded.number_of_files) == (4, 4)
    assert recorded.of(["j8bt0009", ROOTNAMES[0]]).keys() == {ROOTNAMES[0]}


def test_few_observations_are_read_as_documents(filled, monkeypatch):
    monkeypatch.setattr(recorded_files, "_FEW", 4)
    recorded = recorded_files.recorded_files(filled)
    assert recorded.columns is None
    assert recorded.same(SCANNED) == [False] * 4
    assert everything(recorded) == {name: files(name) for name in ROOTNAMES}


def test_an_observation_that_was_deleted_by_hand_is_not_recorded(filled):
    filled.observations.delete_one({"_id": ROOTNAMES[1]})
    recorded = recorded_files.recorded_files(filled)
    assert recorded.same(SCANNED) == [True, False, True, False]
    assert everything(recorded).keys() == {*ROOTNAMES} - {ROOTNAMES[1]}
    assert len(recorded) == 3


def test_an_observation_that_was_inserted_by_hand_is_recorded(filled):
    filled.observations.insert_one({"_id": "j8bt0009", "files": files("j8bt0009")})
    recorded = recorded_files.recorded_files(filled)
    assert everything(recorded)["j8bt0009"] == files("j8bt0009")


def test_an_observation_without_files_is_recorded(filled):
    filled.observations.insert_one({"_id": "j8bt0009"})
    assert recorded_files.recorded_files(filled).of(["j8bt0009"]) == {"j8bt0009": {}}


def test_nothing_is_recorded_in_an_empty_archive(store, monkeypatch):
    monkeypatch.setattr(recorded_files, "_FEW", -1)
    recorded = recorded_files.recorded_files(store)
    assert (len(recorded), recorded.number_of_files) == (0, 0)
    assert recorded.same(SCANNED) == [False] * 4
