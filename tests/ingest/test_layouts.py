"""Layouts: where observations are, and the FITS files that are nowhere."""

import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from archive_files import SYNCHRONOUS

import acsql
from acsql.config import Config
from acsql.ingest import layouts, run
from acsql.ingest.layouts import Misplaced, find_misplaced
from acsql.store import runs
from acsql.verify.verification import verify


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")


PLACED = ("jcp0/jcp001kwq/jcp001kwq_raw.fits", "mastDownload/HST/jcp001kwq/jcp001kwq_raw.fits")
MISPLACED = (
    "JCP0/JCP001KWQ/jcp001kwq_raw.fits",
    "jcp0/JCP001KXQ/jcp001kxq_raw.fits",
    "jcp0/jcp001kzq_raw.fits",
    "jcp1/jcp001kwq/jcp001kwq_raw.fits",
    "jcp001kwq_drz.FITS",
    "jcp001kwq_drz.fits.gz",
)


@pytest.mark.parametrize("layout", layouts.LAYOUTS)
def test_fits_files_outside_the_layout_are_counted_and_some_named(
    tmp_path: Path, layout: str
) -> None:
    touch(tmp_path, *PLACED, *MISPLACED, "notes.txt", ".snapshot/jcp001kwq_raw.fits")
    found = find_misplaced(tmp_path, layout)
    assert found.number == len(MISPLACED) + 1
    assert len(found.examples) == layouts.NAMED
    expected = {*MISPLACED, PLACED[layout == layouts.ACS]}
    assert set(found.examples) < expected
    assert f"{found.number} ({found.examples[0]}, " in found.message
    assert "and 2 more" in found.message


def test_nothing_is_outside_an_archive_in_its_layout(tmp_path: Path) -> None:
    touch(tmp_path, PLACED[0])
    assert find_misplaced(tmp_path, layouts.ACS) == Misplaced()


def test_the_search_ends_at_a_folder_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "jcp001kwq_drz.fits", "jcp1/stray.fits")
    scandir, released = os.scandir, threading.Event()

    def frozen(path):
        if Path(path).name == "jcp1":
            released.wait(60)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", frozen)
    found = find_misplaced(tmp_path, layouts.ACS, read_timeout=1)
    released.set()
    assert found == Misplaced(1, ("jcp001kwq_drz.fits",))


@pytest.mark.parametrize("folder", ["", "mastDownload/HST/{}/", "{upper}/"])
def test_a_wrong_layout_is_named_by_ingest_and_verification(
    archive_copy: Config, folder: str
) -> None:
    root = archive_copy.filesystem
    for path in list(root.glob("*/*/*.fits")):
        target = root / folder.format(path.name[:9], upper=path.name[:4].upper()) / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    for directory in root.glob("j???"):
        shutil.rmtree(directory)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.state == runs.SUCCEEDED_WITH_FAILURES
    (problem,) = report.problems
    assert "FITS files outside the layout" in problem
    (finding,) = verify(archive_copy, scheduler="synchronous").findings
    assert finding.kind == "misplaced"


def test_a_single_stray_file_is_named_and_no_failure(archive_copy: Config) -> None:
    (archive_copy.filesystem / "stray.fits").write_bytes(b"x")
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.state == runs.SUCCEEDED
    assert report.record()["misplaced"] == {"number": 1, "examples": ("stray.fits",)}
    assert "stray.fits" in "\n".join(report.lines())
    result = verify(archive_copy, scheduler="synchronous")
    assert not result.findings
    assert "stray.fits" in result.notes[0]


def test_a_download_from_mast_is_an_archive(archive_copy: Config) -> None:
    root = archive_copy.filesystem
    for directory in list(root.glob("*/*/")):
        target = root / "mastDownload/HST" / directory.name
        target.parent.mkdir(parents=True, exist_ok=True)
        directory.rename(target)
        directory.parent.rmdir()
    config = replace(archive_copy, layout="mast")
    report = run.ingest(config, SYNCHRONOUS)
    assert report.observations == {"new": 3}
    assert not report.problems
    assert run.ingest(config, SYNCHRONOUS).state == runs.NOTHING_NEW
    assert not verify(config, full=True, scheduler="synchronous").findings
    path = min(root.glob("mastDownload/HST/*/*_flt.fits"))
    with acsql.connect(config) as archive:
        assert archive.observation(path.name[:9]).path("flt") == path
        (file,) = archive.where(f"rootname={path.name[:8]}").files(["flt"])
        assert file.locate(root) == path
