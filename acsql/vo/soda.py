"""SODA 1.0: parts of images around a place on the sky, as FITS files with their coordinates.

https://www.ivoa.net/documents/SODA/20170517/REC-SODA-1.0.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..archive import Archive
from ..errors import DatasetNotFound, FileError, OutsideImage, QueryError
from ..images import sky_cutout
from ..names import Filename
from ..permissions import denied
from ..query.angles import position, radius
from ..query.messages import abbreviate
from .addresses import local_part

if TYPE_CHECKING:
    from astropy.coordinates import SkyCoord
    from astropy.io import fits

# Points on the parallels of a range, which are no great circles.
_POINTS = 50


@dataclass(frozen=True)
class Cutout:
    """A part of a file.

    Attributes
    ----------
    filename : str
        The name of the whole file.
    hdus : HDUList or None
        The part; None if the place has no pixels in the file.
    """

    filename: str
    hdus: fits.HDUList | None


def cutout(archive: Archive, identifier: str, outline: SkyCoord) -> Cutout:
    """Return the part of a file that contains a part of the sky.

    Parameters
    ----------
    archive : Archive
        The open archive.
    identifier : str
        The IVOA identifier or the name of a file.
    outline : SkyCoord
        From `outline_of`.

    Returns
    -------
    Cutout
        Every extension of each chip that the outline touches.

    Raises
    ------
    InvalidName, ObservationNotFound, DatasetNotFound
        If there is no such file, or it has no image.
    QueryError
        If the part is too large.
    AccessDenied
        If this process may not read the file.
    """
    filename = Filename.parse(local_part(identifier))
    observation = archive.observation(filename.rootname)
    if observation.datasets.get(filename.filetype) != str(filename):
        raise DatasetNotFound(f"{filename} is not in the archive")
    path = observation.path(filename.filetype)
    try:
        return Cutout(str(filename), sky_cutout.sky_cutout(path, outline))
    except OutsideImage:
        return Cutout(str(filename), None)
    except PermissionError as error:
        raise denied(str(filename)) from error
    except (OSError, FileError) as error:
        raise DatasetNotFound(f"{filename} has no image that can be read") from error


def outline_of(kind: str, text: str) -> SkyCoord:
    """Return the outline that a parameter of SODA describes.

    Parameters
    ----------
    kind : str
        ``CIRCLE``, ``POLYGON`` or ``POS``.
    text : str
        ``ra dec radius``, ``ra dec ra dec ra dec ...``, or with POS the word CIRCLE, POLYGON or
        RANGE before the numbers, in degrees.

    Returns
    -------
    SkyCoord
        Points on it.

    Raises
    ------
    QueryError
        If it is not such a text.
    """
    if kind == "POS":
        kind, _, text = text.strip().partition(" ")
    numbers = _numbers(kind, text)
    match kind.upper():
        case "CIRCLE" if len(numbers) == 3:
            return sky_cutout.circle(position(*numbers[:2]), radius(numbers[2]))
        case "POLYGON" if len(numbers) >= 6 and len(numbers) % 2 == 0:
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            return sky_cutout.polygon([position(*pair) for pair in pairs])
        case "RANGE" if len(numbers) == 4:
            return _range(*numbers)
    raise QueryError(
        f"expected CIRCLE=ra dec radius, POLYGON=ra dec ra dec ra dec ..., or POS=CIRCLE ..., "
        f"POLYGON ... or RANGE ra ra dec dec, in degrees, not {abbreviate(f'{kind} {text}')}"
    )


def _numbers(kind: str, text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        numbers = [math.nan]
    is_range = kind.upper() == "RANGE"
    if any(math.isnan(each) or (math.isinf(each) and not is_range) for each in numbers):
        raise QueryError(f"{kind[:20]}: expected numbers, not {abbreviate(text)}")
    return numbers


def _range(west: float, east: float, south: float, north: float) -> SkyCoord:
    """Return the outline of a range of coordinates."""
    if not (0 < east - west < 180 and -90 <= south < north <= 90):
        raise QueryError("RANGE: expected less than 180 degrees from low to high, in ra and dec")
    steps = [west + (east - west) * step / _POINTS for step in range(_POINTS + 1)]
    corners = [(ra, south) for ra in steps] + [(ra, north) for ra in reversed(steps)]
    return sky_cutout.polygon([position(*corner) for corner in corners])
