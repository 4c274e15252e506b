"""Files on disk are compared with the columns as they would be with the documents."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from acsql.store import observation_writes
from acsql.store.columns.fold import fold
from acsql.store.columns.recorded_files import files_in_columns

MTIME = datetime(2019, 3, 1, 12, 0, 0, 5000)


@dataclass(frozen=True)
class File:
    """A file as the file system has it."""

    path: str = "j8bt/j8bt0001q/j8bt0001q_flt.fits"
    size: int = 2880
    mtime: datetime | int = MTIME
    # Larger than the integers that a float represents.
    ctime_ns: int = 1_714_000_000_123_456_789
    inode: int = 2**62 + 1


@dataclass(frozen=True)
class Observation:
    """An observation as the file system has it."""

    rootname: str
    files: dict[str, File] = field(default_factory=dict)


FLT = {"flt": File()}


def write(store, observation, **fields):
    """Record an observation, with more fields of its flt file."""
    files = {name: vars(file) for name, file in observation.files.items()}
    for name, value in fields.items():
        files["flt"] = {**files["flt"], name: value}
    observation_writes.replace(store, {"_id": observation.rootname, "files": files})


def test_an_observation_is_the_same_if_all_its_files_are(store):
    recorded = Observation("j8bt0001", {"flt": File(), "raw": File(path="raw", size=5760)})
    write(store, recorded)
    write(store, Observation("j8bt0002"))
    fold(store)
    others = [
        Observation("j8bt0001", recorded.files | {"spt": File()}),
        Observation("j8bt0001", {"raw": recorded.files["raw"]}),
        Observation("j8bt0002", FLT),
        Observation("j8bt0003", FLT),
    ]
    found = files_in_columns(store).same([recorded, Observation("j8bt0002"), *others])
    assert found.tolist() == [True, True, *[False] * len(others)]
    assert files_in_columns(store).number_of_files == 2


@pytest.mark.parametrize(
    "change",
    [
        {"path": "elsewhere"},
        {"size": 2881},
        {"mtime": MTIME + timedelta(milliseconds=1)},
        {"mtime": int(MTIME.timestamp())},
        {"ctime_ns": File.ctime_ns + 1},
        {"inode": File.inode - 1},
    ],
)
def test_a_file_with_another_value_is_not_the_same(store, change):
    write(store, Observation("j8bt0001", FLT))
    fold(store)
    changed = Observation("j8bt0001", {"flt": replace(File(), **change)})
    assert files_in_columns(store).same([changed]).tolist() == [False]


@pytest.mark.parametrize("missing", ["path", "size", "mtime", "ctime_ns", "inode"])
def test_a_file_of_which_a_value_is_not_recorded_is_not_the_same(store, missing):
    write(store, Observation("j8bt0001", FLT), **{missing: None})
    fold(store)
    columns = files_in_columns(store)
    on_disk = [Observation("j8bt0001", FLT), Observation("j8bt0001")]
    assert columns.same(on_disk).tolist() == [False, False]


def test_a_vanished_file_is_the_same_while_it_is_not_on_disk(store):
    write(store, Observation("j8bt0001", FLT), vanished=MTIME)
    fold(store)
    columns = files_in_columns(store)
    on_disk = [Observation("j8bt0001", FLT), Observation("j8bt0001")]
    assert columns.same(on_disk).tolist() == [False, True]
    assert columns.number_of_files == 0


@pytest.mark.parametrize(
    "fields", [{"mtime": -62_167_219_200}, {"size": "2880"}, {"path": ["a", "b"]}]
)
@pytest.mark.parametrize("number", [1, 3])
def test_values_that_do_not_fit_their_column_are_left_to_documents(store, fields, number):
    write(store, Observation("j8bt0000", FLT), **fields)
    usual = [Observation(f"j8bt000{place}", FLT) for place in range(1, number)]
    for observation in usual:
        write(store, observation)
    fold(store)
    columns = files_in_columns(store)
    assert columns.others == {"j8bt0000"}
    assert columns.rows.keys() == {observation.rootname for observation in usual}
    assert columns.same(usual).all()


def test_changed_observations_are_left_to_documents(store):
    observations = [Observation(f"j8bt000{number}", FLT) for number in range(3)]
    for observation in observations:
        write(store, observation)
    assert files_in_columns(store).same(observations).tolist() == [False, False, False]
    fold(store)
    write(store, observations[1])
    columns = files_in_columns(store)
    assert columns.others == {"j8bt0001"}
    assert columns.same(observations).tolist() == [True, False, True]
    fold(store)
    assert files_in_columns(store).same(observations).tolist() == [True, True, True]
