"""Cutouts equal what numpy computes from all pixels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from acsql.errors import PreviewError, QueryError
from acsql.images import planes
from acsql.images.cutout import Region, read_cutout
from acsql.images.planes import Plane

EVERYTHING = Region(0, 10**6, 0, 10**6)
Described = Callable[[Path], dict[str, Plane]]
CutOut = Callable[..., np.ndarray]


@pytest.fixture
def cutout_of(described: Described) -> CutOut:
    """A function that reads a cutout of a file."""

    def read(
        path: Path, extname: str = "SCI", region: Region = EVERYTHING, binning: int = 1
    ) -> np.ndarray:
        with path.open("rb") as file:
            return read_cutout(file, path.name, described(path)[extname], region, binning)

    return read


def plain(values: np.ndarray, binning: int, combine: Callable) -> np.ndarray:
    """Combine the pixels of each bin, one bin after the other."""
    rows, columns = (range(0, size, binning) for size in values.shape)
    return np.array(
        [[combine(values[y : y + binning, x : x + binning]) for x in columns] for y in rows]
    )


def nanmean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return finite.mean(dtype=np.float64) if finite.size else np.nan


@pytest.mark.parametrize("binning", [1, 2, 3, 5, 16, 64, 100])
@pytest.mark.parametrize(
    "region", [Region(0, 53, 0, 74), Region(7, 41, 30, 45), Region(52, 53, 73, 74)]
)
@pytest.mark.parametrize("strip", [1, 200, 1 << 18])
def test_cutouts_are_means_and_unions_of_all_pixels(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
    cutout_of: CutOut,
    monkeypatch: pytest.MonkeyPatch,
    binning: int,
    region: Region,
    strip: int,
) -> None:
    path, science, flags = two_chips
    monkeypatch.setattr(planes, "STRIP", strip)
    part = np.s_[region.y0 : region.y1, region.x0 : region.x1]
    means = science[part] if binning == 1 else plain(science[part], binning, nanmean)
    np.testing.assert_allclose(cutout_of(path, "SCI", region, binning), means, rtol=1e-5)
    unions = plain(flags[part], binning, lambda bin_: np.bitwise_or.reduce(bin_, axis=None))
    np.testing.assert_array_equal(cutout_of(path, "DQ", region, binning), unions)


def test_regions_are_clipped_and_chips_can_stand_alone(
    two_chips: tuple[Path, np.ndarray, np.ndarray], cutout_of: CutOut, described: Described
) -> None:
    path, science, _ = two_chips
    np.testing.assert_array_equal(cutout_of(path, "SCI", Region(-5, 9, 70, 99)), science[70:, :9])
    plane = described(path)["SCI"]
    assert [chip.ccdchip for chip in plane.chips] == [2, 1]
    with path.open("rb") as file:
        upper = read_cutout(file, path.name, plane.only(2), EVERYTHING)
    np.testing.assert_array_equal(upper, science[37:])


@pytest.mark.parametrize(
    ("region", "binning", "message"),
    [
        (Region(53, 60, 0, 9), 1, "x 53 to 60 and y 0 to 9 are not within 53 x 74 pixels"),
        (Region(9, 9, 0, 9), 1, "not within"),
        (Region(9, 2, 0, 9), 1, "not within"),
        (EVERYTHING, 0, "bin must be 1 to 256 pixels"),
        (EVERYTHING, 257, "bin must be 1 to 256 pixels"),
    ],
)
def test_a_region_outside_the_image_or_a_wrong_bin_is_refused(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
    cutout_of: CutOut,
    region: Region,
    binning: int,
    message: str,
) -> None:
    with pytest.raises(QueryError, match=message):
        cutout_of(two_chips[0], "SCI", region, binning)


def test_no_cutout_is_larger_than_a_screen(
    tmp_path: Path, write: Callable[..., Path], cutout_of: CutOut
) -> None:
    chip = np.zeros((2049, 2049), np.uint8)
    path = write(tmp_path / "x.fits", {"SCI": chip})
    with pytest.raises(QueryError, match="2049 x 2049 bins are too many for one cutout"):
        cutout_of(path)
    assert cutout_of(path, binning=2).shape == (1025, 1025)


def test_a_truncated_file_has_no_cutout(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described
) -> None:
    path, *_ = two_chips
    plane = described(path)["DQ"]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with path.open("rb") as file, pytest.raises(PreviewError, match="truncated in DQ,2"):
        read_cutout(file, path.name, plane, EVERYTHING)
    with pytest.raises(PreviewError, match="truncated"):
        described(path)


def test_constant_and_scaled_images(
    tmp_path: Path, write: Callable[..., Path], described: Described, cutout_of: CutOut
) -> None:
    raw = np.arange(24, dtype=np.uint16).reshape(4, 6) * 2700
    path = write(tmp_path / "x_raw.fits", {"SCI": raw, "ERR": None, "DQ": None})
    with fits.open(path, mode="update") as hdus:
        for name, value in (("ERR", 0.5), ("DQ", 16)):
            hdus[name].header.update(NPIX1=6, NPIX2=4, PIXVALUE=value)
    assert list(described(path)) == ["SCI", "ERR", "DQ"]
    np.testing.assert_array_equal(cutout_of(path), raw)
    assert cutout_of(path).dtype == np.uint16
    np.testing.assert_array_equal(cutout_of(path, "ERR", binning=4), [[0.5, 0.5]])
    np.testing.assert_array_equal(cutout_of(path, "DQ", binning=3), np.full((2, 2), 16))
    np.testing.assert_allclose(cutout_of(path, binning=4), [[raw[:, :4].mean(), raw[:, 4:].mean()]])
