"""Cuts are what numpy says of all pixels, and survive the way through a PNG."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from acsql.errors import PreviewError
from acsql.images import cutout
from acsql.images.cutout import Region

EVERYTHING = Region(0, 10**6, 0, 10**6)
Opened = Callable[..., tuple[cutout.Plane, ...]]


def write(path: Path, *chips: dict[str, np.ndarray | None], **keywords: object) -> Path:
    """Write an image of some chips, each its extensions by name, chip 2 first."""
    hdus = [fits.PrimaryHDU()]
    for version, chip in enumerate(chips, 1):
        for name, values in chip.items():
            hdu = fits.ImageHDU(values, name=name, ver=version)
            if len(chips) > 1:
                hdu.header["CCDCHIP"] = 3 - version
            hdu.header.update(keywords)
            hdus.append(hdu)
    fits.HDUList(hdus).writeto(path)
    return path


def described(path: Path) -> dict[str, cutout.Plane]:
    with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
        return {plane.extname: plane for plane in cutout.planes(hdus, path.name)}


def cut_of(
    path: Path, extname: str = "SCI", region: Region = EVERYTHING, binning: int = 1
) -> np.ndarray:
    with path.open("rb") as file:
        return cutout.cut(file, path.name, described(path)[extname], region, binning)


def plain(values: np.ndarray, binning: int, combine: Callable) -> np.ndarray:
    """Combine the pixels of each bin, one bin after the other."""
    rows, columns = (range(0, size, binning) for size in values.shape)
    return np.array(
        [[combine(values[y : y + binning, x : x + binning]) for x in columns] for y in rows]
    )


def nanmean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return finite.mean(dtype=np.float64) if finite.size else np.nan


def unpacked(packed: cutout.Packed) -> np.ndarray:
    """Read a packed cut as a browser does, the bottom row first."""
    red, green, blue = np.moveaxis(
        np.asarray(Image.open(io.BytesIO(packed.png)), dtype=np.float64), -1, 0
    )
    values = packed.low + packed.step * (256 * red + green + blue / 256)
    return np.where(blue == 255, np.nan, values)[::-1]


@pytest.fixture
def two_chips(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    """An exposure with bad pixels, and its science and flags as one array each."""
    random = np.random.default_rng(1)
    science = random.normal(100, 20, (2, 37, 53)).astype(np.float32)
    science[random.random(science.shape) < 0.05] = np.nan
    science[0, :10, :10] = np.nan
    science[1, 3, 4] = np.inf
    flags = (1 << random.integers(0, 15, science.shape)).astype(np.int16)
    flags[random.random(flags.shape) < 0.8] = 0
    path = write(
        tmp_path / "x_flt.fits",
        *({"SCI": s, "ERR": s, "DQ": q} for s, q in zip(science, flags, strict=True)),
        BUNIT="ELECTRONS",
    )
    return path, np.vstack(science), np.vstack(flags)


@pytest.mark.parametrize("binning", [1, 2, 3, 5, 16, 64, 100])
@pytest.mark.parametrize(
    "region", [Region(0, 53, 0, 74), Region(7, 41, 30, 45), Region(52, 53, 73, 74)]
)
@pytest.mark.parametrize("strip", [1, 200, 1 << 18])
def test_cuts_are_means_and_unions_of_all_pixels(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
    binning: int,
    region: Region,
    strip: int,
) -> None:
    path, science, flags = two_chips
    monkeypatch.setattr(cutout, "STRIP", strip)
    part = np.s_[region.y0 : region.y1, region.x0 : region.x1]
    means = science[part] if binning == 1 else plain(science[part], binning, nanmean)
    np.testing.assert_allclose(cut_of(path, "SCI", region, binning), means, rtol=1e-5)
    unions = plain(flags[part], binning, lambda bin_: np.bitwise_or.reduce(bin_, axis=None))
    np.testing.assert_array_equal(cut_of(path, "DQ", region, binning), unions)


def test_regions_are_clipped_and_chips_can_stand_alone(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
) -> None:
    path, science, _ = two_chips
    np.testing.assert_array_equal(cut_of(path, "SCI", Region(-5, 9, 70, 99)), science[70:, :9])
    plane = described(path)["SCI"]
    assert [chip.ccdchip for chip in plane.chips] == [2, 1]
    with path.open("rb") as file:
        upper = cutout.cut(file, path.name, plane.only(2), EVERYTHING)
    np.testing.assert_array_equal(upper, science[37:])
    with pytest.raises(PreviewError, match="no SCI,3; the file has SCI,1, SCI,2"):
        plane.only(3)


@pytest.mark.parametrize(
    ("region", "binning", "message"),
    [
        (Region(53, 60, 0, 9), 1, "no part of 53 x 74"),
        (Region(9, 9, 0, 9), 1, "no part"),
        (Region(9, 2, 0, 9), 1, "no part"),
        (EVERYTHING, 0, "bins have 1 to 256"),
        (EVERYTHING, 257, "bins have 1 to 256"),
    ],
)
def test_what_cannot_be_cut(
    two_chips: tuple[Path, np.ndarray, np.ndarray], region: Region, binning: int, message: str
) -> None:
    with pytest.raises(PreviewError, match=message):
        cut_of(two_chips[0], "SCI", region, binning)


def test_no_cut_is_larger_than_a_screen(tmp_path: Path) -> None:
    chip = np.zeros((2049, 2049), np.uint8)
    path = write(tmp_path / "x.fits", {"SCI": chip})
    with pytest.raises(PreviewError, match="2049 x 2049 are too many for one cut"):
        cut_of(path)
    assert cut_of(path, binning=2).shape == (1025, 1025)


def test_a_truncated_file_is_no_cut(two_chips: tuple[Path, np.ndarray, np.ndarray]) -> None:
    path, *_ = two_chips
    plane = described(path)["DQ"]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with path.open("rb") as file, pytest.raises(PreviewError, match="truncated in DQ,2"):
        cutout.cut(file, path.name, plane, EVERYTHING)
    with pytest.raises(PreviewError, match="truncated"):
        described(path)


def test_constant_and_scaled_images(tmp_path: Path) -> None:
    raw = np.arange(24, dtype=np.uint16).reshape(4, 6) * 2700
    path = write(tmp_path / "x_raw.fits", {"SCI": raw, "ERR": None, "DQ": None})
    with fits.open(path, mode="update") as hdus:
        for name, value in (("ERR", 0.5), ("DQ", 16)):
            hdus[name].header.update(NPIX1=6, NPIX2=4, PIXVALUE=value)
    assert list(described(path)) == ["SCI", "ERR", "DQ"]
    np.testing.assert_array_equal(cut_of(path), raw)
    assert cut_of(path).dtype == np.uint16
    np.testing.assert_array_equal(cut_of(path, "ERR", binning=4), [[0.5, 0.5]])
    np.testing.assert_array_equal(cut_of(path, "DQ", binning=3), np.full((2, 2), 16))
    np.testing.assert_allclose(cut_of(path, binning=4), [[raw[:, :4].mean(), raw[:, 4:].mean()]])


def test_only_what_lies_beside_the_science_is_shown(tmp_path: Path) -> None:
    chip = {"SCI": np.zeros((4, 6)), "D2IMARR": np.zeros((2, 6)), "CUBE": np.zeros((2, 4, 6))}
    path = write(tmp_path / "x.fits", chip | {"WHT": np.zeros((4, 6))})
    assert list(described(path)) == ["SCI", "WHT"]
    with fits.open(path) as hdus, pytest.raises(PreviewError, match="no RED extension"):
        cutout.planes(hdus, path.name, "RED")


def test_limits_are_those_of_the_pixels(two_chips: tuple[Path, np.ndarray, np.ndarray]) -> None:
    path, science, flags = two_chips
    planes = described(path)
    finite = science[np.isfinite(science)].astype(np.float64)
    with path.open("rb") as file:
        found = cutout.limits(file, path.name, planes["SCI"])
        of_flags = cutout.limits(file, path.name, planes["DQ"])
    assert found.minmax == (finite.min(), finite.max())
    assert (found.pixels, found.finite, found.sampled) == (science.size, finite.size, finite.size)
    assert found.percentiles["98"] == pytest.approx(tuple(np.percentile(finite, (1, 99))))
    assert finite.min() <= found.zscale[0] < found.zscale[1] <= finite.max()
    assert of_flags.minmax == (0, flags.max())


def test_a_sample_is_even_over_strips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(50 * 64, dtype=np.float32).reshape(50, 64)
    path = write(tmp_path / "x.fits", {"SCI": values})
    monkeypatch.setattr(cutout, "SAMPLE", 600)
    monkeypatch.setattr(cutout, "STRIP", 150)
    with path.open("rb") as file:
        found = cutout.limits(file, path.name, described(path)["SCI"])
    assert found.sampled == values.ravel()[::5].size
    expected = np.percentile(values.ravel()[::5], (5, 95))
    assert found.percentiles["90"] == pytest.approx(tuple(expected))
    assert found.minmax == (0, values.size - 1)


def test_an_image_of_nothing_has_limits(tmp_path: Path) -> None:
    path = write(tmp_path / "x.fits", {"SCI": np.full((3, 3), np.nan)})
    with path.open("rb") as file:
        found = cutout.limits(file, path.name, described(path)["SCI"])
    assert (found.finite, found.minmax, found.zscale) == (0, (0, 0), (0, 0))
    assert np.isnan(unpacked(cutout.pack(cut_of(path)))).all()


@given(
    arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
        elements=st.floats(-(2.0**100), 2.0**100, width=32) | st.just(np.nan) | st.just(np.inf),
    )
)
def test_packed_values_come_back_within_a_hundredth_of_a_step(values: np.ndarray) -> None:
    packed = cutout.pack(values)
    back = unpacked(packed)
    finite = np.isfinite(values)
    np.testing.assert_array_equal(np.isfinite(back), finite)
    known = values[finite].astype(np.float64)
    assert (np.abs(back[finite] - known) <= packed.step / 100).all()
    if known.size and np.ptp(known):
        assert packed.step == pytest.approx(np.ptp(known) / 65535)


@given(
    arrays.arrays(
        st.sampled_from([np.int16, np.uint16, np.uint8]),
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
    )
)
def test_packed_integers_come_back_exactly(values: np.ndarray) -> None:
    np.testing.assert_array_equal(unpacked(cutout.pack(values)), values)


def test_large_cuts_are_packed_in_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(7 * 11, dtype=np.uint16).reshape(7, 11)
    monkeypatch.setattr(cutout, "STRIP", 22)
    np.testing.assert_array_equal(unpacked(cutout.pack(values)), values)


def test_values_too_far_apart_are_refused() -> None:
    with pytest.raises(PreviewError, match="too far apart"):
        cutout.pack(np.array([[-1.7e308, 1.7e308]]))


def test_values_hardly_apart_are_packed() -> None:
    assert unpacked(cutout.pack(np.array([[0.0, 5e-324]]))) == pytest.approx(0, abs=1e-300)
