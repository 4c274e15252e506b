"""A watch delivers each new or changed observation once, also after it was interrupted.

Tested on a standalone server, and on a replica set, which has change streams; the private server
is one.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from private_server import empty

import acsql
from acsql import sample
from acsql.config import Config
from acsql.errors import ArchiveError, QueryError
from acsql.ingest import run
from acsql.keywords import KeywordSpecs
from acsql.store import change_feed, file_records, observation_writes, observations
from acsql.store.client import Store

SECONDS = 120  # a test that takes longer hangs
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def standalone_store(standalone: str, specs: KeywordSpecs) -> Iterator[Store]:
    """A database on a standalone server, for one test after the other."""
    with Store(f"{standalone}watched", specs) as opened:
        yield opened


@pytest.fixture(params=["standalone", "replica set"])
def watched(request: pytest.FixtureRequest, config: Config) -> Iterator[acsql.Archive]:
    """An empty archive on a server of each kind."""
    stores = {"standalone": "standalone_store", "replica set": "lasting_store"}
    store = request.getfixturevalue(stores[request.param])
    empty(store)
    with acsql.connect(config.at(store.connection_string)) as archive:
        assert change_feed.supports_streams(archive.store) == (request.param == "replica set")
        yield archive


def put(archive: acsql.Archive, rootname: str, when: datetime | None = None, size: int = 1, **more):
    """Write an observation as an ingest does."""
    when = (when or datetime.now(UTC).replace(tzinfo=None)).replace(microsecond=0)
    files = {"raw": {"size": size, "mtime": when, "path": f"{rootname}_raw.fits"}}
    document = {"_id": rootname, "last_ingest_date": when, "files": files, "datasets": {}}
    observation_writes.replace(archive.store, document | more)


def names(archive: acsql.Archive, checkpoint: Path, *conditions, **options) -> list[str]:
    """Return the rootnames delivered to a nightly job."""
    watch = archive.watch(checkpoint, *conditions, **{"patience": 0} | options)
    return [observation.rootname for observation in watch]


def test_existing_observations_are_delivered_first_and_once(watched, tmp_path) -> None:
    checkpoint = tmp_path / "checkpoint"
    for number in range(5):
        put(watched, f"j000000{number}")
    assert sorted(names(watched, checkpoint)) == [f"j000000{n}" for n in range(5)]
    assert names(watched, checkpoint) == []


def test_observations_ingested_between_two_jobs_are_delivered(watched, tmp_path) -> None:
    checkpoint = tmp_path / "checkpoint"
    put(watched, "j0000000", datetime(2026, 1, 1))
    assert names(watched, checkpoint) == ["j0000000"]
    put(watched, "j0000001", datetime(2026, 1, 2))
    put(watched, "j0000000", datetime(2026, 1, 3))
    put(watched, "j0000000", datetime(2026, 1, 4))
    # An observation that changed twice is delivered once.
    assert sorted(names(watched, checkpoint)) == ["j0000000", "j0000001"]
    assert names(watched, checkpoint) == []


def test_a_change_within_the_same_second_is_delivered(watched, tmp_path) -> None:
    checkpoint, when = tmp_path / "checkpoint", datetime(2026, 1, 1)
    put(watched, "j0000000", when, size=1)
    assert names(watched, checkpoint) == ["j0000000"]
    put(watched, "j0000000", when, size=2)
    assert names(watched, checkpoint) == ["j0000000"]
    assert names(watched, checkpoint) == []


def test_a_late_write_of_a_worker_is_delivered(watched, tmp_path) -> None:
    checkpoint, when = tmp_path / "checkpoint", datetime(2026, 1, 1, 12)
    put(watched, "j0000000", when)
    assert names(watched, checkpoint) == ["j0000000"]
    put(watched, "j0000001", when - timedelta(seconds=watched.config.database_wait))
    assert names(watched, checkpoint) == ["j0000001"]
    assert names(watched, checkpoint) == []


def test_a_clock_that_is_ahead_hides_no_observation(watched, tmp_path) -> None:
    checkpoint, now = tmp_path / "checkpoint", datetime.now(UTC).replace(tzinfo=None)
    put(watched, "j0000000", now + 365 * DAY)
    assert names(watched, checkpoint) == ["j0000000"]
    put(watched, "j0000001", now)
    assert names(watched, checkpoint) == ["j0000001"]


def test_changes_other_than_an_ingest_are_not_delivered(watched, tmp_path) -> None:
    checkpoint = tmp_path / "checkpoint"
    put(watched, "j0000000")
    assert names(watched, checkpoint) == ["j0000000"]
    file_records.set_marks(watched.store, [file_records.Marks("j0000000", "raw", 1, 2)])
    file_records.mark_vanished(watched.store, [("j0000000", "raw")], datetime(2026, 1, 1))
    # A repair rewrites the document of unchanged files.
    document = observations.document(watched.store, "j0000000")
    observation_writes.replace(watched.store, document | {"targname": "NGC104"})
    assert names(watched, checkpoint) == []


def test_a_new_checkpoint_can_begin_at_a_moment(watched, tmp_path) -> None:
    checkpoint, now = tmp_path / "checkpoint", datetime.now(UTC)
    put(watched, "j0000000", datetime(2026, 1, 1))
    put(watched, "j0000001")
    assert names(watched, checkpoint, since=now - DAY) == ["j0000001"]
    # Only a new checkpoint takes the moment.
    assert names(watched, checkpoint, since="2020-01-01") == []
    document = observations.document(watched.store, "j0000000")
    observation_writes.replace(watched.store, document | {"targname": "NGC104"})
    assert names(watched, checkpoint) == []


def test_only_observations_that_meet_the_conditions_are_delivered(watched, tmp_path) -> None:
    checkpoint = tmp_path / "checkpoint"
    for number, detector in enumerate(["WFC", "HRC", "WFC"]):
        put(watched, f"j000000{number}", detector=detector)
    assert sorted(names(watched, checkpoint, detector="WFC")) == ["j0000000", "j0000002"]
    assert names(watched, checkpoint, detector="WFC") == []


def test_the_observation_at_which_a_script_stopped_is_delivered_again(watched, tmp_path) -> None:
    checkpoint = tmp_path / "checkpoint"
    for number in range(4):
        put(watched, f"j000000{number}", datetime(2026, 1, 1 + number))
    watch = watched.watch(checkpoint, patience=0)
    begun = [observation.rootname for observation in islice(watch, 2)]
    watch.close()
    assert begun == ["j0000000", "j0000001"]
    assert names(watched, checkpoint) == ["j0000001", "j0000002", "j0000003"]
    assert names(watched, checkpoint) == []


def test_a_watch_waits_for_new_observations(watched, tmp_path) -> None:
    watch = watched.watch(tmp_path / "checkpoint", every=0.1)
    written = [f"j00000{n:02d}" for n in range(20)]

    def write() -> None:
        for rootname in written:
            put(watched, rootname)
            time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        delivered = [observation.rootname for observation in islice(watch, len(written))]
    finally:
        writer.join()
        watch.close()
    assert sorted(delivered) == written


@pytest.mark.parametrize("patience", [0, 0.5])
def test_a_watch_ends_after_its_patience(watched, tmp_path, patience) -> None:
    put(watched, "j0000000")
    watch = watched.watch(tmp_path / "checkpoint", patience=patience, every=0.1)
    assert [observation.rootname for observation in watch] == ["j0000000"]


@pytest.mark.parametrize("content", [b"not a checkpoint", b"\0" * 4096, json.dumps({}).encode()])
def test_a_file_that_is_not_a_checkpoint_is_refused_and_kept(watched, tmp_path, content) -> None:
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_bytes(content)
    with pytest.raises(ArchiveError, match="is not a checkpoint"):
        names(watched, checkpoint)
    assert checkpoint.read_bytes() == content


def test_another_sqlite_database_is_refused(watched, tmp_path) -> None:
    with sqlite3.connect(tmp_path / "checkpoint") as file:
        file.execute("CREATE TABLE pets (name)")
    file.close()
    with pytest.raises(ArchiveError, match="is not a checkpoint"):
        names(watched, tmp_path / "checkpoint")


def test_a_checkpoint_is_for_one_script_at_a_time(watched, tmp_path) -> None:
    put(watched, "j0000000")
    watch = watched.watch(tmp_path / "checkpoint", patience=0)
    next(watch)
    with pytest.raises(ArchiveError, match="in use"):
        names(watched, tmp_path / "checkpoint")
    watch.close()
    assert names(watched, tmp_path / "checkpoint") == ["j0000000"]


def test_a_checkpoint_in_a_missing_folder_is_refused(watched, tmp_path) -> None:
    with pytest.raises(ArchiveError, match="nowhere"):
        names(watched, tmp_path / "nowhere" / "checkpoint")


@pytest.mark.parametrize("wrong", [{"every": 0}, {"patience": -1}, {"since": "soon"}])
def test_an_invalid_option_is_named(watched, tmp_path, wrong) -> None:
    with pytest.raises(QueryError, match=next(iter(wrong)).replace("since", "last_ingest_date")):
        names(watched, tmp_path / "checkpoint", **wrong)


def test_a_watch_resumes_on_a_collection_that_was_dropped_and_recreated(watched, tmp_path) -> None:
    checkpoint = tmp_path / "checkpoint"
    put(watched, "j0000000", datetime(2026, 1, 1))
    assert names(watched, checkpoint) == ["j0000000"]
    watched.store.observations.drop()
    put(watched, "j0000001", datetime(2026, 1, 2))
    # A change stream ends with its collection and cannot be resumed.
    assert names(watched, checkpoint, patience=1, every=0.1) == ["j0000001"]
    put(watched, "j0000002", datetime(2026, 1, 3))
    assert names(watched, checkpoint) == ["j0000002"]
    assert names(watched, checkpoint) == []


# --- real ingests, and a job that is killed

JOB = """
import sys, time, acsql
with acsql.connect(sys.argv[1]) as archive:
    for observation in archive.watch(sys.argv[2], patience=float(sys.argv[4]), every=0.1):
        with open(sys.argv[3], "a") as file:
            print(observation.rootname, file=file, flush=True)
        time.sleep(0.05)
