"""PNGs that carry pixel values to the viewer, which stretches them in the browser.

A picture of 8 bits could not be stretched again.  Each value is therefore packed into the three
bytes of an RGB pixel: red and green are the high and low byte of a 16-bit number, blue counts
256ths of its step, and blue = 255 means no value.  Integers within a range of 65,536 are exact.

A single value far from all others would make these equal.  The values of such an image are sent as
float32 numbers, each in two pixels: the first has its three highest bytes, the second, in red, its
lowest one.
"""

import math
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import PreviewError
from ..fits.chips import Pixels, finite_pixels

# Pixels packed at a time: 1 MB of float32 stays in a processor's cache.
STRIP = 1 << 18
# Blue of a pixel without a value.
NO_VALUE = 255
# The largest 16-bit number.
MAX_CODE = 65535
# Pixels of the sample that decides how values are packed, and the fewest 256ths of a step between
# its quartiles: half as many are 6 bits, which show as bands.
SAMPLE = 10_000
FEWEST_PARTS = 64
# The step of float32 numbers.
FLOATS = 0.0
# Both this and its reciprocal are normal float64 numbers.
MIN_STEP = 1e-300


@dataclass(frozen=True)
class Packed:
    """Values as a PNG: ``low + step * (256 * red + green + blue / 256)``, or float32 numbers.

    Attributes
    ----------
    png : bytes
        The file; its top row is the last row of the values.
    low : float
        The smallest value.
    step : float
        The difference of two 16-bit numbers, in the unit of the values; `FLOATS` where pixels have
        float32 numbers.
    """

    png: bytes
    low: float
    step: float


@np.errstate(invalid="ignore")
def pack(values: Pixels) -> Packed:
    """Pack values into the pixels of a PNG.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows, columns)
        Of any real type, the bottom row first.

    Returns
    -------
    Packed
        Values that are not finite have no value in it.

    Raises
    ------
    PreviewError
        If the range of the values exceeds that of a float64.
    """
    low, step = _range(values)
    height, width = values.shape
    across = width if step else 2 * width
    # Each row begins with the number of its filter, 0 for none: noise does not gain by others.
    compressor = zlib.compressobj(1, strategy=zlib.Z_RLE)
    packed = []
    rows = max(1, STRIP // width)
    for last in range(height, 0, -rows):
        part = values[max(last - rows, 0) : last][::-1]
        lines = np.zeros((len(part), 1 + 3 * across), np.uint8)
        coded = _coded(part, low, step) if step else _floats(part)
        lines[:, 1:] = coded.reshape(len(part), -1)
        packed.append(compressor.compress(lines.data))
    packed.append(compressor.flush())
    header = struct.pack(">IIBBBBB", across, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", b"".join(packed)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)
    return Packed(png, low, step)


def _range(values: Pixels) -> tuple[float, float]:
    """Return the smallest value, and the step that fits the range into 16 bits, or `FLOATS`."""
    finite = finite_pixels(values)
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if not math.isfinite(high - low):
        raise PreviewError("its pixel values are too far apart to be shown")
    if high == low or (values.dtype.kind in "iu" and high - low <= MAX_CODE):
        return low, 1.0
    step = max((high - low) / MAX_CODE, MIN_STEP)
    sample = finite.flat[:: finite.size // SAMPLE | 1].astype(np.float64)
    lower, upper = np.percentile(sample, (25, 75))
    return low, step if upper - lower >= FEWEST_PARTS * step / 256 else FLOATS


def _coded(values: Pixels, low: float, step: float) -> npt.NDArray[np.uint8]:
    """Return the bytes of values, shape (rows, columns, 3)."""
    parts = (values.astype(np.float64) - low) * (256 / step)
    finite = np.isfinite(parts)
    codes = np.where(finite, np.rint(np.minimum(parts, MAX_CODE * 256)), 0).astype(">u4")
    coded = codes.view(np.uint8).reshape(*values.shape, 4)[..., 1:]
    np.minimum(coded[..., 2], NO_VALUE - 1, out=coded[..., 2])
    coded[~finite, 2] = NO_VALUE
    return coded


def _floats(values: Pixels) -> npt.NDArray[np.uint8]:
    """Return the bytes of values as float32 numbers, shape (rows, columns, 6)."""
    largest = np.finfo(np.float32).max
    numbers = np.clip(values.astype(np.float64), -largest, largest)
    numbers[~np.isfinite(values)] = np.nan
    coded = np.zeros((*values.shape, 6), np.uint8)
    coded[..., :4] = numbers.astype(">f4").view(np.uint8).reshape(*values.shape, 4)
    return coded


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG (PNG specification, third edition, section 5.3)."""
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
