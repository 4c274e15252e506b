"""Make the preview of an ACS image and its thumbnail, and put both in place whole.

Pictures are written beside their final place and moved there, so that whoever looks at them
never meets half a picture, and a failure leaves the old one.  They are on the disk, and not only
on their way there, before anybody can note that they are made.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from astropy.io import fits
from PIL import Image

from ..errors import PreviewError
from ..fits import chips as mosaic
from . import stretch

THUMBNAIL_SIZE = 128
# The most pixels that libjpeg takes in either direction (JPEG_MAX_DIMENSION).
LARGEST_SIDE = 65500
# Twice the pixels of a WFC exposure: a damaged header can tell of more than memory holds.
MOST_PIXELS = 1 << 25


@dataclass(frozen=True)
class Rendered:
    """What was made of an image: sides in pixels, cuts in its units, files in bytes."""

    width: int
    height: int
    low: float
    high: float
    jpeg_bytes: int
    thumbnail_bytes: int | None = None


def render(
    hdus: fits.HDUList,
    filename: str,
    jpeg: Path,
    thumbnail: Path | None = None,
    extname: str = "SCI",
    quality: int = 75,
) -> Rendered:
    """Write the preview of an image and, if it is given a place, the thumbnail.

    Parameters
    ----------
    hdus : HDUList
        As `fits.open` gives it, with any options; nobody has asked for its data.
    filename : str
        What error messages call the file.
    jpeg, thumbnail : Path
        Where the pictures go; folders are made, old pictures replaced.  Both are baseline
        JPEGs, the thumbnail with its longer side of 128 pixels at most.
    extname : str
        Which extensions are shown.
    quality : int
        Of the JPEGs, as Pillow counts it.

    Raises
    ------
    PreviewError
        If there is nothing to show or a picture cannot be written.
    """
    grey, low, high = picture(hdus, filename, extname)
    image = Image.fromarray(grey)
    files = {Path(jpeg): _encoded(image, quality)}
    if thumbnail is not None:
        small = image.copy()
        small.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE), Image.Resampling.LANCZOS)
        files[Path(thumbnail)] = _encoded(small, quality)
    _write(files, filename)
    return Rendered(*image.size, low, high, *map(len, files.values()))


def picture(
    hdus: fits.HDUList, filename: str, extname: str = "SCI"
) -> tuple[np.ndarray, float, float]:
    """Return the picture of an image from its top, uint8, and the cuts it was scaled by.

    Raises
    ------
    PreviewError
        If there is nothing to show.
    """
    shown = mosaic.image_hdus(hdus, extname, filename)
    sizes = [mosaic.image_shape(hdu, filename) for hdu in shown]
    height, width = sum(rows for rows, _ in sizes), sizes[0][1]
    if max(width, height) > LARGEST_SIDE or width * height > MOST_PIXELS:
        raise PreviewError(f"{filename}: {width} x {height} pixels are too many for a JPEG")
    chips = [mosaic.read_pixels(hdu, filename) for hdu in shown]
    low, high = stretch.limits(chips, filename)
    return stretch.to_bytes(chips, low, high), low, high


def _encoded(image: Image.Image, quality: int) -> bytes:
    # Not straight into a file: there Pillow takes no notice of a last write that a full disk
    # cuts short.
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _write(files: dict[Path, bytes], filename: str) -> None:
    """Put all files in place or, if one cannot be written, none."""
    # One name for each picture: what a killed process left is overwritten by the next.
    temporary = {path: path.with_name(f".{path.name}.new") for path in files}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path in files:
            temporary[path].replace(path)
            _sync_folder(path.parent)
    except OSError as error:
        raise PreviewError(f"{filename}: cannot write {path}: {error}") from error
    finally:
        for path in temporary.values():
            # Moved, never made, or in a folder that takes no orders from us.
            with suppress(OSError):
                path.unlink()


def _sync_folder(folder: Path) -> None:
    """Let the names in a folder outlive a power cut, as `os.fsync` does it for the content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
