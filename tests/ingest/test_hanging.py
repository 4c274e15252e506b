"""Ingests of an archive with a file whose reads do not end, as real processes."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from archive_files import SYNCHRONOUS, documents, one_file
from hanging import environment_with_hanging_file

from acsql.config import Config
from acsql.ingest import run
from acsql.keywords import KeywordSpecs
from acsql.store import failures, runs
from acsql.store.client import Store

COMMAND = Path(sys.executable).with_name("acsql")
SCHEDULERS = ("processes", "threads", "synchronous")
# Far more than an ingest needs here, far less than a read that is waited for.
PATIENCE_S = 120

Start = Callable[..., subprocess.Popen]


@pytest.fixture
def hanging(new_archive_copy: Config) -> Path:
    """The file of the archive that does not answer."""
    return one_file(new_archive_copy, "*_flt.fits")


@pytest.fixture
def start(
    new_archive_copy: Config,
    hanging: Path,
    tmp_path: Path,
    write_settings: Callable[[Config, Path], Path],
) -> Start:
    """Start an ingest during which one file does not answer."""

    def start_ingest(scheduler: str, read_timeout: int) -> subprocess.Popen:
        settings = write_settings(replace(new_archive_copy, read_timeout=read_timeout), tmp_path)
        return subprocess.Popen(
            [COMMAND, "--config", settings, "ingest", "--scheduler", scheduler, "--workers", "2"],
            env=environment_with_hanging_file(tmp_path / "hanging", hanging.name),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start_ingest


def _has_begun(config: Config) -> bool:
    """Whether an ingest has got as far as its files."""
    texts = [log.read_text() for log in config.log_dir.glob("*.log")]
    return any("Observations to ingest: 3" in text for text in texts)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_sigterm_ends_a_run_that_hangs_and_closes_its_record(
    new_archive_copy: Config, specs: KeywordSpecs, start: Start, scheduler: str
) -> None:
    process = start(scheduler, read_timeout=PATIENCE_S * 2)
    ends = time.monotonic() + PATIENCE_S
    while not _has_begun(new_archive_copy):
        assert time.monotonic() < ends and process.poll() is None
        time.sleep(0.05)
    # Until it waits for the hanging file; a signal before that is no different.
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 143, errors
    assert "Traceback" not in errors
    with Store(new_archive_copy.connection_string, specs) as store:
        record = runs.last(store)
    assert record["state"] == runs.INTERRUPTED, errors
    assert record["reason"] == "terminated (SIGTERM or SIGHUP); the next run continues"
    assert (record["finished"] - record["started"]).total_seconds() < PATIENCE_S
    report = run.ingest(new_archive_copy, SYNCHRONOUS)
    assert report.observations["failed"] == 0
    assert len(documents(new_archive_copy, specs)) == 3


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_file_that_does_not_answer_is_owed_and_the_others_go_in(
    new_archive_copy: Config, specs: KeywordSpecs, hanging: Path, start: Start, scheduler: str
) -> None:
    process = start(scheduler, read_timeout=4)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1, errors
    assert f"{hanging.name} cannot be read: no answer within 4 s (read_timeout)" in errors
    assert "3 new" in output
    with Store(new_archive_copy.connection_string, specs) as store:
        assert failures.by_filename(store)[hanging.name]["owed"]
    report = run.ingest(new_archive_copy, SYNCHRONOUS)
    assert report.filenames == [hanging.name]
    assert report.state == runs.SUCCEEDED


def test_a_verification_names_the_file_that_does_not_answer(
    new_archive_copy: Config, hanging: Path, tmp_path: Path, write_settings
) -> None:
    run.ingest(new_archive_copy, SYNCHRONOUS)
    settings = write_settings(replace(new_archive_copy, read_timeout=4), tmp_path)
    finished = subprocess.run(
        [COMMAND, "--config", settings, "verify", "--full", "--scheduler", "synchronous"],
        env=environment_with_hanging_file(tmp_path / "hanging", hanging.name),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert finished.returncode == 1, finished.stderr
    assert f"{hanging.name}: it cannot be read" in finished.stdout
    assert "no answer within 4 s (read_timeout)" in finished.stdout
