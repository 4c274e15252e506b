"""The process of a command: Ctrl-C, termination and closed pipes, with real signals."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import acsql

COMMAND = Path(sys.executable).with_name("acsql")
# Observations of an archive that is ingested.
FEW = 8
# Runs the command line, and sends this process SIGINT when it begins to import a module.
INTERRUPTED_IMPORT = """
import os, signal, sys

class Interrupt:
    def find_spec(name, path, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt)
from acsql.cli import main
main()
"""
# Runs the command line, and sends SIGINT to its process group when it calls a function.
INTERRUPTED_CALL = """
import os, pkgutil, signal, sys

path = os.environ["INTERRUPT_AT"]
separator = max(path.rfind("."), path.rfind(":"))
owner, function = pkgutil.resolve_name(path[:separator]), path[separator + 1 :]
original = getattr(owner, function)

def interrupted(*args, **kwargs):
    os.killpg(0, signal.SIGINT)
    return original(*args, **kwargs)

setattr(owner, function, interrupted)
from acsql.cli import main
main()
"""

# Runs a command whose cleanup takes a minute, with less time for it.
SLOW_CLEANUP = """
import time
from acsql.cli import main, process, root

def sleep(path):
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        time.sleep(60)

process._ENDING_S = 0.5
root.acsql.callback = sleep
main()
"""
# Runs the command line with output that does not end.
ENDLESS_OUTPUT = """
import itertools
import click
from acsql.cli import main, root

root.acsql.callback = lambda path: [click.echo("y" * 80) for _ in itertools.count()]
main()
"""
# Runs the command line, and sends this process SIGINT in a destructor.
INTERRUPTED_DESTRUCTOR = """
import os, signal, time
from acsql.cli import main, root

class Destructed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0)

def work(path):
    Destructed()
    time.sleep(600)

