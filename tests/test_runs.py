"""Run records are read with their state, log file and age."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import acsql
from acsql.errors import RunNotFound
from acsql.runs import hours_since, is_overdue
from acsql.store import lock, runs

STARTED = datetime(2026, 1, 1, 2)


def add(archive: acsql.Archive, state: str, **more: Any) -> int:
    """Add the record of a run."""
    number = runs.start(archive.store, {"started": STARTED})
    runs.finish(archive.store, number, {"state": state, **more})
    return number


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def test_the_newest_runs_are_listed_first_and_without_their_lists(empty_archive) -> None:
    for _ in range(3):
        add(empty_archive, runs.SUCCEEDED, failures=[{"rootname": "j8bt05nj"}])
    assert [record["_id"] for record in empty_archive.runs(limit=2)] == [3, 2]
    assert [record["_id"] for record in empty_archive.runs(before=2)] == [1]
    (record,) = empty_archive.runs(limit=1)
    assert "failures" not in record
    assert record["listed"]["failures"] == 1
    assert empty_archive.run(3)["failures"] == [{"rootname": "j8bt05nj"}]


def test_a_run_that_does_not_exist_is_named(empty_archive) -> None:
    with pytest.raises(RunNotFound, match="ingest run 7"):
        empty_archive.run(7)


def test_a_running_record_without_a_running_ingest_is_shown_as_died(empty_archive) -> None:
    number = runs.start(empty_archive.store, {"started": STARTED})
    assert empty_archive.run(number)["state"] == runs.DIED
    assert empty_archive.runs()[0]["state"] == runs.DIED
    with lock.hold(empty_archive.store, "ingest"):
        assert empty_archive.run(number)["state"] == runs.RUNNING
        assert empty_archive.runs()[0]["state"] == runs.RUNNING


def test_the_log_of_a_run_is_a_file_in_the_log_folder(empty_archive) -> None:
    log_dir = empty_archive.config.log_dir
    log_dir.mkdir(parents=True)
    (log_dir / "1.log").write_text("started")
    number = add(empty_archive, runs.SUCCEEDED, log=str(log_dir / "1.log"))
    assert empty_archive.run_log(number) == log_dir / "1.log"


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (None, "wrote no log"),
        ("2.log", "no longer exists"),
        ("/etc/passwd", "no longer exists"),
        ("..", "leads out of its folder"),
        ("secret.log", "leads out of its folder"),
    ],
)
def test_no_other_file_is_the_log_of_a_run(
    empty_archive, tmp_path: Path, log: str | None, reason: str
) -> None:
    log_dir = empty_archive.config.log_dir
    log_dir.mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (log_dir / "secret.log").symlink_to(tmp_path / "secret")
    number = add(empty_archive, runs.SUCCEEDED, log=log)
    with pytest.raises(RunNotFound, match=f"ingest run {number}.*{reason}"):
        empty_archive.run_log(number)


def test_only_successful_runs_count_as_success(empty_archive) -> None:
    assert empty_archive.hours_since_success() is None
    add(empty_archive, runs.FAILED, finished=now())
    assert empty_archive.hours_since_success() is None
    add(empty_archive, runs.SUCCEEDED_WITH_FAILURES, finished=now() - timedelta(hours=5))
    add(empty_archive, runs.FAILED, finished=now())
    assert empty_archive.hours_since_success() == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize(
    ("hours", "expected"), [(None, True), (36.1, True), (36, False), (0, False)]
)
def test_an_archive_is_overdue_after_36_hours(hours: float | None, expected: bool) -> None:
    assert is_overdue(hours) is expected


def test_the_hours_since_a_time_are_none_without_one() -> None:
    assert hours_since(now() - timedelta(minutes=90)) == pytest.approx(1.5, abs=0.1)
    assert hours_since(None) is None
