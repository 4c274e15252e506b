"""What an ingest costs when nothing has changed, beside the scan of the file system alone.

    python benchmarks/bench_unchanged.py [--observations 10000] [--rounds 5]

Writes files of one byte and documents without headers for an archive of that size, and takes turns
in one run: the scan of the files alone, with the search for misplaced ones, and the ingest that
confirms them.  Prints the medians and their difference.  The whole mission has 213,000
observations: to write its files and documents takes some minutes.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench_ingest import configured

from acsql import keywords as keyword_specs
from acsql.config import Config
from acsql.ingest import run
from acsql.ingest.layouts import find_misplaced
from acsql.ingest.scan import scan
from acsql.ingest.scan_ahead import without_garbage_collection
from acsql.migrations import runner
from acsql.mongod import server
from acsql.store.client import Store
from acsql.store.schema import SCHEMA_VERSION

FILETYPES = ("raw", "flt", "spt", "jif", "jit")


def main() -> None:
    """Write the archive, confirm it some times and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--observations", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        config = configured(root, server.start(root).uri)
        try:
            write_files(config.filesystem, arguments.observations)
            write_documents(config)
            compare(config, arguments.observations, arguments.rounds)
        finally:
            server.stop(root)


def write_files(filesystem: Path, observations: int) -> None:
    """Write the files of an archive, of one byte each."""
    for number in range(observations):
        name = f"j{number // 100:04d}{number % 100:02d}aq"
        directory = filesystem / name[:4] / name
        directory.mkdir(parents=True)
        for filetype in FILETYPES:
            (directory / f"{name}_{filetype}.fits").write_bytes(b"x")


def write_documents(config: Config) -> None:
    """Write what an ingest would have recorded of these files, and nothing of their headers."""
    specs = keyword_specs.load()
    with Store(config.connection_string, specs) as store:
        store.observations.insert_many(
            {
                "_id": found.rootname,
                "schema_version": SCHEMA_VERSION,
                "files": {
                    name: {
                        "path": file.path,
                        "size": file.size,
                        "mtime": file.mtime,
                        "ctime_ns": file.ctime_ns,
                        "inode": file.inode,
                    }
                    for name, file in found.files.items()
                },
            }
            for found in scan(config.filesystem, specs.filetypes)
        )
        runner.migrate(store, specs)


def compare(config: Config, observations: int, rounds: int) -> None:
    """Print the medians of the scan alone and of the ingest."""
    ways: dict[str, Callable[[], object]] = {
        "scan alone": lambda: scan_alone(config),
        "ingest": lambda: confirm(config, observations),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, do in ways.items():
            started = time.perf_counter()
            do()
            taken[name].append(time.perf_counter() - started)
    files = observations * len(FILETYPES)
    for name, seconds in taken.items():
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        print(f"{name}: {files} files in {statistics.median(seconds):.2f} s ({spread})")
    beyond = statistics.median(taken["ingest"]) - statistics.median(taken["scan alone"])
    print(f"ingest beyond the scan: {beyond:.2f} s")


def scan_alone(config: Config) -> None:
    """Scan the files as an ingest does, and keep nothing."""
    with without_garbage_collection():
        for _ in scan(config.filesystem, keyword_specs.load().filetypes):
            pass
        find_misplaced(config.filesystem, config.layout)


def confirm(config: Config, observations: int) -> None:
    """Ingest, which finds all files as they were."""
    report = run.ingest(config)
    assert report.observations == {"unchanged": observations}, report.observations


if __name__ == "__main__":
    main()
