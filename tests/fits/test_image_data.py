"""Pixels of extensions, also of those that are stored as one value."""

import io

import numpy as np
import pytest
from astropy.io import fits

from acsql.fits.image_data import read_image


def constant(bitpix: int, value: float) -> fits.ImageHDU:
    """Return the header of an image of 3 rows and 4 columns of equal pixels."""
    hdu = fits.ImageHDU()
    hdu.header["BITPIX"] = bitpix
    hdu.header.update(NPIX1=4, NPIX2=3, PIXVALUE=value)
    return hdu


def test_pixels_are_in_native_byte_order() -> None:
    file = io.BytesIO()
    pixels = np.arange(12, dtype=np.float32).reshape(3, 4)
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels)]).writeto(file)
    with fits.open(io.BytesIO(file.getvalue())) as hdus:
        data = read_image(hdus[1])
    assert data.dtype == np.float32
    assert data.dtype.isnative
    np.testing.assert_array_equal(data, pixels)


@pytest.mark.parametrize(
    ("bitpix", "value", "dtype"),
    [
        (16, 8, np.int16),
        (16, -32768, np.int16),
        (16, 32768, np.float32),
        (16, 2.5, np.float32),
        (32, 70_000, np.int32),
        (-32, 1.5, np.float32),
        (-64, 1.5, np.float64),
    ],
)
def test_a_constant_has_the_stored_type_if_that_can_hold_it(
    bitpix: int, value: float, dtype: type
) -> None:
    data = read_image(constant(bitpix, value))
    assert data.dtype == dtype
    np.testing.assert_array_equal(data, np.full((3, 4), value))


@pytest.mark.parametrize("keyword", ["NPIX1", "NPIX2", "PIXVALUE"])
def test_a_constant_without_shape_or_value_has_no_pixels(keyword: str) -> None:
    hdu = constant(16, 8)
    del hdu.header[keyword]
    assert read_image(hdu) is None


def test_a_table_has_no_pixels() -> None:
    assert read_image(fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])])) is None
