"""Workers: all schedulers give the same results, and a worker that dies is one failure."""

import contextlib
import os
import signal
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from archive_files import (
    SYNCHRONOUS,
    documents,
    one_file,
)
from astropy.io import fits

from acsql.config import Config
from acsql.ingest import run
from acsql.keywords import KeywordSpecs
from acsql.store import observations
from acsql.store.client import Store


@pytest.mark.parametrize("scheduler", ["processes", "threads"])
def test_schedulers_agree(archive_copy: Config, specs: KeywordSpecs, scheduler: str) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
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


def test_an_error_in_a_worker_is_the_failure_of_one_observation(
    archive_copy: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = observations.document
    unlucky = one_file(archive_copy, "*_flt.fits").name[:8]

    def fails_for_one(store: Store, rootname: str, without_headers_of: Iterable[str]):
        if rootname == unlucky:
            raise RuntimeError("a bug")
        return document(store, rootname, without_headers_of)

    monkeypatch.setattr(observations, "document", fails_for_one)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations == {"new": 2, "failed": 1}
    assert [failure.rootname for failure in report.failures] == [unlucky]
    assert "a bug" in report.failures[0].reason


def _kill_process_reading(rootname: str, folder: Path, over: threading.Event) -> None:
    """Do what the system does to a process that takes all memory: kill it, every time."""
    while not over.wait(0.002):
        for note in folder.glob("acsql-*/*"):
            with contextlib.suppress(OSError, ValueError):
                if note.read_text() == rootname:
                    os.kill(int(note.name), signal.SIGKILL)


def test_a_killed_worker_is_the_failure_of_its_observation_alone(
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
    watcher = threading.Thread(target=_kill_process_reading, args=("jzzz01zz", tmp_path, over))
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
