"""Jobs are found by all processes, and removed when their time is over or there are too many."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from stat import S_IMODE

import pytest

from acsql.errors import JobNotFound, QueryError
from acsql.vo import tap_job_folder
from acsql.vo.tap_job import Phase, TapJob, now
from acsql.vo.tap_job_folder import TapJobFolder

JOB = TapJob({"query": "SELECT 'é' FROM ivoa.obscore", "maxrec": 5}, "ann")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that does not exist yet."""
    return tmp_path / "tap_jobs"


@pytest.fixture
def jobs(folder: Path) -> TapJobFolder:
    """The jobs in it."""
    return TapJobFolder(folder)


def test_a_job_is_read_by_others_as_it_was_written(jobs: TapJobFolder, folder: Path) -> None:
    assert jobs.jobs() == []
    jobs.add(JOB)
    other = TapJobFolder(folder)
    assert other.job(JOB.id) == JOB
    assert other.jobs() == [JOB]


def test_only_the_user_of_the_site_can_read_the_files(jobs: TapJobFolder, folder: Path) -> None:
    jobs.add(JOB)
    with jobs.running(JOB.id):
        assert S_IMODE(folder.stat().st_mode) == 0o700
        assert {S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("id_", ["0", "x", "", "../../etc/passwd", "\x00", "a" * 1000])
def test_another_id_is_not_found(jobs: TapJobFolder, id_: str) -> None:
    jobs.add(JOB)
    for read in (jobs.job, jobs.remove, lambda each: jobs.change(each, TapJob.queued)):
        if read == jobs.remove and id_ == "0":
            continue
        with pytest.raises(JobNotFound):
            read(id_)
    assert jobs.jobs() == [JOB]


def test_a_step_that_fails_changes_nothing(jobs: TapJobFolder) -> None:
    queued = jobs.add(JOB.queued())
    with jobs.running(JOB.id), pytest.raises(QueryError):
        jobs.change(JOB.id, TapJob.queued)
    with jobs.running(JOB.id):
        assert jobs.job(JOB.id) == queued


def test_a_job_has_an_error_if_its_process_has_died(jobs: TapJobFolder, folder: Path) -> None:
    jobs.add(JOB)
    code = (
        "import os, sys; from pathlib import Path; from acsql.vo.tap_job import TapJob;"
        "from acsql.vo.tap_job_folder import TapJobFolder;"
        "jobs = TapJobFolder(Path(sys.argv[1])); lock = jobs.running(sys.argv[2]);"
        "lock.__enter__();"
        "jobs.change(sys.argv[2], TapJob.queued); jobs.change(sys.argv[2], TapJob.executing);"
        "print('runs', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(folder), JOB.id]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "runs\n"
        assert jobs.job(JOB.id).phase is Phase.EXECUTING
        with pytest.raises(BlockingIOError), jobs.running(JOB.id):
            pass
        process.kill()
    found = jobs.job(JOB.id)
    assert found.phase is Phase.ERROR
    assert "restarted" in found.message
    assert not jobs.is_unfinished(JOB.id)


def test_an_expired_job_is_removed_with_its_result(jobs: TapJobFolder, folder: Path) -> None:
    jobs.add(replace(JOB, destruction=now() - timedelta(seconds=1)))
    jobs.result(JOB.id).write_bytes(b"rows")
    with pytest.raises(JobNotFound):
        jobs.job(JOB.id)
    assert [path.name for path in folder.iterdir()] == [".lock"]


def made(number: int, phase: Callable[[TapJob], TapJob] = lambda job: job) -> TapJob:
    """Return a job that was made later than one with a lower number."""
    return phase(TapJob({}, created=now() + timedelta(seconds=number)))


def test_the_oldest_that_do_not_run_make_room(
    jobs: TapJobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tap_job_folder, "MOST_JOBS", 3)
    runs = jobs.add(made(0, TapJob.queued))
    with jobs.running(runs.id):
        others = [jobs.add(made(number)) for number in (1, 2, 3)]
        assert jobs.jobs() == [runs, *others[1:]]


def test_the_oldest_results_make_room(jobs: TapJobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap_job_folder, "MOST_BYTES", 10)
    kept = []
    for number in range(4):
        kept.append(jobs.add(made(number)))
        jobs.result(kept[-1].id).write_bytes(b"12345")
    assert jobs.jobs() == kept[1:]


def test_files_without_a_job_that_can_be_read_are_removed(jobs: TapJobFolder, folder: Path) -> None:
    jobs.add(JOB)
    for name in ("ab.result", "ab.lock"):
        (folder / name).touch()
    (folder / "cd.json").write_text('{"written by": "another version"}')
    last = jobs.add(made(1))
    assert {path.stem for path in folder.iterdir()} == {JOB.id, last.id}


def test_a_deleted_folder_is_not_made_again(jobs: TapJobFolder, folder: Path) -> None:
    jobs.add(JOB)
    shutil.rmtree(folder)
    jobs.remove(JOB.id)
    for read in (jobs.job, lambda each: jobs.change(each, TapJob.queued)):
        with pytest.raises(JobNotFound):
            read(JOB.id)
    with pytest.raises(JobNotFound), jobs.running(JOB.id):
        pass
    assert jobs.jobs() == []
    assert not folder.exists()
