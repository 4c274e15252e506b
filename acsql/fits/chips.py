"""Find the chips of an ACS image and read their physical pixel values, bottom chip first.

Pixels are read plainly from where astropy says that they lie: a mapped file that shrinks
under its reader kills the process.  A plain read also gives the stored numbers however the
file was opened, and leaves its headers as they were read.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from ..errors import PreviewError

ImageHDU = fits.ImageHDU | fits.PrimaryHDU
Scaling = Callable[[np.ndarray], np.ndarray]

# Pixels read at a time.
CHUNK = 1 << 16


def image_hdus(hdus: fits.HDUList, extname: str, filename: str) -> list[ImageHDU]:
    """Return the HDUs that show the chips of an image, the bottom one first.

    Chip 2 lies below chip 1.  CCDCHIP tells which is which; without it EXTVER does, because
    ACS files hold chip 2 first.

    Parameters
    ----------
    hdus : HDUList
        As `fits.open` gives it, with any options; nobody has asked for its data.
    extname : str
        ``SCI``, ``ERR`` ...
    filename : str
        What error messages call the file.

    Returns
    -------
    list of HDU
        One or more two-dimensional images of the same width.

    Raises
    ------
    PreviewError
        If the file is cut short, has no such extension, or has one that cannot be shown.
    """
    found = [hdu for hdu in _complete(hdus, filename) if hdu.name.upper() == extname.upper()]
    if not found:
        raise PreviewError(f"{filename}: it has no {extname} extension")
    widths = [shape(hdu, filename)[1] for hdu in found]
    if len(set(widths)) > 1:
        raise PreviewError(f"{filename}: its {extname} chips differ in width: {widths}")
    chips = [hdu.header.get("CCDCHIP") for hdu in found]
    if all(isinstance(chip, int) for chip in chips) and len(set(chips)) == len(chips):
        return sorted(found, key=lambda hdu: -hdu.header["CCDCHIP"])
    return sorted(found, key=lambda hdu: hdu.ver)


def shape(hdu: ImageHDU, filename: str) -> tuple[int, int]:
    """Return the height and width of an image in pixels, stored or constant.

    An image whose pixels are all equal may be stored as a header alone: NAXIS is 0, and
    NPIX1, NPIX2 and PIXVALUE say what the pixels are.

    Raises
    ------
    PreviewError
        If it is not a two-dimensional image with pixels.
    """
    # An exact type: a compressed image is an ImageHDU too, but its pixels lie in a table.
    if type(hdu) not in (fits.ImageHDU, fits.PrimaryHDU):
        raise PreviewError(f"{filename}: its {_label(hdu)} is not a plain image")
    size = hdu.shape or _constant_shape(hdu, filename)
    if min(size) < 1:
        raise PreviewError(f"{filename}: its {_label(hdu)} has no pixels")
    if len(size) != 2:
        raise PreviewError(f"{filename}: its {_label(hdu)} has {len(size)} axes, not 2")
    return size


@dataclass(frozen=True)
class Stored:
    """How the pixels of an image lie in its file: what it takes to read any rows of them.

    `start` is a byte of the file, `physical` makes values of `physical_type` from stored ones,
    and `constant` is the value of all pixels where none are stored.
    """

    label: str
    shape: tuple[int, int]
    start: int
    stored_type: np.dtype
    physical_type: np.dtype
    physical: Scaling
    constant: float | None = None

    def rows(
        self, file: BinaryIO, filename: str, first: int = 0, last: int | None = None
    ) -> np.ndarray:
        """Read the physical values of the rows from `first` to before `last`, see `pixels`."""
        size = ((self.shape[0] if last is None else last) - first, self.shape[1])
        if self.constant is not None:
            return np.broadcast_to(np.float64(self.constant), size)
        # Through a small buffer into an array of numpy's, which lies on huge pages: one third of
        # the time that a single read of so much takes, and the bytes are swapped on the way.
        values = np.empty(math.prod(size), self.physical_type)
        bytes_each = self.stored_type.itemsize
        try:
            file.seek(self.start + first * self.shape[1] * bytes_each)
            for at in range(0, values.size, CHUNK):
                chunk = values[at : at + CHUNK]
                content = file.read(chunk.size * bytes_each)
                if len(content) < chunk.size * bytes_each:
                    raise PreviewError(f"{filename}: it is truncated in its {self.label}")
                chunk[:] = self.physical(np.frombuffer(content, self.stored_type))
        except OSError as error:
            raise PreviewError(f"{filename}: it cannot be read: {error}") from error
        return values.reshape(size)


def stored(hdu: ImageHDU, filename: str) -> Stored:
    """Return how the pixels of an image lie in its file.

    Raises
    ------
    PreviewError
        If `hdu` is not a two-dimensional image or its header makes no sense.
    """
    size, start = shape(hdu, filename), hdu.fileinfo()["datLoc"]
    if not hdu.shape:
        value = _number(hdu, "PIXVALUE", 0, filename)
        double = np.dtype(np.float64)
        return Stored(_label(hdu), size, start, double, double, np.asarray, value)
    stored_type = _stored_type(hdu, filename)
    scaling = _scaling(stored_type, hdu, filename)
    return Stored(_label(hdu), size, start, stored_type, *scaling)


def pixels(hdu: ImageHDU, filename: str) -> np.ndarray:
    """Read the physical values of an image, BZERO + BSCALE * stored (FITS 4.0, 4.4.2.5).

    Returns
    -------
    numpy.ndarray, shape (height, width)
        Row 0 first, in the processor's byte order.  Values that need no scaling keep their
        stored type, unsigned 16-bit integers (BZERO = 32768) become uint16, and everything
        else becomes float64 with NaN where the file says BLANK.

    Raises
    ------
    PreviewError
        If `hdu` is not a two-dimensional image or its pixels cannot be read.
    """
    return stored(hdu, filename).rows(hdu.fileinfo()["file"], filename)


def _complete(hdus: fits.HDUList, filename: str) -> list:
    """Return all HDUs of a file that holds everything its headers promise.

    A second chip that did not arrive must not leave a picture of the first.
    """
    with warnings.catch_warnings():
        # Astropy only warns of a truncated file, at every look; here it is an error.
        warnings.simplefilter("ignore", AstropyUserWarning)
        try:
            every = list(hdus)
            last = every[-1].fileinfo()
            last["file"].seek(last["datLoc"] + last["datSpan"] - 1)
            end_and_after = last["file"].read(9)
        except OSError as error:
            raise PreviewError(f"{filename}: it cannot be read: {error}") from error
    if not end_and_after:
        raise PreviewError(f"{filename}: it is truncated in its {_label(every[-1])}")
    # Astropy stops at a header that it cannot read.
    if end_and_after[1:] == b"XTENSION":
        raise PreviewError(f"{filename}: after its {_label(every[-1])} it is truncated or damaged")
    return every


def _constant_shape(hdu: ImageHDU, filename: str) -> tuple[int, ...]:
    if not all(keyword in hdu.header for keyword in ("NPIX1", "NPIX2", "PIXVALUE")):
        return (0,)
    return tuple(int(_number(hdu, keyword, 0, filename)) for keyword in ("NPIX2", "NPIX1"))


def _stored_type(hdu: ImageHDU, filename: str) -> np.dtype:
    bitpix = hdu.header["BITPIX"]
    if bitpix not in fits.BITPIX2DTYPE:
        raise PreviewError(f"{filename}: its {_label(hdu)} has BITPIX = {bitpix}")
    return np.dtype(fits.BITPIX2DTYPE[bitpix]).newbyteorder(">")


def _scaling(stored: np.dtype, hdu: ImageHDU, filename: str) -> tuple[np.dtype, Scaling]:
    """Return the type of the physical values and what makes them from stored ones."""
    scale = _number(hdu, "BSCALE", 1, filename)
    zero = _number(hdu, "BZERO", 0, filename)
    blank = None if stored.kind == "f" else hdu.header.get("BLANK")
    if blank is None and scale == 1 and zero == 0:
        return stored.newbyteorder("="), np.asarray
    if blank is None and scale == 1 and zero == 32768 and stored == ">i2":
        # Adding 32768 to 16 bits flips the highest.
        return np.dtype(np.uint16), lambda values: values.astype(np.uint16) ^ 32768

    def scaled(values: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            physical = values.astype(np.float64) * scale + zero
        if blank is not None:
            physical[values == blank] = np.nan
        return physical

    return np.dtype(np.float64), scaled


def _number(hdu: ImageHDU, keyword: str, default: Any, filename: str) -> float:
    try:
        value = hdu.header.get(keyword, default)
    except fits.VerifyError as error:
        raise PreviewError(f"{filename}: {keyword} of its {_label(hdu)}: {error}") from error
    if not isinstance(value, int | float):
        raise PreviewError(f"{filename}: {keyword} of its {_label(hdu)} is {value!r}, not a number")
    return value


def _label(hdu: Any) -> str:
    return f"{hdu.name},{hdu.ver}"
