"""A file replaced by one of equal size and time is noticed, and a moved archive is not read."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from archive_files import SYNCHRONOUS, aged, documents, not_fits, one_file
from astropy.io import fits

from acsql.config import Config
from acsql.ingest import read, run
from acsql.ingest.on_disk import FileOnDisk
from acsql.ingest.report import Report
from acsql.keywords import KeywordSpecs
from acsql.store import runs
from acsql.store.client import Store

BY_CONTENT = replace(SYNCHRONOUS, checksum=True)


def restored_over(path: Path, content: bytes) -> None:
    """Replace a file as ``rsync -t`` or a restore do: size and modification time stay."""
    status, new = path.stat(), path.with_suffix(".part")
    assert len(content) == status.st_size
    new.write_bytes(content)
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
    new.replace(path)


def renamed_target(path: Path, name: str) -> bytes:
    """Return the content of a FITS file with another target."""
    copy = path.with_name("copy.fits")
    shutil.copyfile(path, copy)
    fits.setval(copy, "TARGNAME", value=name)
    content = copy.read_bytes()
    copy.unlink()
    return content


def without_reading(config: Config, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Ingest while no file can be opened, which would be a failure."""
    with monkeypatch.context() as patch:
        patch.setattr(read, "open_headers", None)
        patch.setattr(read, "checksum", None)
        report = run.ingest(config, SYNCHRONOUS)
    assert not report.failures
    return report


@pytest.mark.parametrize("with_checksum", [False, True])
def test_a_replaced_file_is_read_again(
    archive_copy: Config, specs: KeywordSpecs, with_checksum: bool
) -> None:
    run.ingest(archive_copy, BY_CONTENT if with_checksum else SYNCHRONOUS)
    if with_checksum:
        run.ingest(archive_copy, BY_CONTENT)
    path = one_file(archive_copy, "*_flt.fits")
    restored_over(path, renamed_target(path, "ELSEWHERE"))
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations == {"updated": 1, "unchanged": 2}
    assert report.filenames == [path.name]
    stored = documents(archive_copy, specs)[path.name[:8]]
    assert stored["headers"]["flt"]["0"]["targname"] == "ELSEWHERE"
    assert run.ingest(archive_copy, SYNCHRONOUS).state == runs.NOTHING_NEW


def test_a_file_with_the_stored_content_is_compared_once_and_not_read_again(
    archive_copy: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        run.ingest(archive_copy, BY_CONTENT)
    path = one_file(archive_copy, "*_flt.fits")
    restored_over(path, path.read_bytes())
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations == {"unchanged": 3}
    assert not report.warnings
    assert without_reading(archive_copy, monkeypatch).state == runs.NOTHING_NEW


def test_a_damaged_file_restored_to_the_same_size_and_time_is_read_again(
    archive_copy: Config,
) -> None:
    path = one_file(archive_copy, "*_flt.fits")
    whole = path.read_bytes()
    not_fits(path)
    damaged = path.read_bytes()[:1000].ljust(len(whole), b" ")
    path.write_bytes(damaged)
    aged(path)
    assert len(run.ingest(archive_copy, SYNCHRONOUS).failures) == 1
    assert run.ingest(archive_copy, SYNCHRONOUS).known_failures == 1
    restored_over(path, whole)
    assert run.ingest(archive_copy, SYNCHRONOUS).filenames == [path.name]


def test_a_moved_archive_is_not_read(
    archive_copy: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = len(run.ingest(archive_copy, SYNCHRONOUS).filenames)
    shutil.copytree(archive_copy.filesystem, tmp_path / "moved")
    moved = replace(archive_copy, filesystem=tmp_path / "moved", moved_limit=number - 1)
    report = without_reading(moved, monkeypatch)
    assert report.observations == {"unchanged": 3}
    assert report.record()["moved"] == number
    assert f"taken as moved: {number} " in "\n".join(report.lines())
    assert f"taken as moved: {number} " in report.log.read_text()
    assert f"taken as moved: {number} " in "".join(report.record()["notes"])
    assert without_reading(moved, monkeypatch).record()["moved"] == 0


def test_marks_are_stored_for_files_of_an_older_acsql_without_reading_them(
    archive_copy: Config, specs: KeywordSpecs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)
    with Store(archive_copy.connection_string, specs) as store:
        for filetype in specs.filetypes:
            marks = {f"files.{filetype}.{name}": "" for name in ("ctime_ns", "inode")}
            store.observations.update_many({}, {"$unset": marks})
    assert without_reading(archive_copy, monkeypatch).state == runs.NOTHING_NEW
    assert documents(archive_copy, specs) == before


def test_marks_are_those_of_the_file(archive_copy: Config, specs: KeywordSpecs) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    path = one_file(archive_copy, "*_flt.fits")
    stored = documents(archive_copy, specs)[path.name[:8]]["files"]["flt"]
    status = path.stat()
    assert (stored["ctime_ns"], stored["inode"]) == (status.st_ctime_ns, status.st_ino)
    assert {"ctime_ns", "inode"} <= FileOnDisk.__dataclass_fields__.keys()
