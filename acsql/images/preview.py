"""Previews and thumbnails of ACS images, written to disk atomically.

Pictures are written beside their final path and renamed, so that readers never see half a picture
and a failure leaves the old one.  They are synchronised to the disk before this module returns,
so that nothing can record a preview that a power failure then loses.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from astropy.io import fits
from PIL import Image

from ..errors import PreviewError
from ..fits.chips import Pixels, image_hdus, image_shape, read_pixels
from ..permissions import BY_UMASK, Permissions
from . import stretch
from .drizzled import without_blank
from .stretch import StretchLimits

# The longer side of a thumbnail in pixels.
THUMBNAIL_SIZE = 128
# The longest side that libjpeg can write (JPEG_MAX_DIMENSION), in pixels.
MAX_SIDE = 65500
# Eight times the pixels of a WFC exposure, as many as the largest mosaics have: a damaged header
# can claim more than memory holds.
MAX_PIXELS = 1 << 27
# The JPEG quality of previews and thumbnails: that of Pillow by default.
QUALITY = 75


@dataclass(frozen=True)
class Rendered:
    """A preview that was written, and how it was stretched.

    Attributes
    ----------
    width, height : int
        Sides of the preview in pixels.
    limits : StretchLimits
        Values shown as black and white.
    jpeg_bytes : int
        Size of the preview.
    thumbnail_bytes : int, optional
        Size of the thumbnail, None if none was written.
    """

    width: int
    height: int
    limits: StretchLimits
    jpeg_bytes: int
    thumbnail_bytes: int | None = None


def render_chips(
    chips: Sequence[Pixels],
    filename: str,
    jpeg: Path,
    thumbnail: Path | None = None,
    permissions: Permissions = BY_UMASK,
    limits: StretchLimits | None = None,
) -> Rendered:
    """Write the preview of an image, and its thumbnail.

    Parameters
    ----------
    chips : sequence of numpy.ndarray
        Its pixels, as `read_chips` returns them.
    filename : str
        Name of the file for error messages.
    jpeg : Path
        Where to write the preview, a baseline JPEG.  Folders are created, an older picture is
        replaced.
    thumbnail : Path, optional
        Where to write the thumbnail, a JPEG whose longer side has at most `THUMBNAIL_SIZE`
        pixels; by default none is made.
    permissions : Permissions
        Permissions of the pictures, and of folders that are made.
    limits : StretchLimits, optional
        Limits of `acsql.images.stretch.percentile_limits`, if they are known.

    Returns
    -------
    Rendered
        Sizes and limits, which the document of the observation keeps.

    Raises
    ------
    PreviewError
        If the image cannot be shown.
    OSError
        If a picture cannot be written.
    """
    limits = limits or stretch.percentile_limits(chips, filename)
    image = Image.fromarray(stretch.to_grey(chips, limits.low, limits.high))
    files = {Path(jpeg): _encoded(image)}
    if thumbnail is not None:
        files[Path(thumbnail)] = _encoded(_small(image, limits.is_sparse))
    _write(files, permissions)
    width, height = image.size
    return Rendered(width, height, limits, *map(len, files.values()))


def render_thumbnail(
    jpeg: Path,
    thumbnail: Path,
    sparse: bool = False,
    permissions: Permissions = BY_UMASK,
) -> None:
    """Write the thumbnail of a preview that was written before.

    Parameters
    ----------
    jpeg : Path
        The preview.
    thumbnail : Path
        As for `render_chips`.
    sparse : bool
        Whether its limits are those of a sparse image, whose thumbnail shows single counts.
    permissions : Permissions
        As for `render_chips`.

    Raises
    ------
    OSError
        If the preview cannot be read, or the thumbnail cannot be written.
    """
    with Image.open(jpeg, formats=["JPEG"]) as image:
        content = _encoded(_small(image, sparse))
    _write({thumbnail: content}, permissions)


def read_chips(
    hdus: fits.HDUList, filename: str, extname: str, weights: str | None = None
) -> list[Pixels]:
    """Return the pixels that pictures of an image are made of.

    Parameters
    ----------
    hdus : HDUList
        An open file, opened with any options; its data must not have been accessed.
    filename : str
        Name of the file for error messages.
    extname : str
        Name of the extensions to show.
    weights : str, optional
        Name of the extensions with the weights of a drizzled image, whose pixels without data then
        count as not finite.

    Returns
    -------
    list of numpy.ndarray, shape (rows, width)
        Physical values, the bottom chip first.

    Raises
    ------
    PreviewError
        If the image cannot be shown.
    """
    images = image_hdus(hdus, extname, filename)
    shapes = [image_shape(hdu, filename) for hdu in images]
    height, width = sum(rows for rows, _ in shapes), shapes[0][1]
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PreviewError(f"{filename}: {width} x {height} pixels are too many for a JPEG")
    chips = [read_pixels(hdu, filename) for hdu in images]
    if weights is None:
        return chips
    return [
        without_blank(chip, hdu, hdus, weights, filename)
        for chip, hdu in zip(chips, images, strict=True)
    ]


def _small(image: Image.Image, sparse: bool) -> Image.Image:
    """Return the thumbnail of a picture."""
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE), Image.Resampling.LANCZOS)
    if not sparse:
        return small
    # The brightest pixel of each cell, because a mean hides single counts.
    grey = np.asarray(image)
    for axis, cells in enumerate(reversed(small.size)):
        grey = np.maximum.reduceat(grey, np.arange(cells) * grey.shape[axis] // cells, axis=axis)
    return Image.fromarray(grey)


def _encoded(image: Image.Image) -> bytes:
    # Not straight into a file: Pillow ignores a last write that a full disk truncates.
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _write(files: dict[Path, bytes], permissions: Permissions) -> None:
    """Write all files or, if one cannot be written, none."""
    # One temporary name per picture: the next run overwrites what a killed process left behind.
    temporary = {path: path.with_name(f".{path.name}.new") for path in files}
    try:
        for path, content in files.items():
            permissions.make_folder(path.parent)
            with temporary[path].open("wb") as file:
                file.write(content)
                file.flush()
                permissions.apply(temporary[path])
                os.fsync(file.fileno())
        for path in files:
            temporary[path].replace(path)
            _sync_folder(path.parent)
    except OSError as error:
        # A full disk does not say which file it refused.
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        for path in temporary.values():
            # Renamed, never created, or in a folder without write permission.
            with suppress(OSError):
                path.unlink()


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power failure, as `os.fsync` does for file contents."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
