"""Compare the ingest of acsql with that of the original: ``bench_ingest.py --original`` runs it."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import mariadb
import original
import psutil
import yaml
from exposure import memory_mb

from acsql import keywords as keyword_specs
from acsql import sample
from acsql.config import Config
from acsql.ingest.scan import scan
from acsql.migrations import runner
from acsql.mongod import server
from acsql.store.client import Store

ORIGINALS = ("original", "original with kept connections")
ACSQL = "acsql"
# The original has no statistics of images either.
WITHOUT_STATISTICS = "acsql without statistics"
# Settings of acsql that differ from its defaults.
SETTINGS = (
    "image_statistics",
    "filesystem",
    "data_dir",
    "jpeg_dir",
    "thumbnail_dir",
    "log_dir",
    "proposals_file",
)
# Between two looks at the processes of a command, in seconds.
INTERVAL = 0.05
# Status of an ingest that found damaged files, of which the sample has some.
SOME_FAILED = 1


@dataclass(frozen=True)
class Cost:
    """What an ingest took.

    Attributes
    ----------
    seconds : float
        From the start of the command to its end.
    processor : float
        Processor seconds of the command and its workers.
    server : float
        Processor seconds of the database server.
    memory : float
        Peak of the largest worker, in MB.
    """

    seconds: float
    processor: float
    server: float
    memory: float


def compare(config: Config, observations: int, frame: str, rounds: int) -> None:
    """Ingest the same files with all systems in turns, and print costs and ratios.

    Parameters
    ----------
    config : Config
        Of the archive to write, without a database.
    observations, rounds : int
        Size of the archive, and how often each system ingests it.
    frame : str
        As for `acsql.sample.write`.
    """
    written = sample.write(config.filesystem, observations, 1, frame)
    print(f"{observations} observations, {written.files} files, {written.size / 1e6:.0f} MB")
    # Otherwise the first system shares the disk with what was just written.
    os.sync()
    folder = config.filesystem.parent / "original"
    with mariadb.server(folder, *original.OPTIONS) as (socket, mysqld):
        command = [sys.executable, str(Path(original.__file__)), str(config.filesystem)]
        command += [str(folder / "pictures"), socket, f"--workers={config.ncores}"]
        keep = [*command, "--keep-connection"]
        ways: dict[str, Callable[[], Cost]] = {
            ORIGINALS[0]: lambda: of_original(command, socket, mysqld),
            ORIGINALS[1]: lambda: of_original(keep, socket, mysqld),
            ACSQL: lambda: of_acsql(config),
            WITHOUT_STATISTICS: lambda: of_acsql(replace(config, image_statistics="fill")),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, measure in ways.items():
                costs[name].append(measure())
                print_cost(name, costs[name][-1:])
    print("medians")
    for name, each in costs.items():
        print_cost(name, each)
    for theirs in ORIGINALS:
        for ours in (ACSQL, WITHOUT_STATISTICS):
            print_ratios(f"{theirs} / {ours}", median(costs[theirs]), median(costs[ours]))


def of_original(command: list[str], socket: str, mysqld: psutil.Process) -> Cost:
    """Ingest everything with the original."""
    original.create_tables(socket)
    shutil.rmtree(command[3], ignore_errors=True)
    taken = cost(command, mysqld)
    check_number(original.count_observations(socket), Path(command[2]))
    return taken


def of_acsql(config: Config) -> Cost:
    """Ingest everything with acsql, into a new database with its indexes."""
    specs = keyword_specs.load()
    for folder in (config.data_dir, config.jpeg_dir, config.thumbnail_dir):
        shutil.rmtree(folder, ignore_errors=True)
    private = server.start(config.data_dir)
    try:
        with Store(private.uri, specs) as store:
            runner.migrate_if_empty(store, specs)
            store.make_indexes()
        path = config.data_dir / "acsql.yaml"
        path.write_text(yaml.safe_dump({name: str(getattr(config, name)) for name in SETTINGS}))
        command = [sys.executable, "-m", "acsql", "--config", str(path)]
        return cost([*command, "ingest", f"--workers={config.ncores}"], psutil.Process(private.pid))
    finally:
        server.stop(config.data_dir)


def check_number(ingested: int, archive: Path) -> None:
    """End the benchmark unless all observations of an archive were ingested."""
    specs = keyword_specs.load()
    expected = sum(bool(each.files) for each in scan(archive, specs.filetypes))
    if ingested != expected:
        raise SystemExit(f"{ingested} of {expected} observations were ingested")


def cost(command: list[str], database: psutil.Process) -> Cost:
    """Run a command and return what it takes."""
    processor: dict[int, float] = {}
    memory: dict[int, float] = {}
    before, began = cpu(database), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        main = psutil.Process(process.pid)
        while process.poll() is None:
            # Seen from outside, because workers are not always children that the command awaits.
            with suppress(psutil.NoSuchProcess, FileNotFoundError, StopIteration):
                for each in (main, *main.children(recursive=True)):
                    processor[each.pid] = cpu(each)
                    memory[each.pid] = memory_mb("VmHWM", each.pid)
            time.sleep(INTERVAL)
        seconds = time.perf_counter() - began
    if process.returncode not in (0, SOME_FAILED):
        raise SystemExit(f"{command} failed")
    del memory[process.pid]
    return Cost(seconds, sum(processor.values()), cpu(database) - before, max(memory.values()))


def cpu(process: psutil.Process) -> float:
    """Return the processor time of a process until now."""
    times = process.cpu_times()
    return float(times.user + times.system)


def median(costs: list[Cost]) -> Cost:
    """Return the median of each part."""
    return Cost(*map(statistics.median, zip(*map(astuple, costs), strict=True)))


def print_cost(name: str, costs: list[Cost]) -> None:
    """Print the medians of costs, with the spread of the seconds."""
    whole, seconds = median(costs), [each.seconds for each in costs]
    spread = f" ({min(seconds):.2f} to {max(seconds):.2f})" if len(costs) > 1 else ""
    print(
        f"  {name}: {whole.seconds:.2f} s{spread}, processor {whole.processor:.2f} s "
        f"and {whole.server:.2f} s of the server, worker {whole.memory:.0f} MB",
        flush=True,
    )


def print_ratios(name: str, theirs: Cost, ours: Cost) -> None:
    """Print how many times as much the original takes as acsql."""
    processor = theirs.processor + theirs.server, ours.processor + ours.server
    print(
        f"{name}: time {theirs.seconds / ours.seconds:.1f}, processor with the server "
        f"{processor[0] / processor[1]:.1f}, memory of a worker {theirs.memory / ours.memory:.1f}"
    )
