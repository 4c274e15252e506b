"""Pixels of an image extension as an array, also of one whose pixels are all equal."""

from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits


def read_image(hdu: Any) -> npt.NDArray[Any] | None:
    """Return the pixels of an extension.

    An image whose pixels are all equal may be stored as a header alone: NAXIS is 0, and NPIX1,
    NPIX2 and PIXVALUE give its shape and value (Introduction to the HST Data Handbooks, 2.2).

    Parameters
    ----------
    hdu : astropy.io.fits HDU
        An extension of an open file.

    Returns
    -------
    ndarray or None
        Shape (rows, columns), in native byte order, with BSCALE and BZERO applied; None if the
        extension is not an image or has no pixels.
    """
    if not hdu.is_image:
        return None
    if hdu.data is not None:
        pixels: npt.NDArray[Any] = hdu.data
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    shape = [hdu.header.get(keyword) for keyword in ("NPIX2", "NPIX1")]
    if not all(shape) or "PIXVALUE" not in hdu.header:
        return None
    value = hdu.header["PIXVALUE"]
    stored = np.dtype(fits.hdu.image.BITPIX2DTYPE[hdu.header["BITPIX"]])
    return np.full(shape, value, stored if _can_hold(stored, value) else np.float32)


def _can_hold(dtype: np.dtype[Any], value: float) -> bool:
    """Whether a number is a value of a type."""
    if dtype.kind == "f":
        return True
    bounds = np.iinfo(dtype)
    return bool(bounds.min <= value <= bounds.max and value == int(value))
