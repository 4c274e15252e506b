"""Reading files: a bad file is one failure, and what is stored of it is kept."""

import errno
import os
from dataclasses import replace

import pytest
from archive_files import (
    SYNCHRONOUS,
    aged,
    cut_in_the_header,
    documents,
    empty,
    followed_by_junk,
    not_a_file,
    not_fits,
    of_another_instrument,
    of_another_rootname,
    one_file,
    truncated,
    without_rootname,
)
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.ingest import read, run
from acsql.keywords import KeywordSpecs
from acsql.store import runs


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (not_fits, "not a FITS file"),
        (truncated, "truncated"),
        (empty, "not a FITS file"),
        (followed_by_junk, "END"),
        (cut_in_the_header, "FITS"),
        (of_another_instrument, "WFC3"),
        (without_rootname, "ROOTNAME"),
        (of_another_rootname, "j9zz99zzq"),
        (not_a_file, "not a file"),
    ],
)
def test_a_bad_file_is_a_failure_and_the_others_are_ingested(
    archive_copy: Config, damage, word: str
) -> None:
    path = one_file(archive_copy, "*_flt.fits")
    damage(path)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations["new"] == 3
    (failure,) = report.failures
    assert failure.filename == path.name
    assert word in failure.reason
    assert path.name in report.log.read_text() or path.name in failure.filename
    with acsql.connect(archive_copy) as archive:
        observation = archive.observation(path.name[:8])
        assert "flt" not in observation.datasets
        assert "raw" in observation.datasets
        last = archive.summary().last_run
        assert last["state"] == runs.SUCCEEDED_WITH_FAILURES
        assert archive.run(last["_id"])["failures"][0]["filename"] == path.name
    assert run.ingest(archive_copy, SYNCHRONOUS).failures, "a young file that failed is tried again"


@pytest.mark.parametrize("damage", [not_fits, truncated, empty])
def test_the_stored_content_of_a_damaged_file_is_kept(
    archive_copy: Config, specs: KeywordSpecs, damage
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)
    path = one_file(archive_copy, "*_flt.fits")
    damage(path)
    os.utime(path, (0, 2_000_000_000))
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert len(report.failures) == 1
    assert documents(archive_copy, specs) == before
    with acsql.connect(archive_copy) as archive:
        assert archive.observation(path.name[:8]).jpeg("flt").is_file()


