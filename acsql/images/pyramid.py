"""The pyramid of an image: tiles of a fixed size, on levels with bins of 1, 2, 4 ... pixels.

Tiles of the finest levels need few rows of the file.  All coarser levels need all of its pixels, so
one pass over the file makes them together with the limits of the stretch, and they are cached: a
pass over a drizzled image of 10,000 x 10,000 pixels takes half a second, and a screen shows a dozen
tiles.  Until it has ended, a large image is shown from a sample of its rows.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import BinaryIO

import numpy as np

from ..errors import QueryError
from ..fits.chips import Pixels
from .bins import bin_pixels
from .cutout import Region, binned_dtype, read_cutout
from .limits import Limits, LimitsBuilder
from .planes import Plane

# Bins along the side of a tile: about 0.5 MB as a PNG, and a WFC chip is 8 tiles wide.
TILE = 512
# The first level that is made with all coarser ones; a finer tile needs at most 1,024 rows.
FIRST_COARSE = 2

# Pixels of an image from which on a pass over it takes longer than a user notices: 4 million take
# some 60 ms.
SAMPLED_FROM = 1 << 22
# The sample of the limits is smaller by this factor until then: 32,768 pixels, of which 33 are
# above the 99.9th percentile.
LIMITS_SHARE = 8

# Returns the entry of a key from a cache, or what a function makes.
Cache = Callable[[str, Callable[[], bytes]], bytes]


@dataclass(frozen=True)
class Tile:
    """A tile of the pyramid.

    Attributes
    ----------
    level : int
        Its bins have ``2 ** level`` pixels along their sides.
    column, row : int
        Its place among the tiles of the level, from 0 at the lower left.
    """

    level: int
    column: int
    row: int

    @property
    def binning(self) -> int:
        """The pixels along the sides of a bin."""
        return 1 << self.level

    @property
    def region(self) -> Region:
        """The pixels of the tile, also beyond the right and upper edges of the image."""
        size = TILE * self.binning
        x0, y0 = self.column * size, self.row * size
        return Region(x0, x0 + size, y0, y0 + size)


def level_count(plane: Plane) -> int:
    """Return the number of levels; the coarsest one is a single tile."""
    largest = -(-max(plane.width, plane.height) // TILE)
    return 1 + (largest - 1).bit_length()


def read_overview(
    file: BinaryIO,
    filename: str,
    plane: Plane,
    cache: Cache,
    key: str,
    marks: Plane | None = None,
) -> tuple[Tile, Pixels, Limits]:
    """Return what the viewer shows first: the coarsest tile of an image, and its limits.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    cache : callable
        As for `read_tile`, which finds the coarse levels there afterwards.
    key : str
        As for `read_tile`.
    marks : Plane, optional
        As for `read_levels`.

    Returns
    -------
    tile : Tile
        The only tile of the coarsest level.
    bins : numpy.ndarray, shape (rows, columns)
        Its bins, as `read_tile` returns them.
    limits : Limits
        Limits of all pixels of the image that have data.

    Raises
    ------
    PreviewError
        If the file is truncated, or the range of its values exceeds that of a float64.
    OSError
        If the system cannot read the file.
    """
    levels, limits = read_levels(file, filename, plane, marks)
    tile = Tile(level_count(plane) - 1, 0, 0)
    if not levels:
        return tile, read_cutout(file, filename, plane, tile.region, tile.binning), limits
    cache(_levels_key(key), lambda: _packed(levels))
    return tile, levels[tile.level], limits


def sample_overview(
    file: BinaryIO, filename: str, plane: Plane, drizzled: bool = False
) -> tuple[Tile, Pixels, Limits]:
    """Return an approximation of the overview of an image from one row of pixels for each of bins.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    drizzled : bool
        Whether the limits leave out pixels of exactly 0, which as a rule have no data: to read the
        weights takes as long as to read the image.

    Returns
    -------
    tile : Tile
        The only tile of the coarsest level.
    bins : numpy.ndarray, shape (rows, columns)
        Its bins, of the pixels in their middle rows.
    limits : Limits
        Limits of the pixels that were read, from a smaller sample of them.

    Raises
    ------
    PreviewError, OSError
        As `read_overview`.
    """
    tile = Tile(level_count(plane) - 1, 0, 0)
    middles = range(tile.binning // 2, plane.height, tile.binning)
    # The last bins may have fewer rows.
    rows = [*middles, *([] if len(middles) * tile.binning >= plane.height else [plane.height - 1])]
    on_chips = plane.on_chips[rows]
    # Without the gaps between chips all pixels are finite, as a rule, and binned faster.
    read = [row for row, is_read in zip(rows, on_chips, strict=True) if is_read]

    pixels = np.concatenate(
        [strip for row in read for strip in plane.strips(file, filename, row, row + 1)]
    )
    limits = LimitsBuilder(pixels.size, LIMITS_SHARE)
    limits.add(_with_data(pixels, pixels if drizzled else None))
    dtype = binned_dtype(plane, tile.binning)
    values = bin_pixels(pixels, tile.binning, plane.flags, dtype, rows=1).values
    bins = np.full((len(rows), values.shape[1]), 0 if plane.flags else np.nan, values.dtype)
    bins[on_chips] = values
    return tile, bins, limits.build(filename)


def read_tile(
    file: BinaryIO, filename: str, plane: Plane, tile: Tile, cache: Cache, key: str
) -> Pixels:
    """Return a tile of an image.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    tile : Tile
        The tile.
    cache : callable
        The cache of coarse levels.
    key : str
        It identifies the image and the version of its file in the cache.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        The same bins as those of `acsql.images.cutout.read_cutout`, the bottom row first; fewer
        than `TILE` at the right and upper edges.

    Raises
    ------
    QueryError
        If the pyramid has no such tile.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    levels = level_count(plane)
    if not 0 <= tile.level < levels:
        raise QueryError(f"level must be 0 to {levels - 1}, not {tile.level}")
    if tile.level < FIRST_COARSE:
        return read_cutout(file, filename, plane, tile.region, tile.binning)
    content = cache(_levels_key(key), lambda: _packed(read_levels(file, filename, plane)[0]))
    with np.load(io.BytesIO(content)) as kept:
        level: Pixels = kept[str(tile.level)]
    x0, y0 = tile.column * TILE, tile.row * TILE
    bins = level[max(y0, 0) : y0 + TILE, max(x0, 0) : x0 + TILE]
    if not bins.size:
        raise QueryError(f"level {tile.level} has no tile in column {tile.column}, row {tile.row}")
    return bins


