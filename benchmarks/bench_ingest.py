"""How quickly an archive goes in: documents, files and previews per second.

    python benchmarks/bench_ingest.py [--observations N] [--frame small|medium|full]

Baseline and ours take turns on the same files in one run.  The baseline is the plain way, one
observation after the other in one process; ours is `acsql ingest` with two workers.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from acsql import sample
from acsql.config import Config
from acsql.ingest import run
from acsql.store import server


def main() -> None:
    """Write a sample archive, ingest it several times, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=60)
    parser.add_argument("--frame", default="medium")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments.observations, arguments.frame, arguments.rounds)


def measure(folder: Path, observations: int, frame: str, rounds: int) -> None:
    """Print the medians of some rounds, and their ratio."""
    sample.write(folder / "archive", observations=observations, seed=1, frame=frame)
    state = server.start(folder)
    config = Config(
        filesystem=folder / "archive",
        data_dir=folder,
        jpeg_dir=folder / "jpegs",
        thumbnail_dir=folder / "thumbnails",
        log_dir=folder / "logs",
        proposals_file=folder / "archive" / "proposals.yaml",
        ncores=2,
        connection_string=state.uri,
    )
    ways = {
        "one process": run.Options(everything=True, scheduler="synchronous"),
        "two workers": run.Options(everything=True, scheduler="processes", workers=2),
    }
    try:
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, options in ways.items():
                report = run.ingest(config, options)
                seconds[name].append(report.seconds)
    finally:
        server.stop(folder)
    counts = {
        "documents": sum(report.observations.values()),
        "files": sum(report.files.values()),
        "previews": sum(report.previews.values()),
    }
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    for name, median in medians.items():
        rates = ", ".join(f"{count / median:.1f} {what}/s" for what, count in counts.items())
        spread = f"{min(seconds[name]):.2f} to {max(seconds[name]):.2f}"
        print(f"{name}: {median:.2f} s ({spread}), {rates}")
    print(f"ratio of medians: {medians['two workers'] / medians['one process']:.2f}")


if __name__ == "__main__":
    main()
