"""Statistics of images equal those of plain numpy and astropy, on sample and real files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import stats
from astropy.io import fits

from acsql.errors import PreviewError
from acsql.fits.amplifiers import ImageParts, image_parts
from acsql.fits.chips import image_hdus
from acsql.images import preview
from acsql.images.image_statistics import PERCENTILES, image_statistics
from acsql.keywords import KeywordSpecs

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "real"
FLOATS = ("mean", "clipped_mean", "clipped_std")


def clipped(pixels: np.ndarray) -> np.ndarray:
    kept: np.ndarray = stats.sigma_clip(
        pixels.ravel().astype(np.float64), 3, maxiters=5, masked=False, copy=False
    )
    return kept


def plain(pixels: np.ndarray) -> dict[str, float]:
    """Return the statistics of pixels by their definitions."""
    values = pixels[np.isfinite(pixels)].astype(np.float64)
    kept = clipped(values)
    return {
        "pixels": pixels.size,
        "finite": values.size,
        "zero": np.count_nonzero(values == 0),
        "minimum": values.min(),
        "maximum": values.max(),
        "mean": values.mean(),
        "median": np.median(values),
        "clipped": kept.size,
        "clipped_mean": kept.mean(),
        "clipped_median": np.median(kept),
        "clipped_std": kept.std(),
        "mad": stats.median_absolute_deviation(values),
        **{name: np.percentile(values, percent) for name, percent in PERCENTILES.items()},
    }


def plain_overscan(name: str, pixels: np.ndarray) -> dict[str, float]:
    if not pixels.size:
        return {}
    kept = clipped(pixels)
    return {f"{name}_mean": kept.mean(), f"{name}_std": kept.std()}


def plain_flags(flags: np.ndarray, filetype: str, specs: KeywordSpecs) -> dict[str, float]:
    counts = {f"flag_{bit}": np.count_nonzero(flags & bit) for bit in specs.dq_flags}
    counts["flagged"] = np.count_nonzero(flags)
    if filetype != "raw":
        counts["saturated"] = np.count_nonzero(flags & (256 | 2048))
    return counts


def compare(found: dict[str, float], expected: dict[str, float]) -> None:
    for name, value in expected.items():
        if name in FLOATS or "overscan" in name:
            assert found[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name
        else:
            assert found[name] == value, name


def check(path: Path, specs: KeywordSpecs) -> None:
    """Compare the statistics of a file with plain ones."""
    filetype = path.stem[-3:]
    weights = specs.filetypes[filetype].weights
    with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
        chips = preview.read_chips(hdus, path.name, "SCI", weights)
        found = image_statistics(hdus, chips, path.name, filetype, specs)
        readout = None if weights else specs.readouts.get(hdus[0].header["DETECTOR"])
        for hdu, chip in zip(image_hdus(hdus, "SCI", path.name), chips, strict=True):
            parts = image_parts(hdu, hdus[0].header.get("CCDAMP"), readout, path.name)
            of_chip = found[str(hdu.ver)]
            assert of_chip.keys() == {"all", *parts.amplifiers}
            flags = hdus["DQ", hdu.ver].data if ("DQ", hdu.ver) in hdus else None
            check_chip(of_chip, chip, parts, flags, filetype, specs)


def check_chip(
    found: dict[str, Any],
    chip: np.ndarray,
    parts: ImageParts,
    flags: np.ndarray | None,
    filetype: str,
    specs: KeywordSpecs,
) -> None:
    areas = {"all": parts.area} | {name: part.area for name, part in parts.amplifiers.items()}
    for name, area in areas.items():
        compare(found[name], plain(chip[area]))
        if flags is not None:
            compare(found[name], plain_flags(flags[area], filetype, specs))
    for name, part in parts.amplifiers.items():
        compare(found[name], plain_overscan("overscan", chip[part.overscan]))
        compare(found[name], plain_overscan("virtual_overscan", chip[part.virtual_overscan]))


def test_statistics_of_sample_files_equal_plain_ones(
    sample_filesystem: Path, specs: KeywordSpecs
) -> None:
    files: dict[tuple[str, str, str], Path] = {}
    for path in sorted(sample_filesystem.glob("*/*/*.fits")):
        if path.stem[-3:] in specs.with_preview():
            kind = fits.getval(path, "DETECTOR"), path.stem[-3:], fits.getval(path, "APERTURE")
            files.setdefault(kind, path)
    assert {filetype for _, filetype, _ in files} >= {"raw", "flt", "crj", "drz"}
    for path in files.values():
        check(path, specs)


def test_statistics_of_many_pixels_equal_plain_ones(
    tmp_path: Path, write: Any, specs: KeywordSpecs
) -> None:
    pixels = np.random.default_rng(1).normal(20, 4, (400, 600)).astype(np.float32)
    pixels[::50, ::60] = np.nan
    pixels[7] *= 1000
    path = write(tmp_path / "x_flt.fits", {"SCI": pixels})
    with fits.open(path, mode="update") as hdus:
        hdus[0].header.update(DETECTOR="HRC", CCDAMP="C")
    check(path, specs)


@pytest.mark.parametrize("path", sorted(REAL.glob("*_raw.fits")), ids=lambda path: path.name)
def test_statistics_of_real_files_equal_plain_ones(path: Path, specs: KeywordSpecs) -> None:
    check(path, specs)


def test_bias_level_and_read_noise_of_real_files_are_those_of_the_detector(
    specs: KeywordSpecs,
) -> None:
    paths = [REAL / name for name in ("j8bt05njq_raw.fits", "j8bt06o6q_raw.fits")]
    if not all(path.exists() for path in paths):
        pytest.skip("the real files are not here")
    for path in paths:
        with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
            chips = preview.read_chips(hdus, path.name, "SCI")
            amplifier = image_statistics(hdus, chips, path.name, "raw", specs)["1"]["c"]
        # HRC at gain 2 reads 4.7 electrons (ACS Instrument Handbook, table 4.1).
        assert 1.9 < amplifier["overscan_std"] < 2.4
        assert abs(amplifier["overscan_mean"] - amplifier["virtual_overscan_mean"]) < 1
        assert amplifier["overscan_mean"] < amplifier["minimum"] + 10


def test_pixels_at_the_top_of_the_converter_are_saturated(
    tmp_path: Path, write: Any, specs: KeywordSpecs
) -> None:
    counts = np.full((1044, 1062), 1000, np.uint16)
    counts[5, 500:503] = 65535
    counts[5, 3] = 65535  # in the overscan
    path = write(tmp_path / "x_raw.fits", {"SCI": counts}, LTV1=19.0)
    with fits.open(path, mode="update") as hdus:
        hdus[0].header.update(DETECTOR="HRC", CCDAMP="C")
    with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
        chips = preview.read_chips(hdus, path.name, "SCI")
        found = image_statistics(hdus, chips, path.name, "raw", specs)["1"]
    assert (found["all"]["saturated"], found["c"]["saturated"]) == (3, 3)


def test_statistics_of_no_finite_pixel_are_numbers_of_pixels_alone(
    tmp_path: Path, write: Any, specs: KeywordSpecs
) -> None:
    path = write(tmp_path / "x_flt.fits", {"SCI": np.full((9, 8), np.nan, np.float32)})
    with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
        chips = preview.read_chips(hdus, path.name, "SCI")
        found = image_statistics(hdus, chips, path.name, "flt", specs)
    assert found == {"1": {"all": {"pixels": 72, "finite": 0}}}


def test_damaged_positions_of_the_chip_are_an_error(
    tmp_path: Path, write: Any, specs: KeywordSpecs
) -> None:
    path = write(tmp_path / "x_raw.fits", {"SCI": np.ones((9, 8), np.int16)}, LTV1="left")
    with fits.open(path, mode="update") as hdus:
        hdus[0].header["DETECTOR"] = "HRC"
    with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
        chips = preview.read_chips(hdus, path.name, "SCI")
        with pytest.raises(PreviewError, match="LTV1 of SCI,1 is 'left', not a number"):
            image_statistics(hdus, chips, path.name, "raw", specs)
