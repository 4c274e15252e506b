"""Planes: which extensions of a file are shown, and their chips."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from acsql.errors import PreviewError
from acsql.images import planes
from acsql.images.planes import Plane, read_planes

Described = Callable[[Path], dict[str, Plane]]


def test_only_extensions_that_match_the_science_are_planes(
    tmp_path: Path, write: Callable[..., Path], described: Described
) -> None:
    chip = {"SCI": np.zeros((4, 6)), "D2IMARR": np.zeros((2, 6)), "CUBE": np.zeros((2, 4, 6))}
    path = write(tmp_path / "x.fits", chip | {"WHT": np.zeros((4, 6))})
    assert list(described(path)) == ["SCI", "WHT"]
    with fits.open(path) as hdus, pytest.raises(PreviewError, match="no RED extension"):
        read_planes(hdus, path.name, "RED")


def test_chips_have_numbers_and_can_stand_alone(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described
) -> None:
    plane = described(two_chips[0])["SCI"]
    assert [chip.ccdchip for chip in plane.chips] == [2, 1]
    assert [chip.first_row for chip in plane.chips] == [0, 37]
    assert (plane.width, plane.height, plane.unit) == (53, 74, "ELECTRONS")
    alone = plane.only(2)
    assert (alone.height, alone.chips[0].first_row) == (37, 0)
    with pytest.raises(PreviewError, match="no SCI,3; the file has SCI,1, SCI,2"):
        plane.only(3)


@pytest.mark.parametrize("strip", [1, 200, 1 << 18])
@pytest.mark.parametrize("binning", [1, 4])
def test_strips_are_the_rows_of_all_chips(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
    described: Described,
    monkeypatch: pytest.MonkeyPatch,
    strip: int,
    binning: int,
) -> None:
    path, science, _ = two_chips
    monkeypatch.setattr(planes, "STRIP", strip)
    with path.open("rb") as file:
        strips = list(described(path)["SCI"].strips(file, path.name, 5, 60, binning))
    np.testing.assert_array_equal(np.vstack(strips), science[5:60])
    assert all(len(rows) % binning == 0 for rows in strips[:-1])


@pytest.fixture
def spaced(tmp_path: Path, write: Callable[..., Path]) -> Path:
    """Two chips of 20 x 30 pixels with 7 rows of the sky between them."""
    random = np.random.default_rng(5)
    chips = [
        {
            "SCI": random.integers(0, 60000, (20, 30)).astype(np.uint16),
            "DQ": np.ones((20, 30), np.int16),
        }
        for _ in range(2)
    ]
    sky = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 20.0}
    matrix = {"CD1_1": -1e-5, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1e-5}
    path = write(tmp_path / "x.fits", *chips, **sky, **matrix, CRPIX1=15.0, CRPIX2=24.0)
    with fits.open(path, mode="update") as hdus:
        for hdu in (hdus["SCI", 2], hdus["DQ", 2]):
            hdu.header["CRPIX2"] = 24.0 - 27
    return path


def test_chips_lie_as_far_apart_as_on_the_sky(spaced: Path, described: Described) -> None:
    science, quality = described(spaced).values()
    assert [chip.first_row for chip in science.chips] == [0, 27]
    assert [chip.first_row for chip in quality.chips] == [0, 27]
    assert (science.height, science.pixels) == (47, 2 * 20 * 30)
    assert science.only(2).height == 20
    lower, upper = fits.getdata(spaced, "SCI", 1), fits.getdata(spaced, "SCI", 2)
    with spaced.open("rb") as file:
        rows = np.vstack(list(science.strips(file, spaced.name))).astype(science.dtype)
        flags = np.vstack(list(quality.strips(file, spaced.name)))
        alone = np.vstack(list(science.chip_strips(file, spaced.name)))
        within = np.vstack(list(science.strips(file, spaced.name, 21, 26)))
    np.testing.assert_array_equal(rows[:20], lower)
    np.testing.assert_array_equal(rows[27:], upper)
    assert np.isnan(rows[20:27]).all()
    assert (flags[20:27] == 0).all()
    assert np.isnan(within).all()
    assert within.shape == (5, 30)
    np.testing.assert_array_equal(alone, np.vstack([lower, upper]))


def test_an_unbelievable_gap_is_left_out(spaced: Path, described: Described) -> None:
    with fits.open(spaced, mode="update") as hdus:
        hdus["SCI", 2].header["CRPIX2"] = -1e5
    assert [chip.first_row for chip in described(spaced)["SCI"].chips] == [0, 20]
