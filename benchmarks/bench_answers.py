"""How fast an archive answers questions about any keyword, at rest and while it is written.

    python benchmarks/bench_answers.py mongodb://127.0.0.1:27017/mission
        [--before CHECKOUT CONNECTION_STRING] [--while-ingesting OBSERVATIONS]

A new process puts each question through the Python API, so that the first time nothing is decoded
yet.  ``--before`` puts the same questions first with the code of another checkout to another
database.  ``--while-ingesting`` then repeats them while that many observations or more
are written again, as they are: the database has the same observations afterwards.
"""

import argparse
import json
import math
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from acsql import keywords as keyword_specs
from acsql.archive import Archive
from acsql.config import Config
from acsql.ingest import folding
from acsql.search.aggregation import distribution
from acsql.store import lock, observation_writes
from acsql.store.client import Store

REPEATS = 30
# Seconds after which a slow question is not repeated any more.
ENOUGH = 8
# Observations a second that are written while questions are put: what two workers ingest of
# single-chip exposures (benchmarks/bench_ingest.py).
RATE = 100
FACETS = ("detector", "filter1", "filter2", "imagetyp", "obstype", "proposal_type", "date_obs")


def questions(archive: Archive) -> dict[str, Callable[[], Any]]:
    """Return the questions by name, each as a function that puts it to an archive."""
    where = archive.where
    everything, wfc, goodmean = where(), where(detector="WFC"), where("flt.1.goodmean>5")
    dark, rare = where(detector="SBC", imagetyp="DARK"), where("flt.1.goodmean>33500")
    column = everything.columns("flt.1.goodmean").sort("rootname")
    combinations = distribution(wfc, "detector", "filter1", "filter2")
    return {
        "count all": everything.count,
        "count detector=WFC": wfc.count,
        "count exptime>100 filter1=F606W": where("exptime>100", filter1="F606W").count,
        "count flt.1.goodmean>5": goodmean.count,
        "count flt.0.biasfile=*a*": where("flt.0.biasfile=*a*").count,
        "count flt.1.goodmean>5 raw.0.ccdgain=2": goodmean.where("raw.0.ccdgain=2").count,
        "facets filter1, detector=WFC": lambda: wfc.facets("filter1"),
        "facets of seven, detector=WFC": lambda: wfc.facets_of(*FACETS),
        "facets flt.0.biasfile": lambda: everything.facets("flt.0.biasfile"),
        "distinct targname, exptime>100": lambda: where("exptime>100").distinct("targname"),
        "distribution of three, detector=WFC": lambda: list(combinations.rows()),
        "page flt.1.goodmean>33500": lambda: rare.page(50),
        "page by flt.1.goodmean": lambda: goodmean.sort("-flt.1.goodmean").page(50),
        "page detector=SBC imagetyp=DARK": lambda: dark.sort("exptime").page(50),
        "sample flt.1.goodmean": lambda: goodmean.columns("flt.1.goodmean").sample(20_000),
        "rows flt.1.goodmean, all": lambda: list(column.rows()),
    }


def main() -> None:
    """Run as the parent, or as one of its processes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("connection_string")
    parser.add_argument("--before", nargs=2, metavar=("CHECKOUT", "CONNECTION_STRING"))
    parser.add_argument("--while-ingesting", type=int, metavar="OBSERVATIONS")
    parser.add_argument("--process", choices=("answer", "write"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.process == "answer":
        answer(given.connection_string)
    elif given.process == "write":
        write_again(given.connection_string)
    else:
        measure(given)


def measure(given: argparse.Namespace) -> None:
    """Print the milliseconds of each question."""
    own = Path(__file__).parent.parent
    checkouts = [("now", own, given.connection_string)]
    if given.before:
        checkouts.insert(0, ("before", Path(given.before[0]), given.before[1]))
    for name, checkout, connection_string in checkouts:
        with process("answer", checkout, connection_string) as asked:
            print_times(name, asked)
    if given.while_ingesting:
        with (
            process("answer", own, given.connection_string) as asked,
            process("write", own, given.connection_string) as writer,
        ):
            written = 0
            while written < given.while_ingesting:
                print_times("now, while observations are written", asked)
                written = exchange(writer, None)
            print(f"{written} observations were written meanwhile")


def print_times(title: str, asked: subprocess.Popen[str]) -> None:
    """Put all questions to a process, and print a line for each."""
    print(f"\n{title:40} {'first':>8} {'median':>8} {'p99':>8}  ms, of up to {REPEATS}")
    for name in exchange(asked, None):
        first, *times = exchange(asked, name)
        p99 = sorted(times)[math.ceil(0.99 * len(times)) - 1]
        print(f"{name:40} {first:8.1f} {statistics.median(times):8.1f} {p99:8.1f}", flush=True)


@contextmanager
def process(kind: str, checkout: Path, connection_string: str) -> Iterator[subprocess.Popen[str]]:
    """Start this file with the code of a checkout; it ends when its input does."""
    with subprocess.Popen(
        [sys.executable, __file__, connection_string, "--process", kind],
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        yield started


def exchange(partner: subprocess.Popen[str], message: Any) -> Any:
    """Send a line of JSON to a process and return the one that it answers with."""
    assert partner.stdin is not None
    assert partner.stdout is not None
    partner.stdin.write(json.dumps(message) + "\n")
    partner.stdin.flush()
    return json.loads(partner.stdout.readline())


def answer(connection_string: str) -> None:
    """Answer None with the names of the questions, and a name with its milliseconds."""
    folder = Path("/nonexistent")
    places = ("filesystem", "data_dir", "jpeg_dir", "thumbnail_dir", "log_dir", "proposals_file")
    config = Config(
        ncores=1,
        connection_string=connection_string,
        **{name: folder / name for name in places},  # type: ignore[arg-type]  # all are paths
    )
    with Archive(config, time_limit=None) as archive:
        by_name = questions(archive)
        for line in sys.stdin:
            name = json.loads(line)
            found = list(by_name) if name is None else repeated(by_name[name])
            print(json.dumps(found), flush=True)


def repeated(do: Callable[[], Any]) -> list[float]:
    """Return the milliseconds that each of at least two calls takes."""
    found = [taken(do), taken(do)]
    while len(found) < REPEATS and sum(found) < 1e3 * ENOUGH:
        found.append(taken(do))
    return found


def taken(do: Callable[[], Any]) -> float:
    """Return the milliseconds that a call takes."""
    started = time.perf_counter()
    do()
    return 1e3 * (time.perf_counter() - started)


def write_again(connection_string: str) -> None:
    """Write observations as they are; answer a line with the number of those written so far.

    They are folded into columns meanwhile, as an ingest does.
    """
    with (
        Store(connection_string, keyword_specs.load()) as store,
        lock.hold(store, "benchmark"),
        folding.in_background(store),
    ):
        some = store.observations.aggregate([{"$sample": {"size": 2000}}, {"$project": {"_id": 1}}])
        for written, rootname in enumerate(cycle([document["_id"] for document in some])):
            ready, _, _ = select.select([sys.stdin], [], [], 1 / RATE)
            if ready:
                if not sys.stdin.readline():
                    return
                print(json.dumps(written), flush=True)
            document = store.observations.find_one({"_id": rootname})
            assert document is not None
            observation_writes.replace(store, document)


if __name__ == "__main__":
    main()
