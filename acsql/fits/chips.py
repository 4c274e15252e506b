"""The chips of an ACS image: which HDUs show them, and their physical pixel values.

Pixels are read with plain reads from the positions that astropy reports, not memory-mapped: a
mapped file that another process truncates kills the reader.  Plain reads also return the stored
numbers whatever the options of `fits.open` were, and leave the headers unchanged.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning, AstropyWarning

from ..errors import PreviewError
from .open import is_of_system, open_fits
from .plain_hdu import PlainHDU

ImageHDU: TypeAlias = "fits.ImageHDU | fits.PrimaryHDU | PlainHDU"
Pixels = npt.NDArray[Any]
DType = np.dtype[Any]
Scaling = Callable[[Pixels], Pixels]

# Pixels per read: 128 to 512 kB, so that each buffer stays in the processor's cache.
CHUNK = 1 << 16


def image_hdus(hdus: fits.HDUList, extname: str, filename: str) -> list[ImageHDU]:
    """Return the HDUs of the chips of an image, bottom chip first.

    Chip 2 lies below chip 1.  CCDCHIP identifies the chip; without it EXTVER does, because ACS
    files store chip 2 first (ACS Data Handbook, chapter 2).

    Parameters
    ----------
    hdus : HDUList
        An open file, opened with any options; its data must not have been accessed.
    extname : str
        ``SCI``, ``ERR`` ...
    filename : str
        Name of the file for error messages.

    Returns
    -------
    list of HDU
        One or more two-dimensional images of the same width.

    Raises
    ------
    PreviewError
        If the file is truncated, has no such extension, or has one that is not a plain image.
    """
    chips = [hdu for hdu in _complete(hdus, filename) if hdu.name.upper() == extname.upper()]
    if not chips:
        raise PreviewError(f"{filename}: no {extname} extension")
    widths = [image_shape(hdu, filename)[1] for hdu in chips]
    if len(set(widths)) > 1:
        raise PreviewError(f"{filename}: {extname} chips differ in width: {widths}")
    numbers = [_keyword(hdu, "CCDCHIP", None, filename) for hdu in chips]
    if all(isinstance(number, int) for number in numbers) and len(set(numbers)) == len(numbers):
        return sorted(chips, key=lambda hdu: -int(hdu.header["CCDCHIP"]))
    return sorted(chips, key=lambda hdu: int(hdu.ver))


def image_shape(hdu: ImageHDU, filename: str) -> tuple[int, int]:
    """Return the height and width of an image in pixels, stored or constant.

    An image of a constant value may be stored as a header alone: NAXIS is 0, NPIX1 and NPIX2 are
    its size, and PIXVALUE its value (ACS Data Handbook, chapter 2).

    Parameters
    ----------
    hdu : HDU
        An image.
    filename : str
        Name of the file for error messages.

    Returns
    -------
    tuple of int
        Rows and columns.

    Raises
    ------
    PreviewError
        If it is not a plain two-dimensional image with pixels.
    """
    if not _is_plain_image(hdu):
        raise PreviewError(f"{filename}: {_label(hdu)} is not a plain image")
    size = hdu.shape or _constant_shape(hdu, filename)
    if min(size) < 1:
        raise PreviewError(f"{filename}: {_label(hdu)} has no pixels")
    if len(size) != 2:
        raise PreviewError(f"{filename}: {_label(hdu)} has {len(size)} axes, not 2")
    rows, columns = size
    return rows, columns


def _is_plain_image(hdu: Any) -> bool:
    if isinstance(hdu, PlainHDU):
        return hdu.is_image
    # Exact types: others may have other keywords for the same, as random groups have.
    return type(hdu) in (fits.ImageHDU, fits.PrimaryHDU, fits.CompImageHDU)


@dataclass(frozen=True)
class StoredImage:
    """The position of the pixels of an image in its file, and their format.

    Attributes
    ----------
    label : str
        ``EXTNAME,EXTVER``, for error messages.
    shape : tuple of int
        Rows and columns.
    start : int
        Position of the first pixel in the file, in bytes; of a compressed image that of its header.
    stored_type, physical_type : numpy.dtype
        Types of the pixels in the file and of the values that `rows` returns.
    physical : callable
        Makes physical values from stored ones.
    constant : float, optional
        The value of all pixels of an image that stores none.
    compressed : bool
        Whether it is tile-compressed (FITS 4.0, section 10), so that no row has a fixed position.
    """

    label: str
    shape: tuple[int, int]
    start: int
    stored_type: DType
    physical_type: DType
    physical: Scaling
    constant: float | None = None
    compressed: bool = False

    def rows(
        self, file: BinaryIO, filename: str, first: int = 0, last: int | None = None
    ) -> Pixels:
        """Read the physical values of some rows.

        Parameters
        ----------
        file : binary file
            The open file.
        filename : str
            Name of the file for error messages.
        first, last : int
            The rows from `first` to before `last`; by default all.

        Returns
        -------
        numpy.ndarray of `physical_type`, shape (last - first, columns)
            In the byte order of the processor.

        Raises
        ------
        PreviewError
            If the file is truncated, or a compressed image is damaged.
        OSError
            If the system cannot read it.
        """
        size = ((self.shape[0] if last is None else last) - first, self.shape[1])
        if self.constant is not None:
            return np.broadcast_to(np.float64(self.constant), size)
        if self.compressed:
            return self._decompressed(file, filename, first, first + size[0])
        # Small reads into an array of numpy's, which is on huge pages, take a third of the time of
        # one large read, and swap the bytes on the way.
        values = np.empty(math.prod(size), self.physical_type)
        bytes_each = self.stored_type.itemsize
        file.seek(self.start + first * self.shape[1] * bytes_each)
        for at in range(0, values.size, CHUNK):
            chunk = values[at : at + CHUNK]
            content = file.read(chunk.size * bytes_each)
            if len(content) < chunk.size * bytes_each:
                raise PreviewError(f"{filename}: truncated in {self.label}")
            chunk[:] = self.physical(np.frombuffer(content, self.stored_type))
        return values.reshape(size)

    def _decompressed(self, file: BinaryIO, filename: str, first: int, last: int) -> Pixels:
        """Read rows of a compressed image; only the tiles on which they lie are decompressed."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            try:
                with open_fits(Path(file.name)) as hdus:
                    (hdu,) = (one for one in hdus if one.fileinfo()["hdrLoc"] == self.start)
                    stored = hdu.section[first:last]
            except (OSError, MemoryError) as error:
                if isinstance(error, MemoryError) or is_of_system(error):
                    raise
                raise PreviewError(f"{filename}: {self.label}: {error}") from error
            except Exception as error:
                # The codecs raise almost anything for damaged tiles.
                raise PreviewError(
                    f"{filename}: {self.label} cannot be decompressed: {error}"
                ) from error
        return self.physical(stored).astype(self.physical_type, copy=False)


