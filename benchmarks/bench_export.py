"""Show that a result of any length is written in constant memory, and how fast.

    python benchmarks/bench_export.py [--rows N ...] [--formats NAME ...]

It writes synthetic rows with the columns of a typical search in each format, discards the output,
and prints rows per second, the size of the output and the peak of the resident memory (each in a
new process; not on Windows).  The format "table" is for people and holds all rows in memory; it
is measured only with --formats.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from acsql import export, query
from acsql import keywords as keyword_specs

COLUMNS = [
    "rootname",
    "targname",
    "filter1",
    "exptime",
    "date_obs",
    "first_ingest_date",
    "ra_targ",
    "dec_targ",
    "proposid",
    "subarray",
]
FILTERS = ("F606W", "F814W", None, "CLEAR1L")
START = datetime(2002, 4, 13, 18, 16, 35, 250_000)


def made_up(number: int) -> Iterator[dict[str, Any]]:
    """Yield rows with every type of value, some of them unknown."""
    for n in range(number):
        moment = START + timedelta(minutes=n)
        yield {
            "rootname": f"j{n:07x}",
            "targname": f"NGC{n % 7000}",
            "filter1": FILTERS[n % 4],
            "exptime": n * 0.1 if n % 5 else None,
            "date_obs": datetime(moment.year, moment.month, moment.day),
            "first_ingest_date": moment,
            "ra_targ": n * 0.000123,
            "dec_targ": -n * 0.0000321,
            "proposid": 9000 + n % 8000 if n % 11 else None,
            "subarray": bool(n % 3) if n % 13 else None,
        }


def measure(name: str, number: int, columns: list[query.Column], results: Any) -> None:
    """Put the seconds, bytes and peak memory in MB of one export into a queue."""
    begun = time.perf_counter()
    size = sum(map(len, export.FORMATS[name].write(made_up(number), columns)))
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results.put((seconds, size, peak))


def main() -> None:
    """Print a line for each format and number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    streamed = [name for name in export.FORMATS if name != "table"]
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--formats", nargs="+", choices=list(export.FORMATS), default=streamed)
    arguments = parser.parse_args()
    columns = query.resolve_all(COLUMNS, keyword_specs.load())
    processes = multiprocessing.get_context("spawn")
    print(f"{'format':8} {'rows':>9} {'rows/s':>9} {'MB':>8} {'peak MB':>8}")
    for name in arguments.formats:
        for number in arguments.rows:
            results = processes.Queue()
            process = processes.Process(target=measure, args=(name, number, columns, results))
            process.start()
            seconds, size, peak = results.get()
            process.join()
            print(
                f"{name:8} {number:9} {number / seconds:9.0f} {size / 1e6:8.1f} {peak:8.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
