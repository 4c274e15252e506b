"""Cutouts around a position: the pixels that a circle touches, and no more than a cutout may have.

`tests/test_observation_files.py` compares pixels and positions with those of whole files.
"""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from acsql.errors import FileError, OutsideImage, QueryError
from acsql.images import fits_cutout
from acsql.images.sky_cutout import circle, polygon, sky_cutout

WIDTH, HEIGHT = 60, 40


@pytest.fixture(scope="module", params=[(0.0, 0.0), (359.9999, 0.0), (83.6, 89.99)])
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image with an undistorted tangent projection, also across RA = 0 and near a pole."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = request.param
    wcs.wcs.crpix = [30, 20]
    wcs.wcs.cd = [[-1e-5, 0], [0, 1e-5]]
    science = fits.ImageHDU(np.zeros((HEIGHT, WIDTH), np.float32), wcs.to_header(), name="SCI")
    path = tmp_path_factory.mktemp("image") / "x_flt.fits"
    fits.HDUList([fits.PrimaryHDU(), science]).writeto(path)
    return path


@given(x=st.floats(1, WIDTH - 2), y=st.floats(1, HEIGHT - 2), radius=st.floats(0.1, 100))
def test_a_cutout_contains_the_circle_as_far_as_the_image_goes(image, x, y, radius) -> None:
    wcs = WCS(fits.getheader(image, "SCI"))
    position = wcs.pixel_to_world(x, y)
    part = sky_cutout(image, circle((position.ra.deg, position.dec.deg), radius * 1e-5))
    header = part["SCI"].header
    x0, y0 = 30 - header["CRPIX1"], 20 - header["CRPIX2"]
    for first, size, centre, end in (
        (x0, header["NAXIS1"], x, WIDTH),
        (y0, header["NAXIS2"], y, HEIGHT),
    ):
        # The centres of the pixels are whole numbers, and a circle of 100 points is a little small.
        low, high = max(centre - radius * 0.99, -0.5), min(centre + radius * 0.99, end - 0.5)
        assert first - 0.5 <= low + 0.02
        assert high - 0.02 <= first + size - 0.5
        assert size <= 2 * radius + 3


@given(x0=st.floats(-70, WIDTH - 2), y0=st.floats(-70, HEIGHT - 2), size=st.floats(2, 100))
def test_a_cutout_contains_the_polygon_as_far_as_the_image_goes(image, x0, y0, size) -> None:
    wcs = WCS(fits.getheader(image, "SCI"))
    corners = wcs.pixel_to_world([x0, x0 + size, x0 + size, x0], [y0, y0, y0 + size, y0 + size])
    outline = polygon(list(zip(corners.ra.deg, corners.dec.deg, strict=True)))
    if x0 + size < -0.6 or y0 + size < -0.6:
        with pytest.raises(OutsideImage, match=image.name):
            sky_cutout(image, outline)
    elif x0 + size > -0.4 and y0 + size > -0.4:
        header = sky_cutout(image, outline)["SCI"].header
        for first, length, low, end in (
            (30 - header["CRPIX1"], header["NAXIS1"], x0, WIDTH),
            (20 - header["CRPIX2"], header["NAXIS2"], y0, HEIGHT),
        ):
            assert first - 0.52 <= max(low, -0.5)
            assert min(low + size, end - 0.5) <= first + length - 0.48
            assert length <= size + 3


def test_the_other_side_of_the_sky_has_no_pixels(image) -> None:
    there = WCS(fits.getheader(image, "SCI")).pixel_to_world(30, 20)
    with pytest.raises(OutsideImage):
        sky_cutout(image, circle((there.ra.deg + 180, -there.dec.deg), 10))


def test_a_part_as_large_as_half_the_sky_is_refused(image) -> None:
    there = WCS(fits.getheader(image, "SCI")).pixel_to_world(30, 20)
    with pytest.raises(QueryError, match="80 degrees"):
        sky_cutout(image, circle((there.ra.deg, there.dec.deg - 60), 60))


def test_a_file_without_an_image_is_named(tmp_path: Path) -> None:
    fits.PrimaryHDU().writeto(tmp_path / "x_spt.fits")
    with pytest.raises(FileError, match=r"x_spt\.fits"):
        sky_cutout(tmp_path / "x_spt.fits", circle((0, 0), 1))


def test_a_part_that_is_too_large_is_refused(image, monkeypatch: pytest.MonkeyPatch) -> None:
    position = WCS(fits.getheader(image, "SCI")).pixel_to_world(30, 20)
    monkeypatch.setattr(fits_cutout, "MAX_CELLS", 100)
    with pytest.raises(QueryError, match="at most 100 pixels"):
        sky_cutout(image, circle((position.ra.deg, position.dec.deg), 1))
