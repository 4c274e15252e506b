"""Compare the reading of headers with `fits.getheader`, one call for each header.

    python benchmarks/bench_headers.py [--repeat N]

Reads every header of one WFC rootname of a sample archive: 6 files, 27 headers.  The baseline is
`fits.getheader(file, extension)` for each.  ``opened`` opens each file once with astropy and reads
all its cards, as acsql does for files that are not ordinary; ``cold`` and ``warm`` walk through the
file, without cards that were read before and with them.  Checks that the cards of all ways are
those that astropy reads, in keywords, values and types, and prints the medians of the times (the
ways in turn, files in the page cache) and their ratios to the baseline.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from astropy.io import fits

from acsql import sample
from acsql.fits import cards
from acsql.fits.file_card import file_cards
from acsql.fits.open import open_fits
from acsql.fits.walk import open_headers

# The smallest sample archive with observations of all kinds.
OBSERVATIONS = 24
FILETYPES = ("raw", "flt", "flc", "spt", "jit", "jif")
HEADERS = 27

Extensions = dict[Path, int]


def baseline(files: Extensions) -> list[fits.Header]:
    """Read each header with a call."""
    return [fits.getheader(path, i) for path, count in files.items() for i in range(count)]


def opened(files: Extensions) -> list[cards.Cards]:
    """Read them with the HDU objects of astropy, headers that it has not parsed before."""
    forget()
    read = []
    for path in files:
        with open_fits(path) as hdus:
            read += [cards.read(hdu) for hdu in hdus]
    return read


def cold(files: Extensions) -> list[cards.Cards]:
    """Read them as an ingest does its first observation."""
    forget()
    return walked(files)


def warm(files: Extensions) -> list[cards.Cards]:
    """Read them when the cards have been read before, as after `cold`."""
    return walked(files)


def walked(files: Extensions) -> list[cards.Cards]:
    """Read them as an ingest does."""
    read = []
    for path in files:
        with open_headers(path) as headers:
            read += headers.cards
    return read


def forget() -> None:
    """Forget all cards that were read."""
    cards._parsed.cache_clear()
    file_cards.clear()


WAYS = {"baseline": baseline, "opened": opened, "cold": cold, "warm": warm}


def rootname_files(archive: Path) -> Extensions:
    """Return the files of a WFC exposure, and how many headers each has."""
    for raw in sorted(archive.glob("*/*/*_raw.fits")):
        paths = [path for f in FILETYPES for path in sorted(raw.parent.glob(f"*_{f}.fits"))]
        if len(paths) == len(FILETYPES) and fits.getval(raw, "DETECTOR") == "WFC":
            files = {path: len(fits.info(path, output=False)) for path in paths}
            if sum(files.values()) == HEADERS:
                return files
    raise SystemExit(f"no WFC rootname of the sample has {HEADERS} headers in {FILETYPES}")


def as_text(headers: list[cards.Cards]) -> list:
    """Return cards with their values as text, which shows types and the sign of zero."""
    return [[(keyword, repr(value)) for keyword, value in header] for header in headers]


def main() -> None:
    """Write an archive, read one rootname in both ways, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=31, help="readings of each kind")
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        sample.write(archive, observations=OBSERVATIONS)
        files = rootname_files(archive)
        expected = [cards.by_astropy(header) for header in baseline(files)]
        for way in (opened, cold, warm):
            if as_text(way(files)) != as_text(expected):
                raise SystemExit(f"the cards of {way.__name__!r} are not those that astropy reads")
        seconds: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(repeat):
            for name, way in WAYS.items():
                started = time.perf_counter()
                way(files)
                seconds[name].append(time.perf_counter() - started)
    count = sum(map(len, expected))
    print(f"{len(files)} files, {len(expected)} headers, {count} cards: the same in all ways")
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    for name, median in medians.items():
        spread = f"{1000 * min(seconds[name]):.1f} to {1000 * max(seconds[name]):.1f}"
        ratio = median / medians["baseline"]
        print(f"{name:8} {1000 * median:6.1f} ms ({spread}), {ratio:.2f} of the baseline")


if __name__ == "__main__":
    main()
