"""Cut any part out of an image, binned to what a screen shows, and pack it for a browser.

Only the rows that are asked for are read, in strips, so that a worker never holds an image: a
bin is the mean of all its finite pixels, none is left out, and of flags it is all that any of its
pixels has.  A picture of 8 bits could not be stretched again, so each value goes in the three
bytes of a PNG's pixel: a number of 16 bits, high byte in red and low byte in green, and in blue
256ths of a step, or 255 where there is no value.  Integers within 65,536 of each other are exact.
"""

import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from astropy.io import fits

from ..errors import PreviewError
from ..fits import chips as mosaic
from ..fits.wcs import read_projection
from .preview import MOST_PIXELS

# Of a cut, as wide and as high as it may be, and together: those of a large screen.
MOST_CELLS = 1 << 22
# A WFC chip is 16 bins wide then.
LARGEST_BINNING = 256
# Pixels worked on at a time: 1 MB of float32 stays in a processor's cache.
STRIP = 1 << 18
# Pixels that stand for an image where percentiles are wanted: one of 99.9 % is above all but 260.
SAMPLE = 1 << 18
# Parts of the pixels, in percent, between the limits of a stretch.
PARTS = (99.8, 99.0, 98.0, 95.0, 90.0)
NO_VALUE = 255
HIGHEST = 65535
# Doubles have it and its reciprocal.
SMALLEST_STEP = 1e-300


@dataclass(frozen=True)
class Chip:
    """One chip of an image.

    `first_row` is where it begins in the image, `origin` where column and row 0 of the calibrated
    detector lie in it (LTV1, LTV2), and `projection` tells of its place on the sky.
    """

    stored: mosaic.StoredImage
    extver: int
    ccdchip: int | None
    first_row: int
    origin: tuple[float, float]
    projection: Mapping[str, Any] | None

    @property
    def height(self) -> int:
        """How many rows it has."""
        return self.stored.shape[0]


@dataclass(frozen=True)
class Plane:
    """All that one extension name shows: SCI, ERR or DQ of all chips, the bottom one first."""

    extname: str
    unit: str
    flags: bool
    chips: tuple[Chip, ...]

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.chips[0].stored.shape[1]

    @property
    def height(self) -> int:
        """How many rows it has."""
        return sum(chip.height for chip in self.chips)

    def only(self, extver: int) -> "Plane":
        """Return the plane of one chip alone.

        Raises
        ------
        PreviewError
            If there is no such chip.
        """
        for chip in self.chips:
            if chip.extver == extver:
                return replace(self, chips=(replace(chip, first_row=0),))
        held = ", ".join(chip.stored.label for chip in self.chips)
        raise PreviewError(f"there is no {self.extname},{extver}; the file has {held}")


@dataclass(frozen=True)
class Region:
    """Columns from `x0` to before `x1` and rows from `y0` to before `y1`, counted from 0."""

    x0: int
    x1: int
    y0: int
    y1: int


@dataclass(frozen=True)
class Limits:
    """Between which values an image may be stretched; nothing but zeros if no pixel is finite.

    `percentiles` has a pair for each of `PARTS`; they and `zscale` are taken from a sample.
    """

    pixels: int
    finite: int
    sampled: int
    minmax: tuple[float, float]
    zscale: tuple[float, float]
    percentiles: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Packed:
    """A cut as a PNG, its top row first: ``low + step * (256 * red + green + blue / 256)``."""

    png: bytes
    low: float
    step: float


def planes(
    hdus: fits.HDUList, filename: str, science: str = "SCI", quality: str = "DQ"
) -> tuple[Plane, ...]:
    """Return what an image has to show: its science and all that lies pixel by pixel beside it.

    Parameters
    ----------
    hdus : HDUList
        As `fits.open` gives it, with any options; nobody has asked for its data.
    filename : str
        What error messages call the file.
    science, quality : str
        The extensions of the image itself, and of its flags.

    Raises
    ------
    PreviewError
        If the file is cut short, or has no such image.
    """
    first = _plane(hdus, science, filename, quality)
    if first.width * first.height > MOST_PIXELS:
        raise PreviewError(f"{filename}: {first.width} x {first.height} pixels are too many")
    found = [first]
    for name in dict.fromkeys(hdu.name.upper() for hdu in hdus):
        if name in ("PRIMARY", science.upper()):
            continue
        try:
            plane = _plane(hdus, name, filename, quality)
        except PreviewError:
            # A table, or a cube: nothing that could be shown in the place of the image.
            continue
        if _layout(plane) == _layout(first):
            found.append(_with_sky_of(first, plane))
    return tuple(found)


def _plane(hdus: fits.HDUList, extname: str, filename: str, quality: str) -> Plane:
    chips, row = [], 0
    for hdu in mosaic.image_hdus(hdus, extname, filename):
        stored, header = mosaic.stored_image(hdu, filename), hdu.header
        ccdchip = header.get("CCDCHIP")
        origin = tuple(_number(header, name, 0.0) or 0.0 for name in ("LTV1", "LTV2"))
        chips.append(
            Chip(
                stored,
                hdu.ver,
                # What is drizzled from several chips has a negative one.
                ccdchip if type(ccdchip) is int and ccdchip > 0 else None,
                row,
                origin,
                read_projection(header),
            )
        )
        row += stored.shape[0]
    unit = hdu.header.get("BUNIT")
    flags = extname.upper() == quality.upper()
    return Plane(extname.upper(), unit if isinstance(unit, str) else "", flags, tuple(chips))


