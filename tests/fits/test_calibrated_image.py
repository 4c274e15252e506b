"""Calibrated images as astropy objects: what astropy cannot use is named with its file."""

import numpy as np
import pytest
from astropy.io import fits

from acsql.errors import FileError
from acsql.fits.calibrated_image import full_wcs, read_ccddata

COORDINATES = {"CRVAL1": 6.0, "CRVAL2": -72.0, "CRPIX1": 2.0, "CRPIX2": 2.0}


def image(**cards: object) -> fits.HDUList:
    """Return a file with one science image of three rows of four pixels."""
    science = fits.ImageHDU(np.arange(12, dtype=np.float32).reshape(3, 4), name="SCI")
    science.header.update(cards)
    return fits.HDUList([fits.PrimaryHDU(), science])


@pytest.mark.parametrize(
    ("bunit", "unit"),
    [
        ("ELECTRONS", "electron"),
        ("electrons/s", "electron / s"),
        ("COUNTS ", "ct"),
        ("COUNTS/S", "ct / s"),
        ("", ""),
    ],
)
def test_bunit_is_the_unit_of_the_pixels(bunit: str, unit: str) -> None:
    assert read_ccddata(image(BUNIT=bunit), "x_flt.fits", 1).unit.to_string() == unit


def test_what_the_file_does_not_have_is_none() -> None:
    found = read_ccddata(image(), "x_flt.fits", 1)
    assert (found.uncertainty, found.mask, found.flags, found.wcs) == (None, None, None, None)


@pytest.mark.parametrize(
    ("cards", "reason"),
    [
        ({"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"}, r"x_flt\.fits\[SCI,1\] has no celestial WCS"),
        ({"CTYPE1": "RA---TAN", "CTYPE2": "GLAT-TAN"}, r"\[SCI,1\] has no usable WCS"),
    ],
)
def test_unusable_world_coordinates_are_an_error(cards: dict[str, str], reason: str) -> None:
    with pytest.raises(FileError, match=reason):
        full_wcs(image(**cards, **COORDINATES), "x_flt.fits", "SCI", 1)
