"""Vanished files: what a scan did not find, how much of it is plausible, and what is marked."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from archive_files import SYNCHRONOUS, documents, one_file

from acsql.config import Config
from acsql.errors import ArchiveError
from acsql.ingest import run
from acsql.ingest.vanished_files import implausible_loss, of_observation, of_unseen, unseen
from acsql.keywords import KeywordSpecs
from acsql.store import runs
from acsql.store.recorded_files import RecordedFiles


@pytest.mark.parametrize(
    ("missing", "stored", "limit", "plausible"),
    [
        (0, 0, 5, True),
        (1, 1, 0, True),
        (2, 40, 5, True),
        (3, 40, 5, False),
        (2, 1_000_000, 0, False),
        (50_000, 1_000_000, 5, True),
        (50_001, 1_000_000, 5, False),
        (1_000_000, 1_000_000, 100, True),
    ],
)
def test_a_loss_is_plausible_up_to_a_share_of_the_files(
    missing: int, stored: int, limit: float, plausible: bool
) -> None:
    problem = implausible_loss(missing, stored, limit)
    assert (problem is None) == plausible
    if problem:
        assert f"{missing} of {stored}" in problem and "--confirm-vanished" in problem


def test_a_stored_file_vanishes_once():
    files = {"raw": {}, "flt": {}, "spt": {"vanished": "2019"}}
    assert list(of_observation("j8bt05nj", files, ["flt"])) == [("j8bt05nj", "raw")]


def test_observations_that_a_scan_did_not_find_vanish_if_their_folder_was_read():
    names = ["j8bt05nj", "jbmma2u2", "jcdm01k1"]
    assert list(unseen(names, {"j8bt05nj"}, {"jcdm"})) == ["jbmma2u2"]
    recorded = RecordedFiles({name: {"files": {"flt": {}}} for name in names})
    assert list(of_unseen(recorded, {"j8bt05nj"}, {"jcdm"})) == [("jbmma2u2", "flt")]


def test_an_empty_scan_of_a_filled_archive_is_refused():
    assert list(of_unseen(RecordedFiles({}), (), ())) == []
    with pytest.raises(ArchiveError, match="but 1 are stored: is it mounted"):
        list(of_unseen(RecordedFiles({"j8bt05nj": {}}), (), ()))


def test_vanished_files_are_marked_and_their_headers_kept(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)
    path = one_file(archive_copy, "*_flt.fits")
    rootname, whole = path.name[:8], path.read_bytes()
    path.unlink()
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.vanished == [(rootname, "flt")]
    after = documents(archive_copy, specs)
    assert after[rootname]["files"]["flt"].pop("vanished")
    assert after == before
    assert run.ingest(archive_copy, SYNCHRONOUS).state == runs.NOTHING_NEW
    path.write_bytes(whole)
    assert run.ingest(archive_copy, SYNCHRONOUS).files == {"flt": 1}
    assert "vanished" not in documents(archive_copy, specs)[rootname]["files"]["flt"]


def test_a_vanished_observation_is_marked(archive_copy: Config, specs: KeywordSpecs) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    path = one_file(archive_copy, "*_flt.fits")
    shutil.rmtree(path.parent)
    run.ingest(archive_copy, replace(SYNCHRONOUS, confirm_vanished=True))
    files = documents(archive_copy, specs)[path.name[:8]]["files"]
    assert all("vanished" in file for file in files.values())


def test_a_part_of_the_file_system_that_is_not_mounted_marks_nothing(
    archive_copy: Config, specs: KeywordSpecs, tmp_path: Path
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)
    folder = one_file(archive_copy, "*_flt.fits").parents[1]
    folder.rename(tmp_path / "unmounted")
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.state == runs.SUCCEEDED_WITH_FAILURES
    (problem,) = report.record()["problems"]
    assert "none is marked as vanished" in problem
    assert problem in report.log.read_text(encoding="utf-8")
    assert documents(archive_copy, specs) == before
    (tmp_path / "unmounted").rename(folder)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.state == runs.NOTHING_NEW
    assert not report.files


def test_files_that_return_unchanged_are_not_read_again(
    archive_copy: Config, specs: KeywordSpecs, tmp_path: Path
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)
    folder = one_file(archive_copy, "*_flt.fits").parents[1]
    rootnames = {path.name[:8] for path in folder.glob("*")}
    number = sum(len(before[rootname]["files"]) for rootname in rootnames)
    folder.rename(tmp_path / "unmounted")
    report = run.ingest(archive_copy, replace(SYNCHRONOUS, confirm_vanished=True))
    assert report.state == runs.SUCCEEDED
    assert len(report.vanished) == number
    (tmp_path / "unmounted").rename(folder)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert not report.files
    assert len(report.plan.returned) == number
    assert documents(archive_copy, specs) == before


@pytest.mark.parametrize("levels", [0, 1])
def test_files_in_an_unreadable_folder_have_not_vanished(
    archive_copy: Config, specs: KeywordSpecs, monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)
    folder = one_file(archive_copy, "*_flt.fits").parents[levels]
    scandir = os.scandir

    def refused(path):
        # As root one is never refused: the system's answer is given in its place.
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.vanished == []
    assert [failure.filename for failure in report.failures] == [folder.name]
    assert documents(archive_copy, specs) == before


def test_files_of_an_unmounted_filesystem_have_not_vanished(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)
    shutil.rmtree(archive_copy.filesystem)
    archive_copy.filesystem.mkdir()
    with pytest.raises(ArchiveError, match="mounted"):
        run.ingest(archive_copy, SYNCHRONOUS)
    assert documents(archive_copy, specs) == before