def test_a_file_without_an_image_extension_keeps_its_headers(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_flt.fits")
    with fits.open(path, mode="update") as hdus:
        for hdu in hdus:
            if hdu.name == "SCI":
                hdu.name = "NOTSCI"
    report = run.ingest(archive_copy, SYNCHRONOUS)
    (failure,) = report.failures
    assert failure.stage == "preview"
    assert path.name in failure.reason
    with acsql.connect(archive_copy) as archive:
        observation = archive.observation(path.name[:8])
        assert observation.headers["flt"][1]["extname"] == "NOTSCI"
        assert observation.previews["flt"]["reason"] == failure.reason


def test_bytes_after_the_last_extension_are_reported(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_spt.fits")
    with path.open("ab") as file:
        file.write(b"\0" * 2880)
    (failure,) = run.ingest(archive_copy, SYNCHRONOUS).failures
    assert "2880 bytes" in failure.reason
    assert path.name in failure.reason
    with acsql.connect(archive_copy) as archive:
        assert "spt" in archive.observation(path.name[:8]).datasets


def test_a_file_truncated_between_two_extensions_is_a_warning(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_spt.fits")
    with fits.open(path) as hdus:
        end = hdus[1].fileinfo()["hdrLoc"]
    path.write_bytes(path.read_bytes()[:end])
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert not report.failures
    assert f"{path.name} has 0 extensions, NEXTEND says 1" in report.log.read_text()


def test_a_file_that_grows_while_it_is_read_is_skipped(
    archive_copy: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = one_file(archive_copy, "*_spt.fits")
    read_file = read.read_file

    def grows(file, *rest):
        content = read_file(file, *rest)
        if str(file.name) == path.name:
            with path.open("ab") as stream:
                stream.write(b"\0" * 2880)
        return content

    monkeypatch.setattr(read, "read_file", grows)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.waiting == [path.name]
    assert not report.failures
    with acsql.connect(archive_copy) as archive:
        assert "spt" not in archive.observation(path.name[:8]).datasets


def test_checksums_find_changes_that_size_and_time_do_not_show(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    by_content = replace(SYNCHRONOUS, checksum=True)
    first = run.ingest(archive_copy, by_content)
    assert first.observations == {"updated": 3}, "nothing was stored to compare with"
    assert all("no checksum is stored to compare with" in warning for warning in first.warnings)
    assert len(first.warnings) == len(first.filenames)
    assert run.ingest(archive_copy, by_content).observations == {"unchanged": 3}
    path = one_file(archive_copy, "*_flt.fits")
    status = path.stat()
    fits.setval(path, "TARGNAME", value="ELSEWHERE")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    # As on a file system that shows neither in its inode number nor its change time.
    assert run.ingest(replace(archive_copy, moved_limit=0), SYNCHRONOUS).observations == {
        "unchanged": 3
    }
    report = run.ingest(archive_copy, by_content)
    assert report.files == {"flt": 1}
    stored = documents(archive_copy, specs)[path.name[:8]]
    assert stored["headers"]["flt"]["0"]["targname"] == "ELSEWHERE"
    assert run.ingest(archive_copy, by_content).observations == {"unchanged": 3}


def assert_previews_exist(config: Config, specs: KeywordSpecs) -> None:
    for document in documents(config, specs).values():
        assert (config.jpeg_dir / document["previews"]["flt"]["jpeg"]).is_file()


NOT_OF_THE_FILE = [
    OSError(errno.EIO, os.strerror(errno.EIO)),
    OSError(errno.ESTALE, os.strerror(errno.ESTALE)),
    PermissionError(errno.EACCES, os.strerror(errno.EACCES)),
    MemoryError(),
    RuntimeError("a bug"),
]


@pytest.mark.parametrize("error", NOT_OF_THE_FILE, ids=repr)
@pytest.mark.parametrize(
    ("stage", "place"),
    [
        ("read", "read.open_headers"),
        ("preview", "file_images.preview.render_chips"),
        ("statistics", "file_images.measure"),
    ],
)
def test_what_fails_for_a_reason_outside_the_file_is_owed_until_it_succeeds(
    archive_copy: Config,
    specs: KeywordSpecs,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    place: str,
    error: Exception,
) -> None:
    for path in archive_copy.filesystem.glob("*/*/*.fits"):
        aged(path)

    def fails(*_, **__):
        raise error

    monkeypatch.setattr(f"acsql.ingest.{place}", fails)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert {failure.stage for failure in report.failures} == {stage}
    assert report.owed == len(report.failures) > 3
    with acsql.connect(archive_copy) as archive:
        assert archive.count() == (0 if stage == "read" else 3)
    monkeypatch.undo()
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert (report.state, report.owed) == (runs.SUCCEEDED, 0)
    assert_previews_exist(archive_copy, specs)


def test_a_picture_is_kept_until_the_one_that_is_owed_replaces_it(
    archive_copy: Config, specs: KeywordSpecs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)

    def full(*_, **__):
        path = archive_copy.jpeg_dir / "9019" / "j8bt05njq_flt.jpg"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr("acsql.ingest.file_images.preview.render_chips", full)
    report = run.ingest(archive_copy, replace(SYNCHRONOUS, everything=True))
    assert all("No space left on device (jpeg_dir)" in each.reason for each in report.failures)
    for rootname, document in documents(archive_copy, specs).items():
        assert document["previews"] == before[rootname]["previews"]
    assert_previews_exist(archive_copy, specs)


def test_a_tile_compressed_image_is_ingested_as_the_image_that_it_holds(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)
    path = one_file(archive_copy, "*_raw.fits")
    with fits.open(path) as hdus:
        image = hdus["SCI", 1]
        hdus[hdus.index_of(("SCI", 1))] = fits.CompImageHDU(image.data, image.header)
        hdus.writeto(path, overwrite=True)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert (report.failures, report.previews) == ([], {"raw": 1})
    rootname = path.name[:8]
    after = documents(archive_copy, specs)[rootname]
    with fits.open(path) as hdus:
        assert len(after["headers"]["raw"]["1"]) == len(set(hdus[1].header) - {""})
        assert after["headers"]["raw"]["1"]["naxis1"] == hdus[1].header["NAXIS1"]
    assert after["previews"]["raw"] == before[rootname]["previews"]["raw"]
