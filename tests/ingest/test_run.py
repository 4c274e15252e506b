"""Whole ingests: what goes in, what is left alone, and what one bad file costs."""

import contextlib
import errno
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.errors import ArchiveError, Busy, ConfigError
from acsql.ingest import read, run
from acsql.keywords import KeywordSpecs
from acsql.query import And
from acsql.store import live_counts, lock, observations, runs
from acsql.store.client import Store

HERE = run.Options(scheduler="synchronous")


@pytest.fixture
def archive_copy(config: Config, sample_filesystem: Path) -> Config:
    """The configuration of an archive with a copy of some sample observations."""
    kept = {}
    for flt in sorted(sample_filesystem.glob("*/*/*_flt.fits")):
        kept.setdefault(fits.getval(flt, "DETECTOR"), flt.parent)
    for directory in kept.values():
        shutil.copytree(directory, config.filesystem / directory.relative_to(sample_filesystem))
    return config


def one_file(config: Config, pattern: str) -> Path:
    return min(config.filesystem.glob(f"*/*/{pattern}"))


def documents(config: Config, specs: KeywordSpecs) -> dict[str, dict]:
    with Store(config.connection_string, specs) as store:
        return {document["_id"]: document for document in store.observations.find()}


def test_every_file_and_header_of_the_sample_is_in(
    sample_archive: acsql.Archive, sample_filesystem: Path
) -> None:
    on_disk = {
        path.name
        for path in sample_filesystem.glob("*/*/*_*.fits")
        if path.stem.rpartition("_")[2] in sample_archive.specs.filetypes
    }
    stored = set()
    for row in sample_archive.iter():
        observation = sample_archive.observation(row["rootname"])
        stored |= set(observation.datasets.values())
        for filetype, by_extension in observation.headers.items():
            with fits.open(observation.path(filetype)) as hdus:
                assert len(by_extension) == len(hdus)
    assert stored == on_disk


def test_every_detector_and_filetype_is_in(sample_archive: acsql.Archive) -> None:
    summary = sample_archive.summary()
    assert set(summary.detectors) == set(sample_archive.specs.detectors)
    assert set(summary.filetypes) == set(sample_archive.specs.filetypes)
    assert summary.last_run["state"] == runs.SUCCEEDED


def test_previews_and_thumbnails_are_there(sample_archive: acsql.Archive) -> None:
    made = 0
    for row in sample_archive.iter():
        observation = sample_archive.observation(row["rootname"])
        for filetype in set(observation.datasets) & set(sample_archive.specs.with_preview()):
            assert observation.jpeg(filetype).is_file()
            made += 1
        if "flt" in observation.datasets:
            assert observation.thumbnail().is_file()
    assert made == sample_archive.summary().previews > 0


@pytest.mark.parametrize("scheduler", ["processes", "threads"])
def test_schedulers_agree(archive_copy: Config, specs: KeywordSpecs, scheduler: str) -> None:
    run.ingest(archive_copy, HERE)
    one = documents(archive_copy, specs)
    again = run.Options(scheduler=scheduler, everything=True, workers=2)
    report = run.ingest(archive_copy, again)
    assert report.observations == {"updated": len(one)}
    other = documents(archive_copy, specs)
    for document in [*one.values(), *other.values()]:
        del document["last_ingest_date"]
    assert other == one


def test_a_cluster_agrees(archive_copy: Config) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
    ):
        report = run.ingest(archive_copy, run.Options(scheduler=cluster.scheduler_address))
    assert report.observations["new"] == 3
    assert not report.failures


def test_nothing_new_opens_no_file(archive_copy: Config) -> None:
    run.ingest(archive_copy, HERE)
    for path in archive_copy.filesystem.glob("*/*/*.fits"):
        status = path.stat()
        path.write_bytes(b"\0" * status.st_size)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    report = run.ingest(archive_copy, HERE)
    assert report.observations == {"unchanged": 3}
    assert report.state == runs.NOTHING_NEW


