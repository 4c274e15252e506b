"""The numbers of the viewer equal those of astropy, numpy and photutils for real files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.stats import sigma_clipped_stats

from acsql.images.histogram import read_histogram
from acsql.images.limits import PERCENTAGES, SAMPLE
from acsql.images.planes import Plane
from acsql.images.profiles import LineCut, RadialProfile, read_profile
from acsql.images.pyramid import read_overview
from acsql.images.region_files import parse_region
from acsql.images.region_statistics import read_region_statistics

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "real"
# HRC and SBC, whose images are a single chip of about 1,000 x 1,000 pixels.
FILES = sorted(REAL.glob("*_raw.fits"))

Described = Callable[[Path], dict[str, Plane]]

pytestmark = [
    pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem),
    pytest.mark.skipif(not FILES, reason="the real files are not here"),
]


def science(path: Path) -> np.ndarray:
    return fits.getdata(path, "SCI", 1).astype(float)


@pytest.mark.parametrize("text", ["ellipse(520,500,300,80,35)", "annulus(400,600,20,90)"])
def test_statistics_inside_a_region(path: Path, described: Described, text: str) -> None:
    region, pixels = parse_region(text), science(path)
    values = pixels[region.to_mask("center").to_image(pixels.shape) > 0]
    with path.open("rb") as file:
        found = read_region_statistics(file, path.name, described(path)["SCI"], region)
    assert (found.pixels, found.median) == (values.size, np.median(values))
    assert (found.minimum, found.maximum) == (values.min(), values.max())
    assert [found.mean, found.std, found.total] == pytest.approx(
        [values.mean(), values.std(), values.sum()]
    )
    assert [found.clipped_mean, found.clipped_median, found.clipped_std] == pytest.approx(
        sigma_clipped_stats(values)
    )


def test_histogram(path: Path, described: Described) -> None:
    pixels = science(path)
    low, high = np.percentile(pixels, 1) - 2, np.percentile(pixels, 99) + 7
    with path.open("rb") as file:
        found = read_histogram(file, path.name, described(path)["SCI"], low, high)
    counts, _ = np.histogram(pixels, len(found.counts), (low, high))
    assert list(found.counts) == counts.tolist()


def test_limits(path: Path, described: Described) -> None:
    pixels = science(path)
    sample = pixels.ravel()[:: pixels.size // SAMPLE | 1]
    with path.open("rb") as file:
        *_, found = read_overview(
            file, path.name, described(path)["SCI"], lambda _, make: make(), ""
        )
    assert found.minmax == (pixels.min(), pixels.max())
    for part in PERCENTAGES:
        low, high = np.percentile(sample, ((100 - part) / 2, (100 + part) / 2))
        # Sparse images get a higher percentile.
        if low != high:
            assert found.percentiles[f"{part:g}"] == pytest.approx((low, high))


def test_curve_of_growth(path: Path, described: Described) -> None:
    pixels = science(path)
    inner = pixels[100:-100, 100:-100]
    y, x = np.unravel_index(np.argmax(inner), inner.shape)
    region = parse_region(f"circle({x + 101},{y + 101},12)")
    with path.open("rb") as file:
        found = read_profile(file, path.name, described(path)["SCI"], region)
    assert isinstance(found, RadialProfile)
    # It takes 2 s to import, which each process would spend while it looks for its tests.
    from photutils.aperture import CircularAperture, aperture_photometry

    circles = [CircularAperture((found.x, found.y), radius) for radius in found.aperture]
    table = aperture_photometry(pixels - found.sky, circles)
    expected = [table[f"aperture_sum_{number}"][0] for number in range(len(circles))]
    assert found.total == pytest.approx(expected)


def test_line_cut(path: Path, described: Described) -> None:
    with path.open("rb") as file:
        plane = described(path)["SCI"]
        found = read_profile(file, path.name, plane, parse_region("line(101,201,400,201)"))
    assert isinstance(found, LineCut)
    assert found.values == pytest.approx(science(path)[200, 100:400])