def stored_image(hdu: ImageHDU, filename: str) -> StoredImage:
    """Return where the pixels of an image are in its file, and how to read them.

    Parameters
    ----------
    hdu : HDU
        An image of an open file.
    filename : str
        Name of the file for error messages.

    Returns
    -------
    StoredImage
        It stays valid after the file is closed.

    Raises
    ------
    PreviewError
        If it is not a plain two-dimensional image, or a keyword that describes the pixels has no
        usable value.
    """
    size, start = image_shape(hdu, filename), hdu.fileinfo()["datLoc"]
    if not hdu.shape:
        value = number(hdu, "PIXVALUE", 0, filename)
        double: DType = np.dtype(np.float64)
        return StoredImage(_label(hdu), size, start, double, double, np.asarray, value)
    stored_type = _stored_type(hdu, filename)
    physical_type, physical = _scaling(stored_type, hdu, filename)
    compressed = False
    if isinstance(hdu, fits.CompImageHDU):
        compressed = True
        start = hdu.fileinfo()["hdrLoc"]
        if any(tile > side for tile, side in zip(hdu.tile_shape, size, strict=True)):
            # Astropy would reserve memory for tiles of any size.
            raise PreviewError(f"{filename}: {_label(hdu)} has tiles larger than the image")
    return StoredImage(
        _label(hdu), size, start, stored_type, physical_type, physical, compressed=compressed
    )


def read_pixels(hdu: ImageHDU, filename: str) -> Pixels:
    """Read the physical values of an image, BZERO + BSCALE * stored (FITS 4.0, 4.4.2.5).

    Parameters
    ----------
    hdu : HDU
        An image of an open file.
    filename : str
        Name of the file for error messages.

    Returns
    -------
    numpy.ndarray, shape (height, width)
        Row 0 first, in the byte order of the processor.  Values without scaling keep their stored
        type, unsigned 16-bit integers (BZERO = 32768) become uint16, and all others float64 with
        NaN for BLANK.

    Raises
    ------
    PreviewError
        If it is not a plain two-dimensional image, or is truncated.
    OSError
        If the system cannot read it.
    """
    return stored_image(hdu, filename).rows(hdu.fileinfo()["file"], filename)


