"""HDUs of ordinary files have the attributes of astropy's."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from acsql.fits.chips import read_pixels
from acsql.fits.open import open_fits
from acsql.fits.plain_hdu import PlainHDU
from acsql.fits.walk import open_headers


@pytest.fixture(scope="module")
def files(sample_filesystem: Path) -> list[Path]:
    """One ordinary file of each filetype."""
    by_type = {
        path.name[9:]: path
        for path in sorted(sample_filesystem.glob("*/*/*.fits"))
        if is_ordinary(path)
    }
    assert len(by_type) > 8
    return [*by_type.values()]


def is_ordinary(path: Path) -> bool:
    with open_headers(path) as opened:
        return type(opened.hdus[0]) is PlainHDU


def described(hdu: object) -> dict[str, object]:
    positions = {name: value for name, value in hdu.fileinfo().items() if name.endswith("Loc")}
    return {
        "name": hdu.name.upper(),
        "ver": hdu.ver,
        "span": hdu.fileinfo()["datSpan"],
        **positions,
    }


def test_name_version_shape_and_positions_are_those_of_astropy(files: list[Path]) -> None:
    for path in files:
        with open_headers(path) as plain, open_fits(path) as by_astropy:
            for found, expected in zip(plain.hdus, by_astropy, strict=True):
                assert described(found) == described(expected)
                assert found.is_image == isinstance(expected, fits.PrimaryHDU | fits.ImageHDU)
                assert not found.is_image or found.shape == expected.shape


def test_the_header_has_the_first_value_of_each_keyword(files: list[Path]) -> None:
    for path in files:
        with open_headers(path) as plain, open_fits(path) as by_astropy:
            for found, expected in zip(plain.hdus, by_astropy, strict=True):
                for keyword, value in found.header.items():
                    if keyword not in ("COMMENT", "HISTORY") and value is not None:
                        assert value == expected.header[keyword], keyword


def test_pixels_are_those_of_astropy(files: list[Path]) -> None:
    for path in files:
        with open_headers(path) as plain, fits.open(path) as by_astropy:
            for found, expected in zip(plain.hdus, by_astropy, strict=True):
                if found.is_image and len(found.shape) == 2:
                    pixels = read_pixels(found, path.name)
                    np.testing.assert_array_equal(pixels, expected.data)
