"""Compare `acsql.fits.cards` with `fits.getheader`, one call for each header.

    python benchmarks/bench_headers.py [--repeat N]

Reads every header of one WFC rootname of a sample archive: 6 files, 27 headers.  The baseline is
`fits.getheader(file, extension)` for each, ours opens each file once and reads all its cards.
Checks that ours are those that astropy reads, in keywords, values and types, and prints the
medians of the times (the two ways in turn, files in the page cache) and their ratio.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from astropy.io import fits

from acsql import sample
from acsql.fits import cards
from acsql.fits.open import open_fits

# The smallest sample archive with observations of all kinds.
OBSERVATIONS = 24
FILETYPES = ("raw", "flt", "flc", "spt", "jit", "jif")
HEADERS = 27

Extensions = dict[Path, int]


def baseline(files: Extensions) -> list[fits.Header]:
    """Read each header with a call."""
    return [fits.getheader(path, i) for path, count in files.items() for i in range(count)]


def ours(files: Extensions) -> list[cards.Cards]:
    """Read them as acsql does, headers that it has not parsed before."""
    cards._parsed.cache_clear()
    read = []
    for path in files:
        with open_fits(path) as hdus:
            read += [cards.read(hdu) for hdu in hdus]
    return read


WAYS = {"baseline": baseline, "ours": ours}


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
        if as_text(ours(files)) != as_text(expected):
            raise SystemExit("the cards are not those that astropy reads")
        seconds: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(repeat):
            for name, way in WAYS.items():
                started = time.perf_counter()
                way(files)
                seconds[name].append(time.perf_counter() - started)
    count = sum(map(len, expected))
    print(f"{len(files)} files, {len(expected)} headers, {count} cards: the same in both ways")
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    for name, median in medians.items():
        spread = f"{1000 * min(seconds[name]):.1f} to {1000 * max(seconds[name]):.1f}"
        print(f"{name:8} {1000 * median:6.1f} ms ({spread})")
    print(f"ratio of medians: {medians['ours'] / medians['baseline']:.2f}")


if __name__ == "__main__":
    main()
