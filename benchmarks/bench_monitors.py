"""How fast monitors measure from statistics and from pixels, and how fast the page of one is.

    python benchmarks/bench_monitors.py mongodb://127.0.0.1:27017/ten_thousand --rows 200000
    python benchmarks/bench_monitors.py --pixels 40

The database is one that ``benchmarks/mission.py`` has written for this: rows are added.  Its
observations have no files, so that only monitors that read statistics and headers can measure.
``--pixels`` writes an archive of full-frame flat fields, and compares two monitors that read pixels
of raw files, all of them and those around the overscan, with reading all alone, in one process.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

import acsql
from acsql import sample
from acsql.config import Config
from acsql.ingest import measure, run
from acsql.monitors import Monitor, column, discovery
from acsql.monitors.summarize import keep_summary
from acsql.store import monitor_writes
from acsql.store.schema import now
from acsql.web.app import create_app

# Monitors that read no file, and the one whose page is measured.
MONITORS = ("bias", "dark", "lamp", "post_flash", "saturation", "sky", "sbc_dark", "calibration")
SHOWN = "dark"
AMPLIFIERS = ("WFC A", "WFC B", "WFC C", "WFC D")
ADDRESSES = ("", "plot", "rows?since=2026")
ROUNDS = 5


def fill(archive: acsql.Archive, number: int) -> None:
    """Write rows of a monitor: four for each of other observations than those of the database."""
    row = {"rate": 0.01, "hot": 0.01, "warm": 0.02, "exptime": 1000.0, "extver": 1}
    outcomes = [
        monitor_writes.Outcome(
            SHOWN,
            f"x{index:07d}",
            "1",
            52_340.0 + index / 8,
            tuple(row | {"amplifier": name, "rate": 0.01 + index * 1e-7} for name in AMPLIFIERS),
        )
        for index in range(number // len(AMPLIFIERS))
    ]
    monitor_writes.write(archive.store, outcomes, 1, now())


def timed(action: Callable[[], Any]) -> float:
    """Return the seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("database", nargs="?", help="by default that of a private server")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--pixels", type=int, metavar="OBSERVATIONS", help="measure pixels only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        names = ("filesystem", "data_dir", "jpeg_dir", "thumbnail_dir", "log_dir")
        folders: dict[str, Any] = {name: Path(folder) / name for name in names}
        proposals_file = Path(folder) / "proposals.yaml"
        config = Config(
            **folders,
            proposals_file=proposals_file,
            ncores=2,
            connection_string=options.database,
        )
        if options.pixels:
            print_pixels(config, options.pixels)
            return
        print_runs(config)
        with acsql.connect(config) as archive:
            fill(archive, options.rows)
            keep_summary(archive.monitor(SHOWN), archive.monitors()[SHOWN].last_run["_id"])
            print_pages(archive)


def mean_of_pixels(observation: acsql.Observation) -> Iterator[dict[str, float]]:
    """Return the mean of all pixels of each image of a raw file."""
    with observation.open("raw") as hdus:
        for hdu in hdus:
            if hdu.name == "SCI":
                yield {"mean": float(hdu.data.mean())}


PIXELS = Monitor(
    "pixels",
    "Mean of all pixels",
    mean_of_pixels,
    (column("mean", "float", "mean of all pixels", "adu"),),
    condition="exists(raw.1.ccdchip) detector=WFC",
    filetypes=("raw",),
)


def print_pixels(config: Config, observations: int) -> None:
    """Print the time of reading raw files, and of measuring them with two monitors."""
    flats = [visit for visit in sample.MONITORING if visit.imagetyp == "FLAT"]
    sample.write(config.filesystem, observations, frame="full", visits=flats)
    with acsql.connect(config) as archive:
        config = archive.config
        run.ingest(config, run.Options(filetypes=("raw",)))
        found = archive.where(PIXELS.condition).columns("rootname").rows()
        paths = [archive.observation(row["rootname"]).path("raw") for row in found]
        read_all(paths)  # now in the cache of the system
        megabytes = sum(path.stat().st_size for path in paths) / 1e6
        reading = min(timed(partial(read_all, paths)) for _ in range(ROUNDS))
        print(f"{len(paths)} raw files of {megabytes:.0f} MB are read in {reading:.2f} s")
        for monitor in (PIXELS, archive.monitor("charge_transfer").monitor):
            discovery.find_monitors(config).monitors[monitor.name] = monitor
            options = measure.Options((monitor.name,), again=True, scheduler="synchronous")
            seconds = min(timed(partial(measure.run, config, options)) for _ in range(ROUNDS))
            nothing_new = replace(options, again=False)
            idle = min(timed(partial(measure.run, config, nothing_new)) for _ in range(ROUNDS))
            measured = archive.monitors()[monitor.name].numbers.measured
            ratio = f"{(seconds - idle) / reading:.2f} times reading"
            print(
                f"{monitor.name:16} {measured:4} observations {seconds:6.2f} s, "
                f"{idle:.2f} s without any; {ratio}"
            )


def read_all(paths: Sequence[Path]) -> None:
    """Read the mean of the pixels of files with astropy alone."""
    for path in paths:
        with fits.open(path) as hdus:
            for hdu in hdus:
                if hdu.name == "SCI":
                    np.mean(hdu.data)


def print_runs(config: Config) -> None:
    """Print the speed of each monitor, for all observations that it wants."""
    for name in MONITORS:
        began = time.perf_counter()
        report = measure.run(config, measure.Options((name,), again=True))
        seconds, tally = time.perf_counter() - began, report.tallies[name]
        speed = f"{tally.measured / seconds:.0f} a second"
        print(f"{name:12} {tally.measured:6} observations {seconds:6.1f} s, {speed}")
        assert not tally.failed, report.failures[:3]


def print_pages(archive: acsql.Archive) -> None:
    """Print the median time of each address of a monitor."""
    archive.time_limit = 30
    client = create_app(archive).test_client()
    rows = archive.monitors()[SHOWN].numbers.rows
    for address in ("/monitors/", *(f"/monitors/{SHOWN}/{each}" for each in ADDRESSES)):
        get = partial(client.get, address)
        seconds = statistics.median(timed(get) for _ in range(ROUNDS))
        print(f"{address:32} {seconds * 1000:7.0f} ms with {rows} rows")


if __name__ == "__main__":
    main()
