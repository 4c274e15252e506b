"""Time a cutout of a full WFC frame at the size of a screen, and the plain way beside it.

    python benchmarks/bench_cutout.py [FILE ...] [--repeat N] [--screen PIXELS]

Without files, it writes a full-frame raw and flt file into a temporary folder.  For each
extension of each file it prints the median times of the whole way from the closed file to the PNG
(with nothing cached by acsql, and the file in the page cache), of its parts, and of the plain
way: `astropy` reads the chips and numpy averages blocks, without a PNG.  The two ways take turns,
and their values are compared.  It also prints the time with the file out of the page cache, where
the system can drop it, the time of the coarse levels with the limits, and by how much memory grew
at its peak (each way in a new process; on Linux only).
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from exposure import memory_mb, write_exposure

from acsql.fits.open import open_fits
from acsql.images.cutout import Region, read_cutout
from acsql.images.planes import read_planes
from acsql.images.png import pack
from acsql.images.pyramid import read_levels


class Clock:
    """Durations of the parts of a benchmark, in seconds."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add the duration of the block."""
        started = time.perf_counter()
        yield
        self.parts[part] = time.perf_counter() - started


def ours(path: Path, extname: str, screen: int, clock: Clock | None = None) -> np.ndarray:
    """Make the cutout as the site does, without anything cached."""
    clock = clock or Clock()
    with clock.timed("headers"), open_fits(path) as hdus:
        planes = read_planes(hdus, path.name)
    plane = next(plane for plane in planes if plane.extname == extname)
    whole = Region(0, plane.width, 0, plane.height)
    with clock.timed("read and bin"), path.open("rb", buffering=0) as file:
        values = read_cutout(file, path.name, plane, whole, max(1, plane.width // screen))
    with clock.timed("pack"):
        pack(values)
    return values


def plain(path: Path, extname: str, screen: int) -> np.ndarray:
    """Make the same values by the definition, on the whole mosaic, without incomplete bins."""
    with fits.open(path) as hdus:
        chips = [hdu.data for hdu in hdus if hdu.name == extname]
    mosaic = np.vstack(chips)
    size = max(1, mosaic.shape[1] // screen)
    mosaic = mosaic[: mosaic.shape[0] // size * size, : mosaic.shape[1] // size * size]
    blocks = mosaic.reshape(mosaic.shape[0] // size, size, mosaic.shape[1] // size, size)
    if extname == "DQ":
        return np.bitwise_or.reduce(np.bitwise_or.reduce(blocks, axis=3), axis=1)
    return np.nanmean(blocks, axis=(1, 3), dtype=np.float64)


def seconds(act: Callable[..., Any], *arguments: Any) -> float:
    """Return the duration of a call, in seconds."""
    started = time.perf_counter()
    act(*arguments)
    return time.perf_counter() - started


def compare(path: Path, extname: str, screen: int, repeat: int) -> None:
    """Print the times of both ways for one extension."""
    expected = plain(path, extname, screen)
    values = ours(path, extname, screen)[: expected.shape[0], : expected.shape[1]]
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-4)
    ours_took, plain_took, parts = [], [], {}
    for _ in range(repeat):
        clock = Clock()
        ours_took.append(seconds(ours, path, extname, screen, clock))
        plain_took.append(seconds(plain, path, extname, screen))
        for part, took in clock.parts.items():
            parts.setdefault(part, []).append(took)
    by_part = ", ".join(f"{part} {1e3 * statistics.median(s):.0f}" for part, s in parts.items())
    print(
        f"{path.name} {extname:3}: ours {1e3 * statistics.median(ours_took):.0f} ms ({by_part}; "
        f"worst {1e3 * max(ours_took):.0f}), plain {1e3 * statistics.median(plain_took):.0f} ms"
    )


def out_of_the_cache(path: Path, screen: int, repeat: int) -> float:
    """Return the median duration without the file in the page cache, in seconds."""
    took = []
    for _ in range(repeat):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        took.append(seconds(ours, path, "SCI", screen))
    return statistics.median(took)


def overview(path: Path) -> None:
    """Make the coarse levels and the limits as the site does."""
    with open_fits(path) as hdus:
        plane = read_planes(hdus, path.name)[0]
    with path.open("rb", buffering=0) as file:
        read_levels(file, path.name, plane)


def growth(way: Callable[..., Any], path: Path, screen: int) -> float:
    """Return by how much a new process grows at its peak, in MB."""
    before = memory_mb("VmRSS")
    way(path, "SCI", screen)
    return memory_mb("VmHWM") - before


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--screen", type=int, default=1000, help="its width in pixels")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = options.files
        if not paths:
            paths = [Path(folder, f"wfc_{filetype}.fits") for filetype in ("raw", "flt")]
            for path in paths:
                write_exposure(path, path.stem.removeprefix("wfc_"), defects=True)
        for path in paths:
            with open_fits(path) as hdus:
                names = [plane.extname for plane in read_planes(hdus, path.name)]
            stored = {hdu.name for hdu in fits.open(path) if hdu.shape}
            for extname in (name for name in names if name in stored):
                compare(path, extname, options.screen, options.repeat)
            disk = out_of_the_cache(path, options.screen, 3)
            took = statistics.median(seconds(overview, path) for _ in range(options.repeat))
            print(f"{path.name}: from the disk {1e3 * disk:.0f} ms; overview {1e3 * took:.0f} ms")
            for name, way in (("ours", ours), ("plain", plain)):
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    grown = pool.apply(growth, (way, path, options.screen))
                print(f"{path.name}: memory grows by {grown:.0f} MB ({name})")


if __name__ == "__main__":
    main()
