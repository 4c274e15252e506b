"""Pixels of drizzled images without data, against the definition in plain numpy."""

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from acsql.fits.chips import read_pixels
from acsql.images import drizzled, preview, stretch

NAME = "jabc01010_drz.fits"
# Product of one exposure: real pixels that are exactly 0, and a border without data.
SKY = np.random.default_rng(1).poisson(0.5, (90, 70)).astype(np.float32)
WEIGHT = np.full(SKY.shape, 600, np.float32)
for edge in (np.s_[:9], np.s_[-5:], np.s_[:, :7]):
    SKY[edge] = WEIGHT[edge] = 0


@pytest.fixture
def product(tmp_path):
    """A function that writes a product and returns its path."""

    def write(science, weight, **keywords):
        hdus = [
            fits.PrimaryHDU(),
            fits.ImageHDU(science, name="SCI", ver=1),
            fits.ImageHDU(weight, name="WHT", ver=1),
        ]
        hdus[-1].header.update(keywords)
        fits.HDUList(hdus).writeto(tmp_path / NAME)
        return tmp_path / NAME

    return write


def pixels(path):
    with fits.open(path) as hdus:
        image = read_pixels(hdus["SCI"], NAME)
        return drizzled.without_blank(image, hdus["SCI"], hdus, "WHT", NAME)


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i2"])
def test_pixels_of_weight_0_become_nan_and_real_zeros_stay(product, dtype, monkeypatch):
    monkeypatch.setattr(drizzled, "STRIP", 1000)
    values = pixels(product(SKY.astype(dtype), WEIGHT))
    np.testing.assert_array_equal(values, np.where(WEIGHT == 0, np.nan, SKY))
    assert (values == 0).any()


@pytest.mark.parametrize(
    ("weight", "keywords"),
    [
        (None, {"NPIX1": 70, "NPIX2": 90, "PIXVALUE": 600.0}),
        (WEIGHT[1:], {}),
        (WEIGHT[None], {}),
        (WEIGHT, {"EXTNAME": "CTX"}),
        (WEIGHT, {"EXTVER": 2}),
    ],
)
def test_without_a_weight_of_each_pixel_exact_zeros_become_nan(product, weight, keywords):
    values = pixels(product(SKY, weight, **keywords))
    np.testing.assert_array_equal(values, np.where(SKY == 0, np.nan, SKY))


def test_weights_in_an_extension_of_an_unknown_type_are_none(product):
    path = product(SKY, WEIGHT)
    content = path.read_bytes()
    at = content.rindex(b"XTENSION= 'IMAGE   '")
    path.write_bytes(content[:at] + b"XTENSION= 'PICTURE '" + content[at + 20 :])
    np.testing.assert_array_equal(pixels(path), np.where(SKY == 0, np.nan, SKY))


def test_the_picture_of_a_product_is_the_definition_over_its_pixels_with_data(product, tmp_path):
    bright = np.where(WEIGHT > 0, SKY + 50, 0).astype(np.float32)
    path = product(bright, WEIGHT)
    inside = bright[WEIGHT > 0].astype(np.float64)
    low, high = np.percentile(inside, 1), np.percentile(inside, 99)
    scaled = np.rint((np.clip(bright.astype(np.float64), low, high) - low) / (high - low) * 255)
    with fits.open(path) as hdus:
        chips = preview.read_chips(hdus, NAME, "SCI", "WHT")
    made = preview.render_chips(chips, NAME, tmp_path / "a.jpg")
    assert made.limits == (low, high, 99)
    grey = stretch.to_grey(chips, low, high)
    np.testing.assert_array_equal(grey, np.where(WEIGHT > 0, scaled, 0)[::-1])
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.size == (70, 90)


def test_a_product_without_any_weight_has_no_picture(product, tmp_path):
    path = product(SKY, np.zeros_like(WEIGHT))
    with fits.open(path) as hdus:
        chips = preview.read_chips(hdus, NAME, "SCI", "WHT")
    with pytest.raises(preview.PreviewError, match=r"no pixel .* is finite"):
        preview.render_chips(chips, NAME, tmp_path / "a.jpg")
