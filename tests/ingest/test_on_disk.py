"""Files on disk have times and numbers that the database can store."""

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from bson import BSON

from acsql.ingest.on_disk import FileOnDisk, size_and_mtime, stored_integer
from acsql.names import Filename

NAME = Filename("jcp001kwq", "raw")


def test_a_file_has_what_the_file_system_reports(tmp_path: Path) -> None:
    path = tmp_path / str(NAME)
    path.write_bytes(b"x" * 7)
    status = path.stat()
    file = FileOnDisk.from_status(NAME, path.name, status)
    assert (file.name, file.path) == (NAME, path.name)
    assert (file.size, file.mtime) == size_and_mtime(path)
    assert (file.ctime_ns, file.inode) == (status.st_ctime_ns, status.st_ino)


@pytest.mark.parametrize(
    ("seconds", "stored"),
    [
        (253_402_300_799, datetime(9999, 12, 31, 23, 59, 59)),
        (253_402_300_800, 253_402_300_800),  # the year 10000
        (-62_135_596_800, datetime(1, 1, 1)),
        (-62_135_596_801, -62_135_596_801),  # the year 0
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
    ],
)
def test_a_time_that_no_date_can_hold_is_a_number(
    monkeypatch: pytest.MonkeyPatch, seconds: int, stored: datetime | int
) -> None:
    # Few file systems store such times: the system's answer is given in its place.
    answer = SimpleNamespace(st_size=7, st_mtime_ns=seconds * 10**9)
    monkeypatch.setattr(Path, "stat", lambda _path: answer)
    assert size_and_mtime(Path("jcp001kwq_raw.fits")) == (7, stored)
    assert BSON.encode({"mtime": stored}).decode() == {"mtime": stored}


@pytest.mark.parametrize(
    ("mtime", "named"),
    [
        (datetime(2026, 1, 1), None),
        (datetime(2026, 1, 1, 0, 0, 59), None),
        (datetime(2037, 1, 1), "in the future: 2037-01-01"),
        (253_402_300_800, "impossible modification time: 253402300800 s"),
    ],
)
def test_an_odd_modification_time_is_a_warning(mtime: datetime | int, named: str | None) -> None:
    file = FileOnDisk(NAME, "jcp0/jcp001kwq/jcp001kwq_raw.fits", 7, mtime)
    warning = file.time_warning(datetime(2026, 1, 1))
    assert (warning is None) == (named is None)
    if named:
        assert warning.startswith("jcp001kwq_raw.fits has") and named in warning


@pytest.mark.parametrize("number", [0, 1, 2**63 - 1, 2**63, 2**64 - 1, 253_402_300_800 * 10**9])
def test_any_inode_number_and_change_time_can_be_stored(number: int) -> None:
    assert 0 <= stored_integer(number) < 2**63
    assert stored_integer(number) == number or number >= 2**63
