"""Statistics of the pixels inside a region, from the full-resolution pixels of the file.

A pixel is inside if its centre is, as in DS9; of a line those that it crosses at steps of at most
one pixel, and of a point its one pixel.  Pixels that are not finite have no value.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ..errors import QueryError
from ..fits.chips import Pixels
from .cutout import Region, clip
from .deviations import median, sigma_clip
from .distribution import distributions
from .planes import Plane
from .profiles import check_length, line_pixels

# A WFC chip, whose statistics take 0.2 s.
MAX_REGION_PIXELS = 1 << 23


@dataclass(frozen=True)
class RegionStatistics:
    """Statistics of the pixels inside a region, in the unit of the image.

    Attributes
    ----------
    pixels, finite : int
        Numbers of all pixels inside, and of those with a value; the following are of these.
    mean, median, std, total, minimum, maximum : float or None
        None without any value, or where it exceeds a float64.
    clipped : int
        Pixels that remain after clipping values far from the median, as of
        `acsql.images.deviations.sigma_clip`.
    clipped_mean, clipped_median, clipped_std : float or None
        Statistics of those.
    flagged : int or None
        Pixels with any data quality flag, None without data quality.
    flags : mapping of int to int
        The number of pixels with each flag.
    """

    pixels: int
    finite: int
    mean: float | None = None
    median: float | None = None
    std: float | None = None
    total: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    clipped: int = 0
    clipped_mean: float | None = None
    clipped_median: float | None = None
    clipped_std: float | None = None
    flagged: int | None = None
    flags: Mapping[int, int] | None = None


def read_region_statistics(
    file: BinaryIO, filename: str, plane: Plane, region: Any, quality: Plane | None = None
) -> RegionStatistics:
    """Return the statistics of the pixels inside a region.

    Parameters
    ----------
    file : binary file
        The open file that the planes describe.
    filename : str
        Name of the file for error messages.
    plane : Plane
        The image.
    region : regions.PixelRegion
        The region; its part outside of the image has no pixels.
    quality : Plane, optional
        The data quality flags of the same pixels.

    Returns
    -------
    RegionStatistics
        In the unit of the image.

    Raises
    ------
    QueryError
        If the region lies outside the image, has more than `MAX_REGION_PIXELS` pixels, or is a line
        longer than the outline of the image.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    values = _read_inside(file, filename, plane, region)
    statistics = _of_values(values)
    if quality is None:
        return statistics
    flags = _read_inside(file, filename, quality, region)
    flags = np.nan_to_num(flags).astype(np.int64)
    bits = [1 << bit for bit in range(32)]
    counts = {bit: int(np.count_nonzero(flags & bit)) for bit in bits}
    return replace(
        statistics,
        flagged=int(np.count_nonzero(flags)),
        flags={bit: count for bit, count in counts.items() if count},
    )


def _of_values(inside: Pixels) -> RegionStatistics:
    (values,) = distributions([inside])
    number = values.size
    if not number:
        return RegionStatistics(inside.size, 0)
    clipped, (mean, std) = sigma_clip(values), values.moments(0, number)
    figures = {
        "mean": mean,
        "median": median(values),
        "std": std,
        "total": mean * number,
        "minimum": values.at(0),
        "maximum": values.at(number - 1),
        "clipped_mean": clipped.mean,
        "clipped_median": clipped.median,
        "clipped_std": clipped.std,
    }
    # The sum of very large values is infinite, which JSON cannot say.
    finite: dict[str, Any] = {
        name: value for name, value in figures.items() if math.isfinite(value)
    }
    return replace(RegionStatistics(inside.size, number, clipped=clipped.number), **finite)


def _read_inside(file: BinaryIO, filename: str, plane: Plane, region: Any) -> Pixels:
    """Return the values of the pixels inside a region, read strip by strip."""
    from regions import LinePixelRegion, PixCoord

    if isinstance(region, LinePixelRegion):
        check_length(plane, (region.start.x, region.start.y), (region.end.x, region.end.y))
    box = clip(plane, _bounds(region))
    on_chips = plane.on_chips
    found, count, row = [], 0, box.y0
    columns = np.arange(box.x0, box.x1)
    for strip in plane.strips(file, filename, box.y0, box.y1):
        rows = np.arange(row, row + len(strip))
        x, y = np.meshgrid(columns, rows)
        inside = _contains(region, PixCoord(x, y)) & on_chips[rows, None]
        values = strip[:, box.x0 : box.x1][inside]
        count += values.size
        if count > MAX_REGION_PIXELS:
            raise QueryError(
                f"the region has more than {MAX_REGION_PIXELS:,} pixels: draw a smaller one"
            )
        found.append(values)
        row += len(strip)
    return np.concatenate(found)


def _bounds(region: Any) -> Region:
    """Return the rectangle of pixels around a region, also beyond the image."""
    box = region.bounding_box
    # Points have a box without a size, and lines may.
    return Region(
        box.ixmin, max(box.ixmax, box.ixmin + 1), box.iymin, max(box.iymax, box.iymin + 1)
    )


def _contains(region: Any, places: Any) -> npt.NDArray[np.bool_]:
    from regions import LinePixelRegion, PointPixelRegion, TextPixelRegion

    inside: npt.NDArray[np.bool_]
    if isinstance(region, LinePixelRegion):
        inside = np.zeros(places.x.shape, bool)
        x, y = line_pixels((region.start.x, region.start.y), (region.end.x, region.end.y))
        row, column = y - places.y[0, 0], x - places.x[0, 0]
        rows, columns = inside.shape
        within = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        inside[row[within], column[within]] = True
        return inside
    if isinstance(region, PointPixelRegion | TextPixelRegion):
        x, y = (math.floor(part + 0.5) for part in (region.center.x, region.center.y))
        inside = (places.x == x) & (places.y == y)
        return inside
    # An excluded region has pixels inside like any other.
    included = region.copy(meta=region.meta.copy() | {"include": 1})
    inside = included.contains(places)
    return inside