def test_a_changed_file_is_read_again(archive_copy: Config, specs: KeywordSpecs) -> None:
    run.ingest(archive_copy, HERE)
    before = documents(archive_copy, specs)
    path = one_file(archive_copy, "*_flt.fits")
    fits.setval(path, "TARGNAME", value="ELSEWHERE")
    os.utime(path, (0, 2_000_000_000))
    report = run.ingest(archive_copy, HERE)
    assert report.observations == {"updated": 1, "unchanged": 2}
    assert report.files == {"flt": 1}
    rootname = path.name[:8]
    after = documents(archive_copy, specs)[rootname]
    assert after["headers"]["flt"]["0"]["targname"] == "ELSEWHERE"
    assert after["first_ingest_date"] == before[rootname]["first_ingest_date"]
    others = {name for name in after["headers"] if name != "flt"}
    assert {n: after["headers"][n] for n in others} == {
        n: before[rootname]["headers"][n] for n in others
    }


def test_a_filetype_that_arrives_later_is_added(archive_copy: Config) -> None:
    report = run.ingest(archive_copy, replace(HERE, filetypes=("flt",)))
    assert set(report.files) == {"flt"}
    report = run.ingest(archive_copy, HERE)
    assert report.observations == {"updated": 3}
    assert "flt" not in report.files
    assert {"raw", "spt"} <= set(report.files)
    with acsql.connect(archive_copy) as archive:
        observation = archive.observation(one_file(archive_copy, "*_flt.fits").name[:9])
        assert {"raw", "flt", "spt"} <= set(observation.datasets)


def test_only_some_rootnames(archive_copy: Config) -> None:
    rootname = one_file(archive_copy, "*_flt.fits").name[:9].upper()
    report = run.ingest(archive_copy, replace(HERE, rootnames=(rootname,)))
    assert report.observations == {"new": 1}


def _not_fits(path: Path) -> None:
    path.write_bytes(b"this is no FITS file" * 1000)


def _truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 + 100])


def _junk_behind(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"junk" * 720)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut_in_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def _other_instrument(path: Path) -> None:
    fits.setval(path, "INSTRUME", value="WFC3")


def _no_rootname(path: Path) -> None:
    fits.delval(path, "ROOTNAME")


def _other_rootname(path: Path) -> None:
    fits.setval(path, "ROOTNAME", value="j9zz99zzq")


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (_not_fits, "not a FITS file"),
        (_truncated, "truncated"),
        (_empty, "not a FITS file"),
        (_junk_behind, "END"),
        (_cut_in_the_header, "FITS"),
        (_other_instrument, "WFC3"),
        (_no_rootname, "ROOTNAME"),
        (_other_rootname, "j9zz99zzq"),
        (_directory, "not a file"),
    ],
)
def test_one_bad_file_costs_that_file_alone(archive_copy: Config, damage, word: str) -> None:
    path = one_file(archive_copy, "*_flt.fits")
    damage(path)
    report = run.ingest(archive_copy, HERE)
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
    assert run.ingest(archive_copy, HERE).failures, "a young file that failed is tried again"


@pytest.mark.parametrize("damage", [_not_fits, _truncated, _empty])
def test_what_is_stored_survives_damage(archive_copy: Config, specs: KeywordSpecs, damage) -> None:
    run.ingest(archive_copy, HERE)
    before = documents(archive_copy, specs)
    path = one_file(archive_copy, "*_flt.fits")
    damage(path)
    os.utime(path, (0, 2_000_000_000))
    report = run.ingest(archive_copy, HERE)
    assert len(report.failures) == 1
    assert documents(archive_copy, specs) == before
    with acsql.connect(archive_copy) as archive:
        assert archive.observation(path.name[:8]).jpeg("flt").is_file()


