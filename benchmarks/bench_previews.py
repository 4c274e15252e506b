"""Compare `images.preview` with the plain way of rendering the same preview.

    python benchmarks/bench_previews.py [--repeat N]

Writes a full-frame WFC raw, flt and drz file, a WFC flt file of a crowded field and an SBC flt
file into a temporary folder, renders each both ways, checks that the previews are the same byte for
byte, and prints the medians of the processor times (the two ways in turn, files in the page cache),
their ratio, and by how much memory grew at its peak (each way in a new process; on Linux only).  A
second line compares the preview with the preview and the statistics of the same image, as an ingest
makes them.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from astropy.io import fits
from exposure import memory_mb, write_exposure, write_product, write_sbc_exposure
from PIL import Image

from acsql import keywords
from acsql.fits.walk import open_headers
from acsql.images import preview
from acsql.images.image_statistics import measure


def plain(path: Path, jpeg: Path) -> None:
    """Render by the definition, on the whole mosaic at once."""
    with fits.open(path) as hdus:
        chips = [hdu.data for hdu in hdus if hdu.name == "SCI"]
        mosaic = np.vstack(chips).astype(np.float64)
        with_data = hdus["WHT"].data > 0 if "WHT" in hdus else np.ones(mosaic.shape, bool)
    low, high = (np.percentile(mosaic[with_data], percent) for percent in (1, 99))
    scaled = (np.clip(mosaic, low, high) - low) / (high - low) * 255
    grey = np.where(with_data, np.rint(scaled), 0).astype(np.uint8)
    Image.fromarray(grey[::-1]).save(jpeg, quality=75)


def ours(path: Path, jpeg: Path) -> None:
    """Render as an ingest does."""
    with open_headers(path) as opened:
        chips = preview.read_chips(opened.hdus, path.name, "SCI", weights_of(path))
        preview.render_chips(chips, path.name, jpeg)


def measured(path: Path, jpeg: Path) -> None:
    """Render, and compute the statistics of the image."""
    filetype = path.stem[-3:]
    with open_headers(path) as opened:
        chips = preview.read_chips(opened.hdus, path.name, "SCI", weights_of(path))
        _, limits = measure(opened.hdus, chips, path.name, filetype, SPECS)
        preview.render_chips(chips, path.name, jpeg, limits=limits)


def weights_of(path: Path) -> str | None:
    """Return the name of the extensions with the weights of the pixels, None without any."""
    return SPECS.filetypes[path.stem[-3:]].weights


SPECS = keywords.load()
WAYS = {"plain": plain, "ours": ours, "measured": measured}


def seconds(way: str, path: Path, jpeg: Path) -> float:
    """Return the processor time of one rendering, in seconds."""
    started = time.process_time()
    WAYS[way](path, jpeg)
    return time.process_time() - started


def growth(way: str, path: Path, jpeg: Path) -> float:
    """Return by how much a new process grows at its peak, in MB."""
    before = memory_mb("VmRSS")
    WAYS[way](path, jpeg)
    return memory_mb("VmHWM") - before


def compare(path: Path, repeat: int) -> None:
    """Print one line of figures for a file."""
    jpegs = {way: path.with_name(f"{way}.jpg") for way in WAYS}
    for way, jpeg in jpegs.items():
        WAYS[way](path, jpeg)
    if jpegs["plain"].read_bytes() != jpegs["ours"].read_bytes():
        raise SystemExit(f"{path.name}: the two previews differ")
    times = {way: [] for way in WAYS}
    for _ in range(repeat):
        for way, jpeg in jpegs.items():
            times[way].append(seconds(way, path, jpeg))
    middle = {way: 1000 * statistics.median(seconds_taken) for way, seconds_taken in times.items()}
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        peak = {way: pool.apply(growth, (way, path, jpeg)) for way, jpeg in jpegs.items()}
    print(
        f"{path.name:24} {middle['plain']:6.0f} ms {middle['ours']:6.0f} ms "
        f"{middle['ours'] / middle['plain']:6.2f} "
        f"{peak['plain']:7.0f} MB {peak['ours']:6.0f} MB {peak['ours'] / peak['plain']:6.2f}"
    )
    print(
        f"{'  with statistics':24} {'':9} {middle['measured']:6.0f} ms "
        f"{middle['measured'] / middle['ours']:6.2f} {'':10} {peak['measured']:6.0f} MB "
        f"{peak['measured'] / peak['ours']:6.2f}"
    )


def main() -> None:
    """Write the files and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=9, help="renderings of each kind")
    repeat = parser.parse_args().repeat
    print(f"{'':24} {'plain':>9} {'ours':>9} {'ratio':>6} {'plain':>10} {'ours':>9} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for filetype in ("raw", "flt"):
            path = Path(folder) / f"jbench01q_{filetype}.fits"
            write_exposure(path, filetype)
            compare(path, repeat)
        path = Path(folder) / "jbench010_drz.fits"
        write_product(path)
        compare(path, repeat)
        path = Path(folder) / "jcrowded1q_flt.fits"
        write_exposure(path, "flt", crowded=True)
        compare(path, repeat)
        path = Path(folder) / "jsbc00001q_flt.fits"
        write_sbc_exposure(path)
        compare(path, repeat)


if __name__ == "__main__":
    main()
