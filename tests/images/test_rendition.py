"""The adaptive rendition shows what the linear one of previews hides."""

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.visualization import ZScaleInterval
from PIL import Image

from acsql.errors import PreviewError
from acsql.images import rendition, stretch

NAME = "jabc01abq_flt.fits"


def noise(shape: tuple[int, int] = (400, 300)) -> np.ndarray:
    return np.random.default_rng(3).normal(100, 5, shape).astype(np.float32)


def test_an_image_with_bright_pixels_is_shown_with_asinh() -> None:
    image = noise()
    image[100:140, 50:90] = 20_000
    image[200:240, 50:90] = 130
    image[0, 0] = np.nan
    grey = rendition.to_grey([image], NAME)[::-1].astype(float)
    low, softening = 100 - 1.5 * 5, 2 * 5
    expected = np.arcsinh((image - low) / softening) / np.arcsinh((20_000 - low) / softening) * 255
    np.testing.assert_allclose(grey, np.nan_to_num(np.clip(expected, 0, 255)), atol=2)
    linear = stretch.to_grey([image], *stretch.percentile_limits([image], NAME)[:2])[::-1]
    assert linear[200:240, 50:90].max() < 3
    assert grey[200:240, 50:90].min() > 40
    assert grey[0, 0] == 0


def test_an_image_of_low_contrast_is_shown_between_the_limits_of_zscale() -> None:
    image = noise()
    limits = ZScaleInterval().get_limits(image.astype(np.float64))
    np.testing.assert_array_equal(
        rendition.to_grey([image], NAME), stretch.to_grey([image], *map(float, limits))
    )


@pytest.mark.parametrize("counts", [1, 0])
def test_a_sparse_or_constant_image_is_shown_as_in_its_preview(counts: int) -> None:
    image = np.zeros((100, 100), np.uint16)
    image[5, 5] = counts
    limits = stretch.percentile_limits([image], NAME)
    np.testing.assert_array_equal(
        rendition.to_grey([image], NAME), stretch.to_grey([image], limits.low, limits.high)
    )


def test_an_image_without_finite_pixels_is_refused() -> None:
    with pytest.raises(PreviewError, match="no pixel of the image is finite"):
        rendition.to_grey([np.full((3, 3), np.nan)], NAME)


def test_a_large_image_is_reduced_and_keeps_its_orientation() -> None:
    image = np.zeros((30, 4100), np.float32) + np.linspace(0, 9, 30, dtype=np.float32)[:, None]
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(image, name="SCI")])
    stream = io.BytesIO()
    hdus.writeto(stream)
    stream.seek(0)
    with fits.open(stream) as opened:
        jpeg = rendition.adaptive(opened, NAME)
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert picture.size == (1367, 10)
        grey = np.asarray(picture).astype(int)
    assert grey[0].mean() > grey[-1].mean() + 100
    with Image.open(io.BytesIO(rendition.thumbnail(jpeg))) as small:
        assert max(small.size) == 128
