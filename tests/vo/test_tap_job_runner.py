"""A job runs to its end whatever happens, and stops when it is ended."""

from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from astropy.io.votable import parse_single_table

import acsql
from acsql.errors import QueryError
from acsql.vo import tap_job_runner
from acsql.vo.tables import TapTable
from acsql.vo.tap_job import UNFINISHED, Phase, TapJob
from acsql.vo.tap_job_folder import TapJobFolder
from acsql.vo.tap_job_runner import TapJobRunner

SHORT = "SELECT TOP 3 obs_id FROM ivoa.obscore ORDER BY obs_id"
# It would take years.
ENDLESS = "SELECT COUNT(*) AS n FROM " + ", ".join(f"ivoa.obscore AS t{n}" for n in range(6))


@pytest.fixture
def runner(sample_archive: acsql.Archive, tmp_path: Path) -> Iterator[TapJobRunner]:
    """A runner without jobs."""
    made = TapJobRunner(TapJobFolder(tmp_path), sample_archive.store)
    yield made
    made.close()


def started(runner: TapJobRunner, tables: dict[str, TapTable], **parameters: str) -> TapJob:
    """Return a job that has been started."""
    job = runner.jobs.add(TapJob({"lang": "ADQL", **parameters}))
    runner.start(job.id, tables)
    return job


def ended(runner: TapJobRunner, job: TapJob) -> TapJob:
    """Return a job when it has ended."""
    while (job := runner.jobs.job(job.id)).phase in UNFINISHED:
        sleep(0.02)
    return job


def until_executing(runner: TapJobRunner, job: TapJob) -> None:
    """Wait until a job executes."""
    while runner.jobs.job(job.id).phase is not Phase.EXECUTING:
        sleep(0.02)


def test_a_result_names_the_service_of_its_links(
    runner: TapJobRunner, tables: dict[str, TapTable]
) -> None:
    query = "SELECT TOP 1 rootname FROM acsql.observations"
    job = runner.jobs.add(TapJob({"lang": "ADQL", "query": query}))
    runner.start(job.id, tables, "https://example.org/acsql/")
    job = ended(runner, job)
    assert b"https://example.org/acsql/vo/datalink" in runner.jobs.result(job.id).read_bytes()


def test_a_result_has_the_rows_of_the_query(
    runner: TapJobRunner, tables: dict[str, TapTable]
) -> None:
    job = ended(runner, started(runner, tables, query=SHORT))
    assert job.phase is Phase.COMPLETED, job.message
    assert job.media_type == "application/x-votable+xml"
    assert len(parse_single_table(runner.jobs.result(job.id)).array) == 3


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "QUERY is missing"),
        ({"query": "SELECT nothing FROM ivoa.obscore"}, "nothing"),
        ({"query": SHORT, "lang": "PQL"}, "LANG"),
    ],
)
def test_a_wrong_query_is_an_error_of_its_job(
    runner: TapJobRunner, tables: dict[str, TapTable], parameters: dict[str, str], message: str
) -> None:
    job = ended(runner, started(runner, tables, **parameters))
    assert job.phase is Phase.ERROR
    assert message in job.message
    assert not runner.jobs.result(job.id).exists()


def test_an_unexpected_error_names_the_job_and_no_more(
    runner: TapJobRunner, caplog: pytest.LogCaptureFixture
) -> None:
    job = ended(runner, started(runner, None, query=SHORT))
    assert job.phase is Phase.ERROR
    assert job.message == f"The error was logged (job {job.id})."
    assert job.id in caplog.text


def test_a_job_that_runs_can_be_aborted(runner: TapJobRunner, tables: dict[str, TapTable]) -> None:
    job = started(runner, tables, query=ENDLESS)
    waiting = started(runner, tables, query=SHORT)
    until_executing(runner, job)
    assert runner.jobs.job(waiting.id).phase is Phase.QUEUED
    with pytest.raises(QueryError, match="again"):
        runner.start(job.id, tables)
    runner.jobs.change(job.id, lambda each: each.aborted("on request"))
    # The thread is free again.
    assert ended(runner, waiting).phase is Phase.COMPLETED
    assert runner.jobs.job(job.id).message == "on request"


def test_a_job_that_is_removed_leaves_nothing(
    runner: TapJobRunner, tables: dict[str, TapTable], tmp_path: Path
) -> None:
    job = started(runner, tables, query=ENDLESS)
    until_executing(runner, job)
    runner.jobs.remove(job.id)
    runner.close()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_job_that_is_aborted_before_its_turn_does_not_run(
    runner: TapJobRunner, tables: dict[str, TapTable]
) -> None:
    first = started(runner, tables, query=ENDLESS)
    second = started(runner, tables, query=SHORT)
    for job in (second, first):
        runner.jobs.change(job.id, lambda each: each.aborted("on request"))
    runner.close()
    assert runner.jobs.job(second.id).started is None


def test_a_job_ends_at_its_execution_duration(
    runner: TapJobRunner, tables: dict[str, TapTable]
) -> None:
    job = runner.jobs.add(TapJob({"lang": "ADQL", "query": ENDLESS}, duration=1))
    runner.start(job.id, tables)
    job = ended(runner, job)
    assert job.phase is Phase.ABORTED
    assert "exceeded" in job.message


def test_a_process_takes_no_more_jobs_than_may_wait(
    runner: TapJobRunner, tables: dict[str, TapTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tap_job_runner, "MOST_STARTED", 1)
    assert not runner.is_full
    job = started(runner, tables, query=ENDLESS)
    assert runner.is_full
    runner.jobs.remove(job.id)
    runner.close()
    assert not runner.is_full
