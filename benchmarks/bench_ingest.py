"""What an ingest costs: in time beside its parts, and in memory.

    python benchmarks/bench_ingest.py [--frame full] [--observations 30] [--rounds 7] [--original]

The baseline and acsql take turns on the same files in one run; it prints ratios of medians and the
spread of the measurements.

With ``--original`` the baseline is the ingest of the original ACS Quicklook (`original`, with what
has to be installed for it), once as its paper prints it and once with a connection that each worker
keeps.  Each ingest runs as a separate command, with two workers and an empty database.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil

from acsql import keywords as keyword_specs
from acsql import sample
from acsql.config import Config
from acsql.ingest import run, workers
from acsql.ingest.plan import Task
from acsql.ingest.read import read_file
from acsql.ingest.scan import scan
from acsql.ingest.tasks import ingest_all
from acsql.mongod import server

LONG_RUN = 1_000


def main() -> None:
    """Run all parts and print their results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frame", default="full")
    parser.add_argument("--observations", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--original", action="store_true", help="compare with the original")
    parser.add_argument("--memory", nargs=2, metavar=("ARCHIVE", "TIMES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        print_memory(Path(arguments.memory[0]), int(arguments.memory[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if arguments.original:
            # It needs packages that the other parts do not.
            from bench_original import compare

            config = configured(root, None)
            compare(config, arguments.observations, arguments.frame, arguments.rounds)
            return
        uri = server.start(root).uri
        try:
            whole_and_parts(root / "true", uri, arguments)
        finally:
            server.stop(root)
        memory(root / "memory", root / "true" / "archive")


def configured(folder: Path, uri: str | None) -> Config:
    """Return the configuration of an archive in a folder."""
    return Config(
        filesystem=folder / "archive",
        data_dir=folder / "data",
        jpeg_dir=folder / "jpegs",
        thumbnail_dir=folder / "thumbnails",
        log_dir=folder / "logs",
        proposals_file=folder / "archive" / "proposals.yaml",
        ncores=2,
        connection_string=uri,
    )


def whole_and_parts(folder: Path, uri: str, arguments: argparse.Namespace) -> None:
    """Compare an ingest with its headers and previews alone, and two workers with one."""
    written = sample.write(folder / "archive", arguments.observations, 1, arguments.frame)
    print(
        f"{written.observations} observations, {written.files} files, {written.size / 1e6:.0f} MB"
    )
    config = configured(folder, uri)
    everything = run.Options(everything=True, scheduler=workers.PROCESSES)
    taken = in_turns(
        {
            "headers and previews": lambda: read_all(config),
            "ingest in one process": lambda: run.ingest(
                config, run.Options(everything=True, scheduler=workers.SYNCHRONOUS)
            ),
            "one worker": lambda: run.ingest(config, replace(everything, workers=1)),
            "two workers": lambda: run.ingest(config, replace(everything, workers=2)),
        },
        arguments.rounds,
    )
    print_ratio(taken, "ingest in one process", "headers and previews")
    print_ratio(taken, "one worker", "two workers")
    median = statistics.median(taken["two workers"])
    report = run.ingest(config, replace(everything, workers=2))
    previews, documents = sum(report.previews.values()), sum(report.observations.values())
    print(
        f"two workers: {documents / median:.2f} documents/s, {written.files / median:.2f} files/s, "
        f"{previews / median:.2f} previews/s"
    )


def read_all(config: Config) -> None:
    """Read all headers and render all previews, and keep nothing."""
    specs = keyword_specs.load()
    for found in scan(config.filesystem, specs.filetypes):
        for file in found.files.values():
            read_file(file, specs, config)


def memory(folder: Path, archive: Path) -> None:
    """Measure the memory of a worker: with true frames, and over a long run of small ones."""
    sample.write(folder / "archive", 100, 1, "small")
    for what, where, times in (
        ("true frames", archive, 1),
        (f"{LONG_RUN} small observations", folder / "archive", LONG_RUN // 100),
    ):
        command = [sys.executable, __file__, "--memory", str(where), str(times)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(f"memory, {what}: {printed.strip()}")


def print_memory(archive: Path, times: int) -> None:
    """Ingest an archive some times in this process as a worker does, and print its memory."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "archive").symlink_to(archive)
        config = configured(root, server.start(root).uri)
        specs = keyword_specs.load()
        tasks = [
            Task(found, tuple(found.files)) for found in scan(config.filesystem, specs.filetypes)
        ]
        sizes = []
        try:
            for _ in range(times):
                deque(ingest_all(tasks, config, workers.SYNCHRONOUS, 1), maxlen=0)
                sizes.append(psutil.Process().memory_info().rss / 1e6)
        finally:
            server.stop(root)
    # Not getrusage: what a process was before it became this one counts there.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1e3
    print(f"peak {peak:.0f} MB, resident after each {len(tasks)}:", *(f"{s:.0f}" for s in sizes))


def in_turns(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds that each way took, in turns."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, do in ways.items():
            started = time.perf_counter()
            do()
            taken[name].append(time.perf_counter() - started)
    return taken


def print_ratio(taken: dict[str, list[float]], ours: str, baseline: str) -> None:
    """Print the ratio of two medians, with the spread of both."""
    for name in (baseline, ours):
        seconds = taken[name]
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        print(f"  {name}: {statistics.median(seconds):.2f} s ({spread})")
    ratio = statistics.median(taken[ours]) / statistics.median(taken[baseline])
    print(f"{ours} / {baseline}: {ratio:.2f}")


if __name__ == "__main__":
    main()
