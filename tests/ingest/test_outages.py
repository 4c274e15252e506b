"""An ingest goes on when its private server is killed under it, and ends when it is asked to.

The server is killed at the moment at which the ingest sends it a command.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymongo
import pytest
from pymongo.database import Database

from acsql.config import Config
from acsql.mongod import server
from acsql.store import runs

# Seconds; only a process that hangs takes that long.
SECONDS = 300

# Ingests, and kills the server at a command: its number, from 1, or 0 to list all commands.
PROGRAM = """
import os, signal, sys
from pymongo import monitoring
from acsql import config
from acsql.ingest import run
from acsql.mongod.process import find_running

configured, victim = config.load(sys.argv[1]), int(sys.argv[2])

class Killer(monitoring.CommandListener):
    seen = 0

    def started(self, event):
        opening = event.command_name == "listDatabases"
        connecting = event.command_name in ("hello", "ping", "saslStart", "saslContinue")
        if connecting or event.database_name != "acsql" and not opening:
            return
        Killer.seen += 1
        if victim == 0:
            print(event.command_name, event.command[event.command_name])
        if Killer.seen == victim:
            os.kill(find_running(configured.data_dir / "mongodb").pid, signal.SIGKILL)

    def succeeded(self, event):
        pass

    failed = succeeded

monitoring.register(Killer())
report = run.ingest(configured, run.Options(scheduler="synchronous"))
assert not report.failures, report.failures
"""


@pytest.fixture
def private(new_archive_copy: Config) -> Iterator[Config]:
    """The configuration of an archive with a private server."""
    config = replace(new_archive_copy, connection_string=None)
    yield config
    server.stop(config.data_dir)


def ingest(settings: Path, victim: int) -> list[str]:
    """Ingest, and return the commands if no one of them is a victim."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, settings, str(victim)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def stored(data_dir: Path) -> dict[str, list[Any]]:
    """Return the content of the database, without what differs between two clean runs."""
    hidden = dict.fromkeys(
        ["first_ingest_date", "last_ingest_date", "first_seen", "applied", "seconds", "time"], 0
    )
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(server.start(data_dir).uri) as client:
        database: Database[dict[str, Any]] = client["acsql"]
        names = ["observations", "headerless_observations", "keywords_not_in_specs", "failures"]
        content: dict[str, list[Any]] = {
            name: list(database[name].find({}, hidden).sort("_id")) for name in names
        }
        content["states"] = [run["state"] for run in database.ingest_runs.find()]
        content["indexes"] = sorted(database.observations.index_information())
    server.stop(data_dir)
    return content


PARTS = 8 if "ALL_FAULTS" in os.environ else 1
# Commands that the driver does not repeat, one that it does, and the one with which a worker opens
# the database.
VICTIMS = (
    "createIndexes observations",
    "aggregate observations",
    "update observations",
    "listDatabases 1",
)


# In parts: a process of tests ends if one of them takes longer than `faulthandler_timeout`.
@pytest.mark.parametrize("part", range(PARTS))
def test_a_private_server_killed_at_any_command_does_not_end_the_run(
    private: Config, tmp_path: Path, write_settings: Callable[[Config, Path], Path], part: int
) -> None:
    settings = write_settings(private, tmp_path)
    commands = ingest(settings, 0)
    clean = stored(private.data_dir)
    assert clean["states"] == [runs.SUCCEEDED]
    last = {command: number for number, command in enumerate(commands, 1)}
    victims = [last[name] for name in VICTIMS]
    if "ALL_FAULTS" in os.environ:
        victims = list(range(1 + part, len(commands) + 1, PARTS))
    for victim in victims:
        shutil.rmtree(private.data_dir)
        ingest(settings, victim)
        assert stored(private.data_dir) == clean, commands[victim - 1]


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
def test_sigterm_ends_a_run_whose_database_does_not_answer(
    private: Config,
    tmp_path: Path,
    write_settings: Callable[[Config, Path], Path],
    fault: signal.Signals,
) -> None:
    started = server.start(private.data_dir)
    settings = write_settings(private.at(started.uri), tmp_path)
    program = str(Path(sys.executable).with_name("acsql"))
    command = [program, "--config", str(settings), "ingest", "-v"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Scanning" in line:
                break
        os.kill(started.pid, fault)
        process.terminate()
        # Far less than the 300 s that an ingest waits for its database.
        _, errors = process.communicate(timeout=60)
    if fault == signal.SIGSTOP:
        os.kill(started.pid, signal.SIGCONT)
    assert process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in errors