"""


def start_job(settings: Path, folder: Path, patience: float) -> subprocess.Popen:
    where = [settings, folder / "checkpoint", folder / "handled", str(patience)]
    return subprocess.Popen([sys.executable, "-c", JOB, *map(str, where)])


def handled(folder: Path) -> list[str]:
    path = folder / "handled"
    return path.read_text().split() if path.exists() else []


def test_a_job_that_is_killed_handles_everything(
    watched: acsql.Archive,
    write_settings: Callable[[Config, Path], Path],
    tmp_path: Path,
) -> None:
    config = watched.config
    sample.write(config.filesystem, observations=12, seed=2, frame="small")
    (tmp_path / "job").mkdir()
    settings = write_settings(config, tmp_path / "job")
    job, kills = start_job(settings, tmp_path / "job", SECONDS), 0
    try:
        run.ingest(config, run.Options(scheduler="synchronous"))
        for killed_at in (3, 7):
            wait_for(lambda at=killed_at: len(handled(tmp_path / "job")) >= at)
            os.kill(job.pid, signal.SIGKILL)
            job.wait()
            kills += 1
            job = start_job(settings, tmp_path / "job", 1)
        assert job.wait(SECONDS) == 0
    finally:
        job.kill()
        job.wait()
    stored = {row["rootname"] for row in watched.where().columns("rootname").rows()}
    first = handled(tmp_path / "job")
    assert set(first) == stored
    # Only the observation at which it was killed is delivered again.
    assert len(first) <= len(stored) + kills

    # The next night some files have changed.
    again = sorted(config.filesystem.glob("*/*/*_raw.fits"))[:3]
    for path in again:
        os.utime(path, (1_700_000_000, 1_700_000_000))
    report = run.ingest(config, run.Options(scheduler="synchronous"))
    assert report.failures == []
    assert start_job(settings, tmp_path / "job", 0).wait(SECONDS) == 0
    changed = {watched.observation(path.name[:9]).rootname for path in again}
    assert sorted(handled(tmp_path / "job")[len(first) :]) == sorted(changed)


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)
