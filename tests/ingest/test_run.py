"""Whole ingests: what is ingested, and how a run is recorded."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from stat import S_IMODE

import pytest
from archive_files import (
    SYNCHRONOUS,
    one_file,
)
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.errors import ArchiveError, Busy, ConfigError
from acsql.ingest import run
from acsql.keywords import KeywordSpecs
from acsql.query import And
from acsql.store import live_counts, lock, runs
from acsql.store.client import Store
from acsql.verify.verification import verify


def test_every_file_and_header_of_the_sample_is_ingested(
    sample_archive: acsql.Archive, sample_filesystem: Path
) -> None:
    on_disk = {
        path.name
        for path in sample_filesystem.glob("*/*/*_*.fits")
        if path.stem.rpartition("_")[2] in sample_archive.specs.filetypes
    }
    stored = set()
    for row in sample_archive.where().rows():
        observation = sample_archive.observation(row["rootname"])
        stored |= set(observation.datasets.values())
        for filetype, by_extension in observation.headers.items():
            with fits.open(observation.path(filetype)) as hdus:
                assert len(by_extension) == len(hdus)
    assert stored == on_disk


def test_every_detector_and_filetype_is_ingested(sample_archive: acsql.Archive) -> None:
    summary = sample_archive.summary()
    assert set(summary.detectors) == set(sample_archive.specs.detectors)
    assert set(summary.filetypes) == set(sample_archive.specs.filetypes)
    assert summary.last_run["state"] == runs.SUCCEEDED


def test_previews_and_thumbnails_are_rendered(sample_archive: acsql.Archive) -> None:
    made = 0
    for row in sample_archive.where().rows():
        observation = sample_archive.observation(row["rootname"])
        for filetype in set(observation.datasets) & set(sample_archive.specs.with_preview()):
            assert observation.jpeg(filetype).is_file()
            made += 1
        if "flt" in observation.datasets:
            assert observation.thumbnail().is_file()
    assert made == sample_archive.summary().previews > 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (run.Options(filetypes=("abc",)), "abc"),
        (run.Options(scheduler="nonsense"), "nonsense"),
    ],
)
def test_an_invalid_option_is_named(
    new_archive_copy: Config, options: run.Options, word: str
) -> None:
    with pytest.raises(ConfigError, match=word):
        run.ingest(new_archive_copy, options)


def test_an_invalid_scheduler_is_an_error_when_nothing_is_new(config: Config) -> None:
    with pytest.raises(ConfigError, match="'nonsense' is not one of processes, threads"):
        run.ingest(config, run.Options(scheduler="nonsense"))


def test_an_interrupted_run_is_recorded_with_what_it_has_done(
    new_archive_copy: Config, specs: KeywordSpecs
) -> None:
    @contextlib.contextmanager
    def interrupted(_: int) -> Iterator[Callable[[], object]]:
        yield lambda: signal.raise_signal(signal.SIGINT)

    # In the background a process may have another handler.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run.ingest(new_archive_copy, SYNCHRONOUS, interrupted)
    finally:
        signal.signal(signal.SIGINT, handler)
    with Store(new_archive_copy.connection_string, specs) as store:
        record = runs.last(store)
        assert record["state"] == runs.INTERRUPTED
        assert record["reason"] == "interrupted (Ctrl-C or SIGINT); the next run continues"
        assert record["observations"] == {"new": 1}
    assert run.ingest(new_archive_copy, SYNCHRONOUS).observations == {"new": 2, "unchanged": 1}


def test_a_missing_filesystem_is_a_failed_run(config: Config, specs: KeywordSpecs) -> None:
    config = replace(config, filesystem=config.filesystem / "nowhere")
    with pytest.raises(ConfigError, match="nowhere"):
        run.ingest(config, SYNCHRONOUS)
    with Store(config.connection_string, specs) as store:
        record = runs.last(store)
        assert record["state"] == runs.FAILED
        assert "nowhere" in record["reason"]
        assert live_counts.count(store, And()) == 0


def test_a_missing_database_is_named(config: Config) -> None:
    config = config.at("mongodb://127.0.0.1:9/acsql?serverSelectionTimeoutMS=200")
    with pytest.raises(ArchiveError, match=r"127\.0\.0\.1:9"):
        run.ingest(config, SYNCHRONOUS)


def test_the_log_has_environment_observations_and_summary(new_archive_copy: Config) -> None:
    report = run.ingest(new_archive_copy, SYNCHRONOUS)
    text = report.log.read_text()
    for word in ("User: ", "Host: ", "Python Version: ", "astropy Version: ", "numpy Path: "):
        assert word in text
    rootname = one_file(new_archive_copy, "*_flt.fits").name[:8]
    assert f" INFO: {rootname}: new: " in text
    assert text.rstrip().splitlines()[-1].endswith(f"Seconds: {report.seconds:.1f}")


def test_two_runs_exclude_each_other(new_archive_copy: Config, specs: KeywordSpecs) -> None:
    with (
        Store(new_archive_copy.connection_string, specs) as store,
        lock.hold(store, "ingest"),
        pytest.raises(Busy, match="acsql ingest"),
    ):
        run.ingest(new_archive_copy, SYNCHRONOUS)
    assert run.ingest(new_archive_copy, SYNCHRONOUS).observations == {"new": 3}


def test_a_run_that_died_is_recorded_as_such(new_archive_copy: Config, specs: KeywordSpecs) -> None:
    with Store(new_archive_copy.connection_string, specs) as store:
        runs.start(store, {"started": datetime(2026, 1, 1)})
        with acsql.connect(new_archive_copy) as archive:
            assert archive.runs()[0]["state"] == runs.DIED
        run.ingest(new_archive_copy, SYNCHRONOUS)
        assert [record["state"] for record in runs.newest(store, 5)] == [
            runs.SUCCEEDED,
            runs.DIED,
        ]


def test_files_of_impossible_times_are_ingested_and_named(new_archive_copy: Config) -> None:
    times = {"raw": 253_402_300_800, "flt": -62_167_219_200, "spt": 2_114_380_800}
    paths = {filetype: one_file(new_archive_copy, f"*_{filetype}.fits") for filetype in times}
    # A memory file system stores any time, a disk few centuries.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        filesystem = Path(folder) / "archive"
        shutil.copytree(new_archive_copy.filesystem, filesystem)
        for filetype, seconds in times.items():
            path = filesystem / paths[filetype].relative_to(new_archive_copy.filesystem)
            os.utime(path, (0, seconds))
            if path.stat().st_mtime_ns != seconds * 10**9:
                pytest.skip(f"the file system of {folder} does not store such times")
        config = replace(new_archive_copy, filesystem=filesystem)
        report = run.ingest(config, replace(SYNCHRONOUS, min_age=0.001))
        assert report.observations == {"new": 3}
        assert not report.failures and not report.waiting
        for filetype, words in (("raw", "impossible"), ("flt", "impossible"), ("spt", "future")):
            (warning,) = [each for each in report.warnings if paths[filetype].name in each]
            assert words in warning
            assert warning in report.log.read_text(encoding="utf-8")
        assert run.ingest(config, SYNCHRONOUS).state == runs.NOTHING_NEW
        assert not verify(config, full=True, scheduler="synchronous").findings


def test_pictures_and_logs_have_the_configured_mode_whatever_the_umask(
    new_archive_copy: Config,
) -> None:
    before = os.umask(0o027)
    try:
        options = replace(
            SYNCHRONOUS, rootnames=(one_file(new_archive_copy, "*_flt.fits").name[:9],)
        )
        run.ingest(replace(new_archive_copy, file_mode="0644"), options)
    finally:
        os.umask(before)
    folders = (new_archive_copy.jpeg_dir, new_archive_copy.thumbnail_dir, new_archive_copy.log_dir)
    written = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    modes = {path.suffix: f"{S_IMODE(path.stat().st_mode):o}" for path in written}
    assert modes == {"": "755", ".jpg": "644", ".thumb": "644", ".log": "644"}