def _layout(plane: Plane) -> list[tuple[int, tuple[int, int]]]:
    return [(chip.extver, chip.stored.shape) for chip in plane.chips]


def _with_sky_of(science: Plane, plane: Plane) -> Plane:
    """Return a plane that lies where the science lies: constant images tell nothing of it."""
    chips = zip(plane.chips, science.chips, strict=True)
    return replace(
        plane,
        chips=tuple(
            replace(chip, ccdchip=of.ccdchip, origin=of.origin, projection=of.projection)
            for chip, of in chips
        ),
    )


def _number(header: Mapping[str, Any], keyword: str, default: float | None = None) -> float | None:
    """Return the number that a keyword has, None if it has none."""
    value = header.get(keyword, default)
    if type(value) not in (int, float) or not math.isfinite(value):
        return None
    return float(value)


def cut(
    file: BinaryIO, filename: str, plane: Plane, region: Region, binning: int = 1
) -> np.ndarray:
    """Return a part of an image, `binning` times `binning` pixels in one.

    Parameters
    ----------
    file : binary file
        That of which `plane` tells, open.
    filename : str
        What error messages call it.
    region : Region
        What lies outside the image is left out; the first bin begins at `x0` and `y0`.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        The bottom row first.  Pixels as they are if `binning` is 1, otherwise the means of finite
        ones, NaN where there are none; of flags a bitwise OR.  The last bins may be cut short.

    Raises
    ------
    PreviewError
        If the region is empty or too large, or the file cannot be read.
    """
    region = clipped(plane, region)
    height, width = check_size(region, binning)
    values = np.empty((height, width), _type(plane, binning))
    step = max(1, STRIP // plane.width // binning)
    for row in range(0, height, step):
        first = region.y0 + row * binning
        strip = _rows(file, filename, plane, first, min(first + step * binning, region.y1))
        part = strip[:, region.x0 : region.x1]
        values[row : row + step] = _binned(part, binning, plane.flags, values.dtype)
    return values


def clipped(plane: Plane, region: Region) -> Region:
    """Return the part of a region that lies in an image.

    Raises
    ------
    PreviewError
        If nothing is left.
    """
    x0, x1 = max(region.x0, 0), min(region.x1, plane.width)
    y0, y1 = max(region.y0, 0), min(region.y1, plane.height)
    if x0 >= x1 or y0 >= y1:
        raise PreviewError(
            f"columns {region.x0} to {region.x1} and rows {region.y0} to {region.y1} are no part "
            f"of {plane.width} x {plane.height} pixels"
        )
    return Region(x0, x1, y0, y1)


def check_size(region: Region, binning: int) -> tuple[int, int]:
    """Return the rows and columns of a cut.

    Raises
    ------
    PreviewError
        If it is larger than any screen.
    """
    if not 1 <= binning <= LARGEST_BINNING:
        raise PreviewError(f"bins have 1 to {LARGEST_BINNING} pixels a side, not {binning}")
    height = -(-(region.y1 - region.y0) // binning)
    width = -(-(region.x1 - region.x0) // binning)
    if height * width > MOST_CELLS:
        raise PreviewError(f"{width} x {height} are too many for one cut: {MOST_CELLS} at most")
    return height, width


def _type(plane: Plane, binning: int) -> np.dtype:
    """Return the type of the values of a cut."""
    stored = np.result_type(*(chip.stored.physical_type for chip in plane.chips))
    if plane.flags:
        return stored if stored.kind in "iu" else np.dtype(np.int32)
    if binning == 1:
        return stored
    exact = (stored.kind in "iu" and stored.itemsize <= 2) or stored == np.float32
    return np.dtype(np.float32 if exact else np.float64)


def _rows(file: BinaryIO, filename: str, plane: Plane, first: int, last: int) -> np.ndarray:
    """Read rows of an image, from as many chips as they lie on."""
    parts = []
    for chip in plane.chips:
        start, end = max(first - chip.first_row, 0), min(last - chip.first_row, chip.height)
        if start < end:
            parts.append(chip.stored.rows(file, filename, start, end))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


# Pixels may be infinite, or too large for a sum.
@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _binned(strip: np.ndarray, binning: int, flags: bool, dtype: np.dtype) -> np.ndarray:
    if flags:
        whole = np.nan_to_num(strip) if strip.dtype.kind == "f" else strip
        return _together(np.bitwise_or, whole.astype(dtype, copy=False), binning)
    if binning == 1:
        return strip
    values = strip.astype(dtype, copy=False)
    finite = np.isfinite(values)
    if finite.all():
        rows, columns = (_lengths(size, binning) for size in strip.shape)
        return _together(np.add, values, binning) / np.outer(rows, columns).astype(dtype)
    counts = _together(np.add, finite.astype(dtype), binning)
    return _together(np.add, np.where(finite, values, 0), binning) / counts


def _together(add: np.ufunc, values: np.ndarray, binning: int) -> np.ndarray:
    """Put the rows of each bin together and then its columns: numpy is quick in long steps."""
    for _ in range(2):
        bins = values[::binning].copy()
        for offset in range(1, binning):
            part = values[offset::binning]
            add(bins[: len(part)], part, out=bins[: len(part)])
        values = bins.T
    return values


def _lengths(size: int, binning: int) -> np.ndarray:
    """Return how many pixels there are along a side in each of its bins."""
    return np.diff([*range(0, size, binning), size])


@np.errstate(invalid="ignore")
def limits(file: BinaryIO, filename: str, plane: Plane) -> Limits:
    """Return between which values an image may be stretched.

    All pixels are looked at for the least and the greatest, and an even sample for the others.

    Parameters
    ----------
    file, filename, plane
        As `cut` has them.

    Raises
    ------
    PreviewError
        If the file cannot be read, or its values are too far apart.
    """
    # An odd step does not keep to a few columns of a chip whose width is a power of two.
    every = plane.width * plane.height // SAMPLE | 1
    finite, lows, highs, samples, skip = 0, [], [], [], 0
    for strip in _strips(file, filename, plane):
        flat = strip.reshape(-1)
        samples.append(_finite(flat[skip::every]))
        skip = (skip - flat.size) % every
        known = _finite(flat)
        if known.size:
            finite += known.size
            lows.append(float(known.min()))
            highs.append(float(known.max()))
    sample = np.concatenate(samples).astype(np.float64)
    low, high = (min(lows), max(highs)) if lows else (0.0, 0.0)
    if not math.isfinite(high - low):
        raise PreviewError(f"{filename}: its pixel values are too far apart to be shown")
    if not sample.size:
        sample = np.array([low, high])
    tails = np.array([[(100 - part) / 2, (100 + part) / 2] for part in PARTS])
    pairs = np.percentile(sample, tails).tolist()
    return Limits(
        pixels=plane.width * plane.height,
        finite=finite,
        sampled=sample.size,
        minmax=(low, high),
        zscale=_zscale(sample),
        percentiles={f"{part:g}": tuple(pair) for part, pair in zip(PARTS, pairs, strict=True)},
    )


def _strips(file: BinaryIO, filename: str, plane: Plane) -> Iterator[np.ndarray]:
    step = max(1, STRIP // plane.width)
    for first in range(0, plane.height, step):
        yield _rows(file, filename, plane, first, min(first + step, plane.height))


def _finite(values: np.ndarray) -> np.ndarray:
    finite = np.isfinite(values)
    return values if finite.all() else values[finite]


def _zscale(sample: np.ndarray) -> tuple[float, float]:
    # Not at the top: where there is matplotlib, it makes a folder of its own when imported.
    from astropy.visualization import ZScaleInterval

    low, high = ZScaleInterval(n_samples=10_000).get_limits(sample)
    return float(low), float(high)


@np.errstate(invalid="ignore")
def pack(values: np.ndarray) -> Packed:
    """Return values as the pixels of a PNG.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows, columns)
        In any real type, the bottom row first.

    Raises
    ------
    PreviewError
        If the values are too far apart.
    """
    low, step = _range(values)
    height, width = values.shape
    # Each row begins with its filter, none: what is mostly noise gains nothing by another.
    packer = zlib.compressobj(1, strategy=zlib.Z_RLE)
    packed = []
    for last in range(height, 0, -(rows := max(1, STRIP // width))):
        part = values[max(last - rows, 0) : last][::-1]
        lines = np.zeros((len(part), 1 + 3 * width), np.uint8)
        lines[:, 1:] = _coded(part, low, step).reshape(len(part), -1)
        packed.append(packer.compress(lines))
    packed.append(packer.flush())
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", b"".join(packed)), (b"IEND", b""))
    return Packed(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*c) for c in chunks), low, step)


def _range(values: np.ndarray) -> tuple[float, float]:
    """Return the least value and the step of a code."""
    known = _finite(values)
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    if not math.isfinite(high - low):
        raise PreviewError("its pixel values are too far apart to be shown")
    if high == low or (values.dtype.kind in "iu" and high - low <= HIGHEST):
        return low, 1.0
    return low, max((high - low) / HIGHEST, SMALLEST_STEP)


def _coded(values: np.ndarray, low: float, step: float) -> np.ndarray:
    """Return the bytes of values, shape (rows, columns, 3)."""
    parts = (values.astype(np.float64) - low) * (256 / step)
    known = np.isfinite(parts)
    codes = np.where(known, np.rint(np.minimum(parts, HIGHEST * 256)), 0).astype(">u4")
    coded = codes.view(np.uint8).reshape(*values.shape, 4)[..., 1:]
    np.minimum(coded[..., 2], NO_VALUE - 1, out=coded[..., 2])
    coded[~known, 2] = NO_VALUE
    return coded


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Return a part of a PNG: PNG specification, third edition, section 5.3."""
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