def finite_pixels(values: Pixels) -> Pixels:
    """Return the finite ones of some values.

    Parameters
    ----------
    values : numpy.ndarray
        Of any real type and shape.

    Returns
    -------
    numpy.ndarray
        The array itself if all of its values are finite, else a flat copy.
    """
    finite = np.isfinite(values)
    return values if finite.all() else values[finite]


def _complete(hdus: fits.HDUList, filename: str) -> list[Any]:
    """Return all HDUs of a file that is as long as its headers say.

    A file without its second chip must not give a preview of the first.
    """
    with warnings.catch_warnings():
        # Astropy only warns of a truncated file, at every access; here that is an error.
        warnings.simplefilter("ignore", AstropyUserWarning)
        try:
            every = list(hdus)
            last = every[-1].fileinfo()
            last["file"].seek(last["datLoc"] + last["datSpan"] - 1)
            end_and_after = last["file"].read(9)
        except OSError as error:
            if is_of_system(error):
                raise
            raise PreviewError(f"{filename}: cannot be read: {error}") from error
    if not end_and_after:
        raise PreviewError(f"{filename}: truncated in {_label(every[-1])}")
    # Astropy stops at a header that it cannot read, also at the first bytes of a truncated one.
    after = end_and_after[1:]
    if after and b"XTENSION".startswith(after):
        raise PreviewError(f"{filename}: truncated or damaged after {_label(every[-1])}")
    return every


def _constant_shape(hdu: ImageHDU, filename: str) -> tuple[int, ...]:
    if not all(keyword in hdu.header for keyword in ("NPIX1", "NPIX2", "PIXVALUE")):
        return (0,)
    return tuple(int(number(hdu, keyword, 0, filename)) for keyword in ("NPIX2", "NPIX1"))


def _stored_type(hdu: ImageHDU, filename: str) -> DType:
    bitpix = hdu.header["BITPIX"]
    if bitpix not in fits.BITPIX2DTYPE:
        raise PreviewError(f"{filename}: {_label(hdu)} has BITPIX = {bitpix}")
    native: DType = np.dtype(fits.BITPIX2DTYPE[bitpix])
    return native.newbyteorder(">")


def _scaling(stored: DType, hdu: ImageHDU, filename: str) -> tuple[DType, Scaling]:
    """Return the type of the physical values, and the function that makes them."""
    scale = number(hdu, "BSCALE", 1, filename)
    zero = number(hdu, "BZERO", 0, filename)
    blank = None if stored.kind == "f" else _keyword(hdu, "BLANK", None, filename)
    if blank is None and scale == 1 and zero == 0:
        return stored.newbyteorder("="), np.asarray
    if blank is None and scale == 1 and zero == 32768 and stored == ">i2":
        # Adding 32768 to 16 bits inverts the highest bit.
        return np.dtype(np.uint16), lambda values: values.astype(np.uint16) ^ 32768

    def scaled(values: Pixels) -> Pixels:
        with np.errstate(over="ignore", invalid="ignore"):
            physical: Pixels = values.astype(np.float64) * scale + zero
        if blank is not None:
            physical[values == blank] = np.nan
        return physical

    return np.dtype(np.float64), scaled


def number(hdu: ImageHDU, name: str, default: float, filename: str) -> float:
    """Return the value of a keyword that is a number.

    Parameters
    ----------
    hdu : HDU
        An image of an open file.
    name : str
        The keyword.
    default : float
        The value where the header has no such keyword.
    filename : str
        Name of the file for error messages.

    Raises
    ------
    PreviewError
        If it is not a number, or too large for one.
    """
    value = _keyword(hdu, name, default, filename)
    if isinstance(value, int | float) and math.isfinite(value):
        return value
    raise PreviewError(f"{filename}: {name} of {_label(hdu)} is {value!r}, not a number")


def _keyword(hdu: ImageHDU, keyword: str, default: float | None, filename: str) -> Any:
    """Return the value of a keyword as astropy reads it, and refuse one that it cannot read."""
    try:
        return hdu.header.get(keyword, default)
    except (fits.VerifyError, ValueError) as error:
        raise PreviewError(f"{filename}: {keyword} of {_label(hdu)}: {error}") from error


def _label(hdu: ImageHDU) -> str:
    return f"{hdu.name},{hdu.ver}"
