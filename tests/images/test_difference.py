"""Differences equal what numpy subtracts, and what astropy places on the same sky."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from acsql.errors import PreviewError
from acsql.images import planes
from acsql.images.cutout import Region, read_cutout
from acsql.images.difference import Difference, difference
from acsql.images.planes import Plane

Described = Callable[[Path], dict[str, Plane]]
EVERYTHING = Region(0, 10**6, 0, 10**6)


def pixels(path: Path, plane: Plane, binning: int = 1) -> np.ndarray:
    with path.open("rb") as file:
        return read_cutout(file, path.name, plane, EVERYTHING, binning)


@pytest.mark.parametrize("strip", [300, 1 << 18])
def test_the_same_pixels_are_subtracted(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
    tmp_path: Path,
    write: Callable[..., Path],
    described: Described,
    monkeypatch: pytest.MonkeyPatch,
    strip: int,
) -> None:
    monkeypatch.setattr(planes, "STRIP", strip)
    path, science, _ = two_chips
    chips = np.arange(2 * 37 * 53, dtype=np.uint16).reshape(2, 37, 53)
    other = write(tmp_path / "other_raw.fits", {"SCI": chips[0]}, {"SCI": chips[1]})
    plane = difference(described(path)["SCI"], described(other)["SCI"], other, "pixel")
    np.testing.assert_allclose(pixels(path, plane), science - np.vstack(chips).astype(float))
    np.testing.assert_allclose(pixels(path, plane.only(2)), science[37:] - chips[1].astype(float))
    back = difference(described(other)["SCI"], described(path)["SCI"], path, "pixel")
    np.testing.assert_allclose(pixels(other, back), np.vstack(chips).astype(float) - science)


def test_overscan_is_left_out_by_the_offset_of_the_detector(
    tmp_path: Path, write: Callable[..., Path], described: Described
) -> None:
    calibrated = np.arange(200.0).reshape(10, 20)
    raw = np.pad(calibrated, ((0, 2), (3, 4)), constant_values=5)
    first = write(tmp_path / "x_flt.fits", {"SCI": calibrated})
    second = write(tmp_path / "x_raw.fits", {"SCI": raw}, LTV1=3.0)
    planes_of = [described(path)["SCI"] for path in (first, second)]
    plane = difference(planes_of[0], planes_of[1], second, "pixel")
    np.testing.assert_array_equal(pixels(first, plane), np.zeros((10, 20)))
    back = pixels(second, difference(planes_of[1], planes_of[0], first, "pixel"))
    np.testing.assert_array_equal(back[:10, 3:23], np.zeros((10, 20)))
    assert np.isnan(back[10:]).all()
    assert np.isnan(back[:, :3]).all()


def sky(path: Path, angle: float, x: float, y: float) -> None:
    """Give an image a WCS that is rotated by some degrees about its reference pixel."""
    cos, sin = np.cos(np.radians(angle)) * 1.4e-5, np.sin(np.radians(angle)) * 1.4e-5
    with fits.open(path, mode="update") as hdus:
        hdus["SCI"].header.update(
            CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRPIX1=x, CRPIX2=y, CRVAL1=150.0, CRVAL2=2.0,
            CD1_1=-cos, CD1_2=sin, CD2_1=sin, CD2_2=cos,
        )  # fmt: skip


def test_the_same_sky_is_subtracted(
    tmp_path: Path, write: Callable[..., Path], described: Described
) -> None:
    # An image that is linear in the sky coordinates is interpolated without error.
    paths = []
    for name, shape, angle, x, y in (("a", (90, 120), 0, 60, 45), ("b", (140, 130), 30, 66, 70)):
        path = write(tmp_path / f"{name}_flt.fits", {"SCI": np.zeros(shape)})
        sky(path, angle, x, y)
        rows, columns = np.indices(shape)
        ra, dec = WCS(fits.getheader(path, "SCI")).all_pix2world(columns, rows, 0)
        fits.update(path, (ra - 150) * 1e5 + (dec - 2) * 3e5, fits.getheader(path, "SCI"), "SCI")
        paths.append(path)
    first, second = (described(path)["SCI"] for path in paths)
    found = pixels(paths[0], difference(first, second, paths[1], "sky"))
    on = np.isfinite(found)
    assert 0.7 < on.mean() <= 1
    np.testing.assert_allclose(found[on], 0, atol=0.01)


def test_images_without_sky_coordinates_have_no_difference_on_the_sky(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described
) -> None:
    plane = described(two_chips[0])["SCI"]
    with pytest.raises(PreviewError, match="no usable WCS"):
        difference(plane, plane, two_chips[0], "sky")
    assert isinstance(difference(plane, plane, two_chips[0], "pixel"), Difference)
