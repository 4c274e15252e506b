"""Changed files: what a run does with each file of an observation."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from acsql.ingest.changed_files import Comparison, Selection, compare
from acsql.ingest.on_disk import FileOnDisk, ObservationOnDisk
from acsql.names import Filename

NOW = datetime(2026, 1, 1)
FILE = FileOnDisk(
    Filename("j8bt05njq", "raw"),
    "j8bt/j8bt05njq/j8bt05njq_raw.fits",
    size=2880,
    mtime=datetime(2020, 1, 1),
    ctime_ns=7,
    inode=8,
)
STORED = {"path": FILE.path, "size": FILE.size, "mtime": FILE.mtime, "ctime_ns": 7, "inode": 8}
DAMAGED = {"owed": False, "size": FILE.size, "mtime": FILE.mtime, "ctime_ns": 7, "inode": 8}


def compared(
    file: FileOnDisk = FILE,
    stored: dict[str, Any] | None = STORED,
    failure: dict[str, Any] | None = None,
    **options: Any,
) -> Comparison:
    """Return the comparison of one raw file."""
    observation = ObservationOnDisk("j8bt05nj", "j8bt05njq", "j8bt/j8bt05njq", {"raw": file})
    files = {} if stored is None else {"raw": stored}
    failures = {} if failure is None else {"j8bt05njq_raw.fits": failure}
    return compare(observation, files, failures, Selection(["raw"], NOW, **options), ["raw"])


def test_an_unchanged_file_is_left() -> None:
    assert compared() == Comparison()


@pytest.mark.parametrize(
    "changed", [{"size": 5760}, {"mtime": NOW}, {"path": "j8bt/j8bt05njs/j8bt05njs_raw.fits"}]
)
def test_a_file_of_another_size_time_or_path_is_read(changed: dict[str, Any]) -> None:
    assert compared(replace(FILE, **changed)) == Comparison(to_read=["raw"])


def test_a_file_that_is_not_stored_is_read() -> None:
    assert compared(stored=None) == Comparison(to_read=["raw"])


def test_an_unchanged_file_is_read_on_request() -> None:
    assert compared(everything=True) == Comparison(to_read=["raw"])


@pytest.mark.parametrize("marks", [{"ctime_ns": 9}, {"inode": 9}])
def test_a_file_of_which_only_the_marks_differ_was_moved(marks: dict[str, int]) -> None:
    assert compared(replace(FILE, **marks)) == Comparison(moved=["raw"])


def test_a_file_stored_without_marks_gets_them() -> None:
    stored = STORED | {"ctime_ns": None, "inode": None}
    assert compared(stored=stored) == Comparison(without_marks=["raw"])


@pytest.mark.parametrize("checksum", ["ab", None])
def test_the_content_is_compared_on_request(checksum: str | None) -> None:
    stored = STORED if checksum is None else STORED | {"sha256": checksum}
    assert compared(stored=stored, checksum=True) == Comparison(checksums={"raw": checksum})


def test_an_unchanged_file_that_had_vanished_is_back() -> None:
    assert compared(stored=STORED | {"vanished": NOW}) == Comparison(returned=["raw"])


def test_a_damaged_file_is_left_until_it_changes() -> None:
    assert compared(stored=None, failure=DAMAGED) == Comparison(known_failures=1)
    read = Comparison(to_read=["raw"])
    assert compared(stored=None, failure=DAMAGED, retry_failed=True) == read
    for changed in ({"size": 5760}, {"mtime": NOW}, {"inode": 9}):
        assert compared(replace(FILE, **changed), None, DAMAGED) == read


@pytest.mark.parametrize("options", [{}, {"checksum": True}])
def test_a_damaged_file_is_not_compared_with_what_was_stored_before(
    options: dict[str, bool],
) -> None:
    earlier = STORED | {"ctime_ns": 1, "inode": 2, "sha256": "ab"}
    assert compared(stored=earlier, failure=DAMAGED, **options) == Comparison(known_failures=1)


def test_a_file_whose_ingest_is_owed_is_read() -> None:
    assert compared(stored=None, failure=DAMAGED | {"owed": True}) == Comparison(to_read=["raw"])


@pytest.mark.parametrize(
    ("mtime", "min_age", "waits"),
    [
        (NOW - timedelta(seconds=600), 600, False),
        (NOW - timedelta(seconds=599), 600, True),
        (NOW + timedelta(seconds=30), 600, True),  # the clocks differ a little
        (NOW + timedelta(seconds=61), 600, False),
        (datetime(2037, 1, 1), 600, False),
        (datetime(2037, 1, 1), 1e9, False),
        (253_402_300_800, 600, False),  # the year 10000
        (-62_167_219_200, 600, False),  # the year 0
        (NOW - timedelta(seconds=1), 0, False),
        (NOW + timedelta(seconds=1), 0, False),
    ],
)
def test_only_a_file_that_may_still_be_arriving_waits(
    mtime: datetime | int, min_age: float, waits: bool
) -> None:
    result = compared(replace(FILE, mtime=mtime), None, min_age=min_age)
    expected = {"waiting": ["j8bt05njq_raw.fits"]} if waits else {"to_read": ["raw"]}
    assert result == Comparison(**expected)
