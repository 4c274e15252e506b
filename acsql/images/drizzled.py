"""Pixels without data in a drizzled image, around the exposures and between the chips.

AstroDrizzle fills them with 0 (``final_fillval``, DrizzlePac handbook), which would be the 1st
percentile of most products.  A weight of 0 marks them, because real pixels can be exactly 0 too,
above all those of a photon counter; images whose weights are not stored pixel by pixel have no
better mark than their own zeros.
"""

import numpy as np
from astropy.io import fits

from ..errors import PreviewError
from ..fits.chips import ImageHDU, Pixels, StoredImage, image_shape, stored_image

# Pixels per read of the weights: 1 MB of float32 stays in a processor's cache.
STRIP = 1 << 18


def without_blank(
    image: Pixels, hdu: ImageHDU, hdus: fits.HDUList, weight_extname: str, filename: str
) -> Pixels:
    """Return an image with NaN for its pixels without data.

    Parameters
    ----------
    image : numpy.ndarray, shape (height, width)
        The pixels, which may be changed in place.
    hdu : HDU
        The extension that they are from.
    hdus : HDUList
        The open file, or those of its HDUs that matter here.
    weight_extname : str
        EXTNAME of the weights; those of the same EXTVER belong to `hdu`.
    filename : str
        Name of the file for error messages.

    Returns
    -------
    numpy.ndarray, shape (height, width)
        NaN where the weight is 0 or, if the weights are not stored pixel by pixel, where the image
        is exactly 0.

    Raises
    ------
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read it.
    """
    weights = _weights(image.shape, hdu, hdus, weight_extname, filename)
    in_place = image.dtype.kind == "f" and image.flags.writeable
    values = image if in_place else image.astype(np.float64)
    height, width = values.shape
    step = max(1, STRIP // width)
    for first in range(0, height, step):
        strip = values[first : first + step]
        marks = strip
        if weights is not None:
            marks = weights.rows(hdu.fileinfo()["file"], filename, first, first + len(strip))
        np.putmask(strip, marks == 0, np.nan)
    return values


def _weights(
    shape: tuple[int, ...],
    hdu: ImageHDU,
    hdus: fits.HDUList,
    weight_extname: str,
    filename: str,
) -> StoredImage | None:
    """Return the weights of an image, None unless the file has one for each of its pixels."""
    for other in hdus:
        # An extension of a type that astropy does not know has no shape.
        has_pixels = bool(getattr(other, "shape", ()))
        if has_pixels and (other.name.upper(), other.ver) == (weight_extname.upper(), hdu.ver):
            try:
                if image_shape(other, filename) == shape:
                    return stored_image(other, filename)
            except PreviewError:
                # A table of that name.
                continue
    return None