root.acsql.callback = work
main()
"""


def start(
    command: Sequence[object], settings: Path, interrupt_at: str = "", **options
) -> subprocess.Popen[str]:
    """Start a process in a new group, to which Ctrl-C is sent as a terminal does.

    SIGINT has its default effect in it, also where this process ignores it.
    """
    environ = {"ACSQL_CONFIG": str(settings), "INTERRUPT_AT": interrupt_at}
    return subprocess.Popen(
        list(map(str, command)),
        env=os.environ | environ,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )


def assert_interrupted(process: subprocess.Popen[str]) -> None:
    """Assert that a process ends as one interrupted does, and says nothing about it."""
    _, errors = process.communicate(timeout=120)
    assert errors.strip() == ""
    assert process.returncode == 130


@pytest.fixture
def own_settings(config, write_settings, sample_filesystem: Path, tmp_path: Path) -> Path:
    """The configuration of an archive with a few sample files and an empty database."""
    for folder in sorted(sample_filesystem.glob("*/*/"))[:FEW]:
        copy = config.filesystem / folder.relative_to(sample_filesystem)
        shutil.copytree(folder, copy, copy_function=os.link)
    return write_settings(config, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (["find"], "click"),
        (["find"], "acsql.cli.root"),
        (["find"], "acsql.cli.search"),
        (["find"], "acsql.archive"),
        (["find"], "pymongo"),
        (["find"], "acsql.export"),
        (["ingest"], "dask.bag"),
        (["ingest"], "dask"),
        (["ingest"], "acsql.ingest.workers"),
        (["verify"], "acsql.verify.verification"),
        (["serve"], "flask"),
        (["status"], "acsql.archive"),
        (["--version"], "importlib.metadata"),
    ],
)
def test_an_interrupt_during_an_import_ends_the_command(
    own_settings: Path, arguments: list[str], module: str
) -> None:
    command = [sys.executable, "-c", INTERRUPTED_IMPORT, *arguments]
    assert_interrupted(start(command, own_settings, module))


@pytest.mark.parametrize(
    ("arguments", "function"),
    [
        (["find"], "acsql.archive:connect"),
        (["find"], "acsql.search:Search.rows"),
        (["find", "--format", "ecsv"], "tempfile:TemporaryFile"),
        (["ingest"], "acsql.ingest.run:_plan"),
        (["ingest"], "acsql.store.runs:finish"),
        (["ingest"], "multiprocessing.forkserver:ensure_running"),
        (["ingest", "--scheduler", "threads"], "acsql.ingest.run:ingest_tasks"),
        (["verify"], "acsql.migrations.runner:check"),
        (["sample", "never_written"], "acsql.sample.archive:plan"),
    ],
)
def test_an_interrupt_at_work_ends_the_command(
    own_settings: Path, tmp_path: Path, arguments: list[str], function: str
) -> None:
    command = [sys.executable, "-c", INTERRUPTED_CALL, *arguments]
    assert_interrupted(start(command, own_settings, function, cwd=tmp_path))


# Moments of an ingest, each seen from outside.
MOMENTS: dict[str, Callable[[psutil.Process, acsql.Archive], object]] = {
    "its record is open": lambda _, archive: archive.runs(),
    "its first worker starts": lambda run, _: run.children(recursive=True)[2:],
    "a preview is written": lambda _, archive: any(archive.config.jpeg_dir.glob("*/*.jpg")),
    "an observation is stored": lambda _, archive: archive.count(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_stops_all_workers_of_an_ingest(own_settings: Path, moment: str) -> None:
    process = start([COMMAND, "ingest"], own_settings)
    run = psutil.Process(process.pid)
    with acsql.connect(own_settings) as archive:
        while process.poll() is None and not MOMENTS[moment](run, archive):
            time.sleep(0.05)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors
        # It may have been quicker.
        assert process.returncode in (0, 130)
        assert {record["state"] for record in archive.runs()} <= {"interrupted", "succeeded"}


def test_ctrl_c_stops_the_output(sample_settings: Path) -> None:
    command = [sys.executable, "-c", ENDLESS_OUTPUT, "status"]
    process = start(command, sample_settings)
    assert process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    assert_interrupted(process)


def test_a_second_ctrl_c_does_not_break_off_the_cleanup(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    settings = tmp_path / "acsql.yaml"
    settings.write_text("filesystem: archive\ndata_dir: data\n")
    at_exit = "import atexit, os, signal\natexit.register(os.killpg, 0, signal.SIGINT)\n"
    command = [sys.executable, "-c", at_exit + INTERRUPTED_CALL, "find"]
    assert_interrupted(start(command, settings, "acsql.search:Search.rows"))
    result = subprocess.run(
        [COMMAND, "--config", settings, "db", "status"], capture_output=True, check=False
    )
    assert result.returncode == 1


def test_an_ignored_interrupt_stays_ignored(sample_settings: Path) -> None:
    script = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{INTERRUPTED_CALL}"
    command = [sys.executable, "-c", script, "count"]
    process = start(command, sample_settings, "acsql.search:Search.count")
    assert process.communicate(timeout=120) == ("40\n", "")
    assert process.returncode == 0


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_in_a_destructor_is_not_lost(
    sample_settings: Path, number: str, status: int
) -> None:
    script = INTERRUPTED_DESTRUCTOR.replace("SIGINT", number)
    process = start([sys.executable, "-c", script, "status"], sample_settings)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors.strip()) == (status, "")


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_termination_ends_a_command_with_its_own_status(sample_settings: Path, number: str) -> None:
    script = INTERRUPTED_CALL.replace("SIGINT", number)
    process = start(
        [sys.executable, "-c", script, "find"], sample_settings, "acsql.archive.connect"
    )
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (143, "")


def test_a_cleanup_that_takes_too_long_is_cut_off_with_a_message(sample_settings: Path) -> None:
    process = start([sys.executable, "-c", SLOW_CLEANUP, "status"], sample_settings)
    assert process.stdout.readline() == "begun\n"
    process.terminate()
    _, errors = process.communicate(timeout=50)
    assert process.returncode == 143
    assert "ended 0.5 s after the signal, before its cleanup was complete" in errors


@pytest.mark.parametrize("arguments", [["find"], ["find", "--limit", "1"], ["query"], ["status"]])
def test_a_closed_pipe_is_no_error(sample_settings: Path, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = start([COMMAND, *arguments], sample_settings, stdout=writer)
    os.close(writer)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (141, "")