def read_levels(
    file: BinaryIO, filename: str, plane: Plane, marks: Plane | None = None
) -> tuple[dict[int, Pixels], Limits]:
    """Return all coarse levels of an image and its limits, made in one pass over its file.

    Parameters
    ----------
    file : binary file
        The open file that `plane` describes.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    marks : Plane, optional
        An image of the same chips: the limits leave out the pixels where it is 0.

    Returns
    -------
    levels : dict of int to numpy.ndarray
        The bins of each level from `FIRST_COARSE` on, shape (rows, columns).
    limits : Limits
        Limits of all pixels that have data.

    Raises
    ------
    PreviewError
        If the file is truncated, or the range of its values exceeds that of a float64.
    OSError
        If the system cannot read the file.
    """
    levels = range(FIRST_COARSE, level_count(plane))
    first, largest = 1 << levels.start, 1 << max(levels.stop - 1, 0)
    parts: dict[int, list[Pixels]] = {level: [] for level in levels}
    limits, on_chips, row = LimitsBuilder(plane.pixels), plane.on_chips, 0
    strips = plane.strips(file, filename, binning=largest)
    marked = marks.strips(file, filename, binning=largest) if marks else repeat(None)
    # Not strict, because `repeat` has no end.
    for strip, mark in zip(strips, marked, strict=False):
        with_data = _with_data(strip, mark)
        limits.add(with_data[on_chips[row : row + len(strip)]] if plane.has_gaps else with_data)
        row += len(strip)
        if levels:
            bins = bin_pixels(strip, first, plane.flags, binned_dtype(plane, first))
        for level in levels:
            parts[level].append(bins.values)
            bins = bins.combined(2)
    made = {level: np.ascontiguousarray(np.concatenate(each)) for level, each in parts.items()}
    return made, limits.build(filename)


def _with_data(pixels: Pixels, marks: Pixels | None) -> Pixels:
    """Return pixels with NaN for those that are marked by 0."""
    blank = None if marks is None else marks == 0
    return pixels if blank is None or not blank.any() else np.where(blank, np.nan, pixels)


def _levels_key(key: str) -> str:
    return f"levels {key}"


def _packed(levels: dict[int, Pixels]) -> bytes:
    """Return levels as the bytes of an uncompressed npz file."""
    content = io.BytesIO()
    np.savez(content, **{str(level): bins for level, bins in levels.items()})  # type: ignore[arg-type]
    return content.getvalue()
