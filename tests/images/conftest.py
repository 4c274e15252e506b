"""Images on disk for the tests of planes, cutouts and limits, and how to read packed values."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from acsql.images.planes import Plane, read_planes
from acsql.images.png import FLOATS, Packed


@pytest.fixture(scope="session")
def write() -> Callable[..., Path]:
    """A function that writes an image of some chips."""
    return _write


@pytest.fixture(scope="session")
def described() -> Callable[[Path], dict[str, Plane]]:
    """A function that returns the planes of a file by extension name."""
    return _described


@pytest.fixture(scope="session")
def unpacked() -> Callable[[Packed], np.ndarray]:
    """A function that reads packed values as a browser does."""
    return _unpacked


def _write(path: Path, *chips: dict[str, np.ndarray | None], **keywords: object) -> Path:
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


def _described(path: Path) -> dict[str, Plane]:
    """Return the planes of a file by extension name."""
    with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
        return {plane.extname: plane for plane in read_planes(hdus, path.name)}


def _unpacked(packed: Packed) -> np.ndarray:
    """Read packed values as a browser does, the bottom row first."""
    red, green, blue = np.moveaxis(
        np.asarray(Image.open(io.BytesIO(packed.png)), dtype=np.float64), -1, 0
    )
    if packed.step == FLOATS:
        coded = np.stack([red, green, blue], -1).astype(np.uint8).reshape(len(red), -1, 6)[..., :4]
        return np.ascontiguousarray(coded).view(">f4")[::-1, :, 0].astype(np.float64)
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
    path = _write(
        tmp_path / "x_flt.fits",
        *({"SCI": s, "ERR": s, "DQ": q} for s, q in zip(science, flags, strict=True)),
        BUNIT="ELECTRONS",
    )
    return path, np.vstack(science), np.vstack(flags)
