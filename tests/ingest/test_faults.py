"""Killing a run at any moment and running again gives what one clean run gives.

Ingests are real processes and are killed with SIGKILL, which nothing can catch.  What is compared
is all that an ingest leaves: documents without their dates of ingest, all files in the folders of
previews, failures, keywords not in the specs, proposals and indexes.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pymongo
import pytest
import yaml
from archive_files import SYNCHRONOUS
from astropy.io import fits
from killed import ingest_killed_at
from private_server import free_port

from acsql.config import Config
from acsql.errors import ArchiveError
from acsql.ingest import process_pool, run
from acsql.keywords import KeywordSpecs
from acsql.mongod import launch, replica_set, server
from acsql.mongod.process import identity
from acsql.store import runs
from acsql.store.client import Store

SEED = 20020302  # the day on which ACS was launched
OBSERVATIONS = 12
BAD_FILES = 3
ENDED_WITH_FAILURES = 1
# Seconds; only a run that hangs takes that long.
SECONDS = 300

IN_THIS_PROCESS = ("--scheduler", "synchronous")
PROCESSES = ("--scheduler", "processes", "--workers", "2")

# What is killed, and how many times.
RUN, WORKER, GROUP, MACHINE = "the run", "a worker", "the run and its workers", "the machine"
SERVER, SERVER_FOR_GOOD = "the server", "the server for good"
SHARES = {RUN: 26, WORKER: 6, GROUP: 6, MACHINE: 6, SERVER: 5, SERVER_FOR_GOOD: 1}
# All fifty take over three minutes, so by default it is one in nine of each.
if "ALL_KILLS" not in os.environ:
    SHARES = {victim: -(-share // 9) for victim, share in SHARES.items()}
MOMENTS = sum(SHARES.values())

State = dict[str, dict[str, Any]]


def end_state(config: Config, specs: KeywordSpecs) -> State:
    """Return all that ingests leave, without its dates."""
    with Store(config.connection_string, specs) as store:
        return {
            "document": _by_id(store.observations, "first_ingest_date", "last_ingest_date"),
            "proposal": _by_id(store.proposals),
            "failure": _by_id(store.failures, "first", "last"),
            # Which of several files is named depends on the order of the workers.
            "keyword": _by_id(store.keywords_not_in_specs, "first_seen", "filename"),
            "migration": _by_id(store.database["migrations"], "applied", "seconds"),
            "lock": _by_id(store.database["locks"]),
            "index": store.observations.index_information(),
            "jpeg": _content(config.jpeg_dir),
            "thumbnail": _content(config.thumbnail_dir),
        }


def _by_id(collection: Any, *moments: str) -> dict[str, Any]:
    documents = collection.find({}, dict.fromkeys(moments, 0))
    return {str(document.pop("_id")): document for document in documents}


def _content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def differences(state: State, clean: State) -> list[str]:
    """Return the names of entries that differ or are in one state only."""
    return [
        f"{kind} {name}"
        for kind in clean
        for name in sorted(state[kind].keys() | clean[kind].keys())
        if state[kind].get(name) != clean[kind].get(name)
    ]


@pytest.fixture(scope="module")
def filesystem(sample_filesystem: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of every detector with some bad files, old enough not to be retried."""
    root = tmp_path_factory.mktemp("faults") / "archive"
    directories = sorted(path for path in sample_filesystem.glob("*/*") if path.is_dir())
    for directory in directories[:: len(directories) // OBSERVATIONS][:OBSERVATIONS]:
        shutil.copytree(directory, root / directory.relative_to(sample_filesystem))
    shutil.copy(sample_filesystem / "proposals.yaml", root)
    not_read, no_picture, too_long, *_ = sorted(root.glob("*/*/*_flt.fits"))
    not_read.write_bytes(b"this is no FITS file" * 1000)
    with fits.open(no_picture, mode="update") as hdus:
        hdus[0].header["ONLYHERE"] = 1
        for hdu in hdus:
            if hdu.name == "SCI":
                hdu.name = "NOTSCI"
    with too_long.open("ab") as file:
        file.write(b"\0" * 2880)
    for path in root.glob("*/*/*.fits"):
        os.utime(path, (1_300_000_000, 1_300_000_000))
    return root


@dataclass
class Site:
    """An archive with its server, and the state in which a clean run leaves it."""

    config: Config
    settings: Path
    specs: KeywordSpecs
    clean: State

    def start_ingest(self, *options: str, wait: int = 60) -> subprocess.Popen:
        """Start ``acsql ingest`` as the leader of a new process group."""
        with self.errors.open("wb") as errors:
            return subprocess.Popen(
                [Path(sys.executable).with_name("acsql"), "ingest", *options],
                env={
                    **os.environ,
                    "ACSQL_CONFIG": str(self.settings),
                    "ACSQL_DATABASE_WAIT": str(wait),
                    # A killed run leaves its temporary folder.
                    "TMPDIR": str(self.settings.parent),
                },
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def errors(self) -> Path:
        """The file of what the last ingest has written on stderr."""
        return self.settings.with_name("errors.txt")

    def kill_server(self) -> None:
        pid = server.status(self.config.data_dir).pid
        os.kill(pid, signal.SIGKILL)
        # Port and files are in use until its last thread has ended.
        _wait_until(lambda: identity(pid) is None)

    def ensure_server(self) -> None:
        """Start the server again, on the same port, if it was killed."""
        assert server.start(self.config.data_dir).port == self.port

    @property
    def port(self) -> int:
        return pymongo.uri_parser.parse_uri(self.config.connection_string)["nodelist"][0][1]

    def differences(self) -> list[str]:
        return differences(end_state(self.config, self.specs), self.clean)

    def records(self) -> list[dict[str, Any]]:
        """Return the records of all runs, newest first."""
        with Store(self.config.connection_string, self.specs) as store:
            return list(store.ingest_runs.find(sort=[("_id", pymongo.DESCENDING)]))

    def wipe(self) -> None:
        """Remove everything that was ingested."""
        with Store(self.config.connection_string, self.specs) as store:
            # The user of an ingest may not drop the database.
            for name in store.database.list_collection_names():
                store.database.drop_collection(name)
        shutil.rmtree(self.config.jpeg_dir, ignore_errors=True)
        shutil.rmtree(self.config.thumbnail_dir, ignore_errors=True)


@pytest.fixture(scope="module")
def clean_site(
    filesystem: Path,
    specs: KeywordSpecs,
    write_settings: Callable[[Config, Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """An archive, and the state after a clean run."""
    folder = tmp_path_factory.mktemp("site")
    config = Config(
        filesystem=filesystem,
        data_dir=folder / "data",
        jpeg_dir=folder / "jpegs",
        thumbnail_dir=folder / "thumbnails",
        log_dir=folder / "logs",
        proposals_file=filesystem / "proposals.yaml",
        ncores=2,
        connection_string=server.start(folder / "data", port=free_port()).uri,
    )
    try:
        run.ingest(config, SYNCHRONOUS)
        clean = end_state(config, specs)
        assert len(clean["document"]) == OBSERVATIONS
        assert len(clean["failure"]) == BAD_FILES
        assert clean["keyword"]
        assert clean["jpeg"]
        assert not clean["lock"]
        yield Site(config, write_settings(config, folder), specs, clean)
    finally:
        server.stop(folder / "data")


@pytest.fixture
def site(clean_site: Site) -> Site:
    """The archive with nothing ingested."""
    clean_site.ensure_server()
    clean_site.wipe()
    return clean_site


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _wait_until(condition: Callable[[], Any]) -> Any:
    """Wait until a condition is true; return its value."""
    ends = time.monotonic() + SECONDS
    while not (value := condition()):
        assert time.monotonic() < ends
        time.sleep(0.01)
    return value


def _is_empty(group: int) -> bool:
    """Whether no process of a group is running."""
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.Error):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return False
    return True


def _workers(ingest: subprocess.Popen) -> list[psutil.Process]:
    """Return the workers and the process from which they are forked, none before they start."""
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(ingest.pid).children():
            if any("forkserver" in word for word in child.cmdline()):
                workers = child.children()
                return [child, *workers] if workers else []
    return []


def _strike(site: Site, victim: str, ingest: subprocess.Popen, choose: random.Random) -> bool:
    """Kill; return False if the ingest had ended before."""
    if victim == WORKER:
        there = _wait_until(lambda: _workers(ingest) or ingest.poll() is not None)
        if there is not True:
            _kill(choose.choice(there).pid)
        return there is not True
    if ingest.poll() is not None:
        return False
    if victim in (MACHINE, GROUP):
        os.killpg(ingest.pid, signal.SIGKILL)
    if victim in (MACHINE, SERVER, SERVER_FOR_GOOD):
        site.kill_server()
    if victim == RUN:
        _kill(ingest.pid)
    return True


def _clean_seconds(site: Site, scheduler: tuple[str, ...]) -> float:
    """Return how long a whole ingest takes at present, in seconds."""
    began = time.monotonic()
    assert site.start_ingest(*scheduler, "--all").wait(SECONDS) == ENDED_WITH_FAILURES
    return time.monotonic() - began


# A soak: up to fifty ingests that are killed, each with the next one.
@pytest.mark.timeout(3600)
def test_killed_at_any_moment_the_next_run_gives_the_clean_state(site: Site) -> None:
    choose = random.Random(SEED)
    victims = [victim for victim, share in SHARES.items() for _ in range(share)]
    choose.shuffle(victims)
    seconds = {
        scheduler: _clean_seconds(site, scheduler) for scheduler in (IN_THIS_PROCESS, PROCESSES)
    }
    complete, under_way, closed_by_next = True, 0, set()
    while victims:
        if complete and choose.random() < 0.5:
            site.wipe()
            complete, closed_by_next = False, set()
        victim = victims[-1]
        several = victim in (WORKER, GROUP) or choose.random() < 0.1
        scheduler = PROCESSES if several else IN_THIS_PROCESS
        # A complete archive is ingested again, so that there is work to interrupt.
        options = (*scheduler, "--all") if complete else scheduler
        ingest = site.start_ingest(*options, wait=2 if victim == SERVER_FOR_GOOD else 60)
        time.sleep(choose.triangular(0, seconds[scheduler], 0.75 * seconds[scheduler]))
        struck = _strike(site, victim, ingest, choose)
        if victim != SERVER_FOR_GOOD:
            site.ensure_server()
        status = ingest.wait(SECONDS)
        # Workers end when their run has ended.
        _wait_until(partial(_is_empty, ingest.pid))
        site.ensure_server()
        record = next(iter(site.records()), {"state": None})
        if record["state"] in runs.SUCCESSFUL and not complete:
            assert site.differences() == [], f"{victim}: {record}"
            complete = True
        if not struck or victim in (WORKER, SERVER):
            assert status in (0, ENDED_WITH_FAILURES), (
                f"{victim} was killed and the run failed: {record}\n{site.errors.read_text()}"
            )
            assert site.differences() == [], f"{victim}: {record}"
            complete = True
        if not struck:
            continue
        victims.pop()
        if record["state"] == runs.RUNNING:
            under_way += 1
            closed_by_next.add(record["_id"])
    print(f"{MOMENTS} kills, {under_way} of them left an open record")
    run.ingest(site.config, SYNCHRONOUS)
    assert site.differences() == []
    states = {record["_id"]: record["state"] for record in site.records()}
    assert {states[number] for number in closed_by_next} <= {runs.DIED}
    assert runs.RUNNING not in states.values()
    # Otherwise the kills were too early or too late to test anything.
    assert under_way >= MOMENTS // 10


# Each function that writes, and how many of two runs, killed just before and just after its first
# call, are recorded as died: those that had closed their record are not.
STEPS = {
    "acsql.migrations.runner.migrate_if_empty": 2,
    "acsql.store.client.Store.make_indexes": 2,
    "acsql.store.proposals.save": 2,
    "pathlib.Path.replace": 2,
    "acsql.ingest.write._store_failures": 2,
    "acsql.store.observation_writes.replace": 2,
    "acsql.ingest.write.update_failures": 2,
    "acsql.store.failures.remove": 2,
    "acsql.store.runs.finish": 1,
    "acsql.store.lock._end": 0,
}


def test_killed_before_or_after_any_step_the_next_run_gives_the_clean_state(site: Site) -> None:
    for step, died in STEPS.items():
        site.wipe()
        ingest_killed_at(site.settings, step, "before")
        ingest_killed_at(site.settings, step, "after")
        run.ingest(site.config, SYNCHRONOUS)
        assert site.differences() == [], step
        states = [record["state"] for record in site.records()]
        assert states.count(runs.DIED) == died, step
        assert runs.RUNNING not in states, step


def test_failures_and_keywords_of_ingested_files_are_not_lost(site: Site) -> None:
    for filename in site.clean["failure"]:
        site.wipe()
        written = "acsql.store.observation_writes.replace"
        ingest_killed_at(site.settings, written, "after", filename[:8])
        run.ingest(site.config, SYNCHRONOUS)
        assert site.differences() == [], filename


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "step",
    ["acsql.ingest.write._remove_old_previews", "acsql.store.observation_writes.replace"],
)
def test_killed_while_a_preview_moves_to_another_proposal(
    site: Site, tmp_path: Path, step: str, when: str
) -> None:
    root = tmp_path / "archive"
    for path in sorted(site.config.filesystem.glob("*/*/*_flt.fits"))[-2:]:
        shutil.copytree(path.parent, root / path.parent.relative_to(site.config.filesystem))
    config = replace(site.config, filesystem=root)
    moved = sorted(root.glob("*/*/*_flt.fits"))[0]
    before = fits.getval(moved, "PROPOSID")
    fits.setval(moved, "PROPOSID", value=99999)
    run.ingest(config, SYNCHRONOUS)
    clean = end_state(config, site.specs)
    site.wipe()
    fits.setval(moved, "PROPOSID", value=before)
    run.ingest(config, SYNCHRONOUS)
    fits.setval(moved, "PROPOSID", value=99999)
    ingest_killed_at(_elsewhere(site, root), step, when)
    run.ingest(config, SYNCHRONOUS)
    state = end_state(config, site.specs)
    for one in (state, clean):
        file = one["document"][moved.name[:8]]["files"]["flt"]
        one["document"][moved.name[:8]]["files"]["flt"] = {
            name: file[name] for name in ("path", "size")
        }
    assert differences(state, clean) == []


def _elsewhere(site: Site, filesystem: Path) -> Path:
    """Return the settings of a site with another archive of FITS files."""
    settings = yaml.safe_load(site.settings.read_text())
    path = site.settings.with_name("elsewhere.yaml")
    path.write_text(yaml.safe_dump(settings | {"filesystem": str(filesystem)}))
    return path


def test_unfinished_previews_of_a_killed_run_are_removed_by_the_next(site: Site) -> None:
    for path in site.clean["jpeg"]:
        half = site.config.jpeg_dir / path
        half = half.with_name(f".{half.name}.new")
        half.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(b"half")
    run.ingest(site.config, SYNCHRONOUS)
    assert site.differences() == []


def _wait_until_it_writes(site: Site, ingest: subprocess.Popen, uri: str) -> None:
    """Wait until an ingest has written the first observations."""
    with pymongo.MongoClient(uri, serverSelectionTimeoutMS=1000 * SECONDS) as client:
        stored = client.get_default_database("acsql").observations.estimated_document_count
        _wait_until(lambda: stored() > 2 or ingest.poll() is not None)
    assert ingest.poll() is None, site.errors.read_text()


def test_a_run_continues_when_the_server_comes_back(site: Site) -> None:
    ingest = site.start_ingest(*PROCESSES, wait=SECONDS)
    _wait_until_it_writes(site, ingest, site.config.connection_string)
    site.kill_server()
    time.sleep(1)
    assert ingest.poll() is None, site.errors.read_text()
    site.ensure_server()
    assert ingest.wait(SECONDS) == ENDED_WITH_FAILURES, site.errors.read_text()
    assert site.differences() == []
    (record,) = site.records()
    assert record["state"] == runs.SUCCEEDED_WITH_FAILURES
    assert len(record["failures"]) == BAD_FILES


def test_a_private_server_killed_with_the_run_is_restarted_by_the_next(
    site: Site, tmp_path: Path, write_settings: Callable[[Config, Path], Path]
) -> None:
    data_dir = tmp_path / "private"
    config = replace(site.config, data_dir=data_dir, connection_string=None)
    private = replace(site, config=config, settings=write_settings(config, tmp_path))

    try:
        ingest = private.start_ingest(*IN_THIS_PROCESS)
        state = _wait_until(lambda: server.status(data_dir))
        _wait_until_it_writes(private, ingest, state.uri)
        _kill(ingest.pid)  # first: a run starts its server again
        assert ingest.wait(SECONDS) == -signal.SIGKILL
        private.kill_server()
        assert private.start_ingest(*IN_THIS_PROCESS).wait(SECONDS) == ENDED_WITH_FAILURES
        assert server.status(data_dir) is None
        private = replace(private, config=config.at(server.start(data_dir).uri))
        assert private.differences() == []
        states = [record["state"] for record in private.records()]
        assert states == [runs.SUCCEEDED_WITH_FAILURES, runs.DIED]
    finally:
        server.stop(data_dir)


def test_workers_that_die_at_their_start_end_the_run(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_pool, "_start_worker", os._exit)
    with pytest.raises(ArchiveError, match="worker processes die"):
        run.ingest(site.config, run.Options(scheduler="processes", workers=1))
    assert site.records()[0]["state"] == runs.FAILED


NAME = "faults"  # of the replica set


@pytest.fixture
def members(tmp_path: Path) -> Iterator[dict[int, subprocess.Popen]]:
    """A replica set of three servers on this machine, by port."""
    started: dict[int, subprocess.Popen] = {}
    try:
        for port in (free_port() for _ in range(3)):
            folder = tmp_path / f"member-{port}"
            folder.mkdir()
            command = [
                launch.find_mongod(),
                f"--replSet={NAME}",
                f"--dbpath={folder}",
                f"--logpath={folder}/mongod.log",
                f"--bind_ip={replica_set.HOST}",
                f"--port={port}",
                "--nounixsocket",
                "--oplogSize=64",
                "--wiredTigerCacheSizeGB=0.25",
            ]
            started[port] = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _initiate(list(started))
        yield started
    finally:
        for member in started.values():
            member.kill()
            member.wait()


def _initiate(ports: list[int]) -> None:
    hosts = [{"_id": n, "host": f"{replica_set.HOST}:{port}"} for n, port in enumerate(ports)]
    settings = {"electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 500}
    wait = 1000 * SECONDS
    for port in ports:  # all must answer before the replica set is initiated
        with pymongo.MongoClient(
            replica_set.HOST, port, directConnection=True, serverSelectionTimeoutMS=wait
        ) as client:
            client.admin.command("ping")
            if port == ports[-1]:
                config = {"_id": NAME, "members": hosts, "settings": settings}
                client.admin.command("replSetInitiate", config)
    with pymongo.MongoClient(_uri(ports), serverSelectionTimeoutMS=wait) as client:
        client.admin.command("ping")


def _uri(ports: list[int]) -> str:
    return f"mongodb://{','.join(f'{replica_set.HOST}:{p}' for p in ports)}/acsql?replicaSet={NAME}"


def test_a_run_continues_when_the_primary_of_a_replica_set_is_killed(
    site: Site,
    members: dict[int, subprocess.Popen],
    write_settings: Callable[[Config, Path], Path],
    tmp_path: Path,
) -> None:
    config = site.config.at(_uri(list(members)))
    site = replace(site, config=config, settings=write_settings(config, tmp_path))
    ingest = site.start_ingest(*PROCESSES, wait=SECONDS)
    _wait_until_it_writes(site, ingest, config.connection_string)
    with pymongo.MongoClient(config.connection_string) as client:
        client.admin.command("ping")
        primary = client.primary[1]
        stored = client.acsql.observations.estimated_document_count()
    assert stored < OBSERVATIONS
    members[primary].kill()
    assert ingest.poll() is None, site.errors.read_text()
    assert ingest.wait(SECONDS) == ENDED_WITH_FAILURES, site.errors.read_text()
    assert site.differences() == []
    (record,) = site.records()
    assert record["state"] == runs.SUCCEEDED_WITH_FAILURES
    assert len(record["failures"]) == BAD_FILES
    with pymongo.MongoClient(config.connection_string) as client:
        client.admin.command("ping")
        assert client.primary[1] != primary