def test_no_image_extension_keeps_the_headers(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_flt.fits")
    with fits.open(path, mode="update") as hdus:
        for hdu in hdus:
            if hdu.name == "SCI":
                hdu.name = "NOTSCI"
    report = run.ingest(archive_copy, HERE)
    (failure,) = report.failures
    assert failure.stage == "preview"
    assert path.name in failure.reason
    with acsql.connect(archive_copy) as archive:
        observation = archive.observation(path.name[:8])
        assert observation.headers["flt"][1]["extname"] == "NOTSCI"
        assert observation.previews["flt"]["reason"] == failure.reason


def test_bytes_behind_the_last_extension_are_reported(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_spt.fits")
    with path.open("ab") as file:
        file.write(b"\0" * 2880)
    (failure,) = run.ingest(archive_copy, HERE).failures
    assert "2880 bytes" in failure.reason
    assert path.name in failure.reason
    with acsql.connect(archive_copy) as archive:
        assert "spt" in archive.observation(path.name[:8]).datasets


def test_a_file_cut_between_two_extensions_is_noted(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_spt.fits")
    with fits.open(path) as hdus:
        end = hdus[1].fileinfo()["hdrLoc"]
    path.write_bytes(path.read_bytes()[:end])
    report = run.ingest(archive_copy, HERE)
    assert not report.failures
    assert f"{path.name} has 0 extensions, NEXTEND says 1" in report.log.read_text()


def test_header_values_of_the_wrong_type_are_kept_and_reported(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    fits.setval(path, "EXPTIME", value="long")
    report = run.ingest(archive_copy, HERE)
    assert not report.failures
    assert [keyword for _, keyword in report.mismatches] == ["EXPTIME"]
    with acsql.connect(archive_copy) as archive:
        observation = archive.observation(path.name[:8])
        assert observation.headers["raw"][0]["exptime"] == "long"
        assert observation["exptime"] == observation.headers["flt"][0]["exptime"]


def test_a_keyword_that_no_spec_names_can_be_searched_at_once(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    fits.setval(path, "NEW-KEY", value=4.5, ext=1)
    report = run.ingest(archive_copy, HERE)
    assert "NEW-KEY" in {keyword for _, keyword in report.unspecified}
    with acsql.connect(archive_copy) as archive:
        found = archive.search("raw.1.NEW-KEY>4", columns=["rootname", "raw.1.new_key"])
        assert list(found["rootname"]) == [path.name[:8]]
        assert list(found["raw.1.new_key"]) == [4.5]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (run.Options(filetypes=("abc",)), "abc"),
        (run.Options(scheduler="nonsense"), "nonsense"),
    ],
)
def test_wrong_options_are_named(archive_copy: Config, options: run.Options, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        run.ingest(archive_copy, options)


def test_an_invalid_scheduler_is_an_error_when_nothing_is_new(config: Config) -> None:
    with pytest.raises(ConfigError, match="'nonsense' is not one of processes, threads"):
        run.ingest(config, run.Options(scheduler="nonsense"))


def test_an_interrupted_run_is_recorded_with_what_it_has_done(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    @contextlib.contextmanager
    def interrupted(_: int) -> Iterator[Callable[[], object]]:
        yield lambda: signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run.ingest(archive_copy, HERE, interrupted)
    with Store(archive_copy.connection_string, specs) as store:
        record = runs.last(store)
        assert record["state"] == runs.FAILED
        assert record["reason"] == "interrupted (Ctrl-C or SIGINT); the next run continues"
        assert record["observations"] == {"new": 1}
    assert run.ingest(archive_copy, HERE).observations == {"new": 2, "unchanged": 1}


def test_a_filesystem_that_is_not_there_is_a_failed_run(
    config: Config, specs: KeywordSpecs
) -> None:
    config = replace(config, filesystem=config.filesystem / "nowhere")
    with pytest.raises(ConfigError, match="nowhere"):
        run.ingest(config, HERE)
    with Store(config.connection_string, specs) as store:
        record = runs.last(store)
        assert record["state"] == runs.FAILED
        assert "nowhere" in record["reason"]
        assert live_counts.count(store, And()) == 0


def test_a_database_that_is_not_there_is_named(config: Config) -> None:
    config = config.at("mongodb://127.0.0.1:9/acsql?serverSelectionTimeoutMS=200")
    with pytest.raises(ArchiveError, match=r"127\.0\.0\.1:9"):
        run.ingest(config, HERE)


def test_an_error_of_a_worker_is_one_observation_s(
    archive_copy: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = observations.document
    unlucky = one_file(archive_copy, "*_flt.fits").name[:8]

    def fails_for_one(store: Store, rootname: str, without_headers_of: Iterable[str]):
        if rootname == unlucky:
            raise RuntimeError("a bug")
        return document(store, rootname, without_headers_of)

    monkeypatch.setattr(observations, "document", fails_for_one)
    report = run.ingest(archive_copy, HERE)
    assert report.observations == {"new": 2, "failed": 1}
    assert [failure.rootname for failure in report.failures] == [unlucky]
    assert "a bug" in report.failures[0].reason


def test_the_log_tells_who_what_where(archive_copy: Config) -> None:
    report = run.ingest(archive_copy, HERE)
    text = report.log.read_text()
    for word in ("User: ", "Host: ", "Python Version: ", "astropy Version: ", "numpy Path: "):
        assert word in text
    rootname = one_file(archive_copy, "*_flt.fits").name[:8]
    assert f" INFO: {rootname}: new: " in text
    assert text.rstrip().splitlines()[-1].endswith(f"Seconds: {report.seconds:.1f}")


def _aged(path: Path) -> None:
    """Let a file be as old as those of a real archive."""
    os.utime(path, (1_300_000_000, 1_300_000_000))


@pytest.mark.parametrize("damage", [_not_fits, _truncated, _other_rootname])
def test_a_failed_file_is_left_alone_until_it_changes(archive_copy: Config, damage) -> None:
    path = one_file(archive_copy, "*_flt.fits")
    whole = path.read_bytes()
    damage(path)
    _aged(path)
    assert len(run.ingest(archive_copy, HERE).failures) == 1
    report = run.ingest(archive_copy, HERE)
    assert not report.failures
    assert report.known_failures == 1
    assert report.state == runs.NOTHING_NEW
    report = run.ingest(archive_copy, replace(HERE, retry_failed=True))
    assert len(report.failures) == 1
    path.write_bytes(whole)
    report = run.ingest(archive_copy, HERE)
    assert report.observations["updated"] == 1
    assert run.ingest(archive_copy, HERE).known_failures == 0


def test_files_that_vanish_are_marked_and_kept(archive_copy: Config, specs: KeywordSpecs) -> None:
    run.ingest(archive_copy, HERE)
    before = documents(archive_copy, specs)
    path = one_file(archive_copy, "*_flt.fits")
    rootname, whole = path.name[:8], path.read_bytes()
    path.unlink()
    report = run.ingest(archive_copy, HERE)
    assert report.vanished == [(rootname, "flt")]
    after = documents(archive_copy, specs)
    assert after[rootname]["files"]["flt"].pop("vanished")
    assert after == before
    assert run.ingest(archive_copy, HERE).state == runs.NOTHING_NEW
    path.write_bytes(whole)
    assert run.ingest(archive_copy, HERE).files == {"flt": 1}
    assert "vanished" not in documents(archive_copy, specs)[rootname]["files"]["flt"]


def test_an_observation_that_vanishes_is_marked(archive_copy: Config, specs: KeywordSpecs) -> None:
    run.ingest(archive_copy, HERE)
    path = one_file(archive_copy, "*_flt.fits")
    shutil.rmtree(path.parent)
    run.ingest(archive_copy, HERE)
    files = documents(archive_copy, specs)[path.name[:8]]["files"]
    assert all("vanished" in file for file in files.values())


@pytest.mark.parametrize("levels", [0, 1])
def test_a_folder_that_cannot_be_read_makes_nothing_vanish(
    archive_copy: Config, specs: KeywordSpecs, monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    run.ingest(archive_copy, HERE)
    before = documents(archive_copy, specs)
    folder = one_file(archive_copy, "*_flt.fits").parents[levels]
    scandir = os.scandir

    def refused(path):
        # As root one is never refused: the system's answer is given in its place.
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    report = run.ingest(archive_copy, HERE)
    assert report.vanished == []
    assert [failure.filename for failure in report.failures] == [folder.name]
    assert documents(archive_copy, specs) == before


def test_a_filesystem_that_is_not_mounted_makes_nothing_vanish(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    run.ingest(archive_copy, HERE)
    before = documents(archive_copy, specs)
    shutil.rmtree(archive_copy.filesystem)
    archive_copy.filesystem.mkdir()
    with pytest.raises(ArchiveError, match="mounted"):
        run.ingest(archive_copy, HERE)
    assert documents(archive_copy, specs) == before


def test_content_that_changes_under_the_same_size_and_time(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    run.ingest(archive_copy, HERE)
    by_content = replace(HERE, checksum=True)
    assert run.ingest(archive_copy, by_content).observations == {"unchanged": 3}
    path = one_file(archive_copy, "*_flt.fits")
    status = path.stat()
    fits.setval(path, "TARGNAME", value="ELSEWHERE")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert run.ingest(archive_copy, HERE).observations == {"unchanged": 3}
    report = run.ingest(archive_copy, by_content)
    assert report.files == {"flt": 1}
    stored = documents(archive_copy, specs)[path.name[:8]]
    assert stored["headers"]["flt"]["0"]["targname"] == "ELSEWHERE"
    assert run.ingest(archive_copy, by_content).observations == {"unchanged": 3}


def test_young_files_can_be_left_for_the_next_run(archive_copy: Config) -> None:
    young = one_file(archive_copy, "*_raw.fits")
    for path in archive_copy.filesystem.glob("*/*/*.fits"):
        _aged(path)
    young.touch()
    report = run.ingest(archive_copy, replace(HERE, min_age=600))
    assert report.waiting == [young.name]
    assert report.observations == {"new": 3}
    _aged(young)
    assert run.ingest(archive_copy, replace(HERE, min_age=600)).files == {"raw": 1}


def test_a_file_that_grows_while_it_is_read_waits(
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
    report = run.ingest(archive_copy, HERE)
    assert report.waiting == [path.name]
    assert not report.failures
    with acsql.connect(archive_copy) as archive:
        assert "spt" not in archive.observation(path.name[:8]).datasets


def _kill_whoever_has(rootname: str, folder: Path, over: threading.Event) -> None:
    """Do what the system does to a process that takes all memory: kill it, every time."""
    while not over.wait(0.002):
        for note in folder.glob("acsql-*/*"):
            with contextlib.suppress(OSError, ValueError):
                if note.read_text() == rootname:
                    os.kill(int(note.name), signal.SIGKILL)


def test_a_killed_worker_costs_the_observation_in_hand(
    archive_copy: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killer = archive_copy.filesystem / "jzzz/jzzz01zzq/jzzz01zzq_raw.fits"
    killer.parent.mkdir(parents=True)
    primary = fits.PrimaryHDU()
    primary.header["INSTRUME"] = "ACS"
    primary.header["ROOTNAME"] = "jzzz01zzq"
    # Large enough to be caught reading it.
    image = fits.ImageHDU(np.zeros((8192, 8192), np.float32), name="SCI")
    fits.HDUList([primary, image]).writeto(killer)
    over = threading.Event()
    watcher = threading.Thread(target=_kill_whoever_has, args=("jzzz01zz", tmp_path, over))
    watcher.start()
    try:
        report = run.ingest(archive_copy, run.Options(scheduler="processes", workers=2))
    finally:
        over.set()
        watcher.join()
    assert report.observations == {"new": 3, "failed": 1}
    (failure,) = report.failures
    assert failure.rootname == "jzzz01zz"
    assert killer.name in failure.reason


def test_two_runs_exclude_each_other(archive_copy: Config, specs: KeywordSpecs) -> None:
    with (
        Store(archive_copy.connection_string, specs) as store,
        lock.hold(store, "ingest"),
        pytest.raises(Busy, match="acsql ingest"),
    ):
        run.ingest(archive_copy, HERE)
    assert run.ingest(archive_copy, HERE).observations == {"new": 3}


def test_a_run_that_died_is_called_so(archive_copy: Config, specs: KeywordSpecs) -> None:
    with Store(archive_copy.connection_string, specs) as store:
        runs.start(store, {"started": datetime(2026, 1, 1)})
        with acsql.connect(archive_copy) as archive:
            assert archive.runs()[0]["state"] == runs.DIED
        run.ingest(archive_copy, HERE)
        assert [record["state"] for record in runs.newest(store, 5)] == [
            runs.SUCCEEDED,
            runs.DIED,
        ]


def test_a_picture_under_an_old_proposal_is_removed(archive_copy: Config) -> None:
    run.ingest(archive_copy, HERE)
    path = one_file(archive_copy, "*_flt.fits")
    with acsql.connect(archive_copy) as archive:
        before = archive.observation(path.name[:8]).jpeg("flt")
    fits.setval(path, "PROPOSID", value=99999)
    run.ingest(archive_copy, HERE)
    with acsql.connect(archive_copy) as archive:
        after = archive.observation(path.name[:8]).jpeg("flt")
    assert after.parent.name == "99999"
    assert after.is_file()
    assert not before.exists()
