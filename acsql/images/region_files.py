"""DS9 regions of an image: parsed, and read from and written to DS9 region files.

The package `regions` does the work.  What is added here is the two chips of a plane: a region file
counts the pixels of each extension from its own corner, so a region of one chip among several
carries a tag such as ``tag={SCI,2}``, and sky coordinates are those of the chip it lies on.
"""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from astropy.utils.exceptions import AstropyUserWarning

from ..errors import QueryError
from .planes import Chip, Plane

# The most regions of a file; more cannot be told apart on a screen.
MAX_REGIONS = 1000
# Decimals of pixels: a ten-thousandth of a pixel is far below any centroid's error.
_DECIMALS = 4
# Decimals of degrees and arcseconds: 1e-8 degrees are 0.04 milliarcseconds.
_SKY_DECIMALS = 8
_FIRST_LINE = "# Region file format: DS9 version 4.1"
# DS9's default system: pixels of the calibrated detector (LTV1 and LTV2), not of the image.
_PHYSICAL = re.compile(r"(?:^|;)[ \t]*physical[ \t]*(?=;|$)", re.IGNORECASE | re.MULTILINE)
_IMAGE = re.compile(r"(?:^|;)[ \t]*image[ \t]*(?=;|$)", re.IGNORECASE | re.MULTILINE)
# The attributes that are positions, of all classes of `regions`.
_POSITIONS = ("center", "start", "end", "vertices")

# Pixels of each extension, or right ascension and declination.
SYSTEMS = ("image", "icrs")


@dataclass(frozen=True)
class RegionFile:
    """What a region file contains.

    Attributes
    ----------
    regions : tuple of str
        DS9 regions in pixels of the plane, the first pixel 1, such as ``circle(10.5,20,4)``.
    problems : tuple of str
        What could not be read, and why.
    """

    regions: tuple[str, ...]
    problems: tuple[str, ...]


def parse_region(text: str) -> Any:
    """Return a region of a plane.

    Parameters
    ----------
    text : str
        One DS9 region in pixels of the plane, the first pixel 1.

    Returns
    -------
    regions.PixelRegion
        The first pixel is 0 in it.

    Raises
    ------
    QueryError
        If the text is not one region.
    """
    from regions import PixelRegion

    found, problems = _parsed(f"image\n{text}")
    if len(found) != 1 or not isinstance(found[0], PixelRegion):
        reason = f": {problems[0]}" if problems else ""
        raise QueryError(f"region: expected one such as circle(100,200,10), not {text!r}{reason}")
    return found[0]


def format_region(region: Any) -> str:
    """Return a region of a plane as text that `parse_region` reads.

    Parameters
    ----------
    region : regions.PixelRegion
        The first pixel is 0 in it.
    """
    return _line(region, _DECIMALS)


def read_regions(text: str, plane: Plane) -> RegionFile:
    """Return the regions of a DS9 region file on an image.

    Parameters
    ----------
    text : str
        The content of the file, in pixels (``image`` or ``physical``) or in sky coordinates.
    plane : Plane
        The image.

    Returns
    -------
    RegionFile
        Shapes that `regions` does not support, and those off the sky of the image, are problems.

    Raises
    ------
    QueryError
        If it is not a region file, or contains more than `MAX_REGIONS` regions.
    """
    from regions import SkyRegion

    physical = bool(_PHYSICAL.search(text))
    if physical and _IMAGE.search(text):
        raise QueryError("the region file mixes image and physical coordinates: save it in one")
    found, problems = _parsed(_PHYSICAL.sub("\nimage", text))
    if not found:
        raise QueryError("; ".join(["the file contains no DS9 region", *problems[:1]]))
    if len(found) > MAX_REGIONS:
        raise QueryError(f"the file contains {len(found)} regions, more than {MAX_REGIONS}")
    texts = []
    for region in found:
        if not isinstance(region, SkyRegion):
            texts.append(format_region(_on_plane(region, plane, physical)))
        elif (placed := _from_sky(region, plane)) is not None:
            texts.append(format_region(placed))
        else:
            problems.append(f"{type(region).__name__} is not on the sky of this image")
    return RegionFile(tuple(texts), tuple(problems))


def write_regions(texts: Iterable[str], plane: Plane, system: str) -> str:
    """Return a DS9 region file of regions on an image.

    Parameters
    ----------
    texts : iterable of str
        Regions as `parse_region` takes them.
    plane : Plane
        The image.
    system : str
        One of `SYSTEMS`: pixels of the extension that a region lies on, or sky coordinates.

    Returns
    -------
    str
        The content of the file.

    Raises
    ------
    QueryError
        If a text is not a region.
    PreviewError
        If the image has no sky coordinates.
    """
    lines = [_FIRST_LINE, system]
    for region in map(parse_region, texts):
        chip = _chip_below(plane, _centre(region)[1])
        if system == "icrs":
            lines.append(_line(region.to_sky(chip.wcs_of_plane()), _SKY_DECIMALS))
            continue
        tag = chip.stored.label if len(plane.chips) > 1 else ""
        lines.append(_line(_shifted(region, 0, -chip.first_row), _DECIMALS, tag))
    return "\n".join([*lines, ""])


def _line(region: Any, decimals: int, tag: str = "") -> str:
    """Return the line of a region: its sign, its shape, and a comment with label and tag.

    `regions` writes the shape.  It loses the sign of an excluded region, which it writes as a
    property that it does not read.
    """
    shape = region.serialize(format="ds9", precision=decimals).strip().splitlines()[-1]
    sign = "" if region.meta.get("include", 1) else "-"
    # Braces and line ends would end the label, or the region.
    label = re.sub(r"[{}\s]+", " ", str(region.meta.get("text", ""))).strip()
    comments = [f"{name}={{{text}}}" for name, text in (("text", label), ("tag", tag)) if text]
    return " # ".join(filter(None, (f"{sign}{shape.partition(' #')[0]}", " ".join(comments))))


def _parsed(text: str) -> tuple[list[Any], list[str]]:
    """Return the regions of a text, and why others could not be read."""
    from regions import Regions
    from regions.io.ds9.core import DS9ParserError

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AstropyUserWarning)
        try:
            found = list(Regions.parse(text, format="ds9"))
        except (DS9ParserError, ValueError, TypeError, IndexError) as error:
            raise QueryError(f"the text is not a DS9 region file: {error}") from error
    return found, [str(warning.message) for warning in caught]


def _on_plane(region: Any, plane: Plane, physical: bool) -> Any:
    """Return a region of an extension in the pixels of the plane."""
    tags = region.meta.get("tag", ())
    tagged = (chip for chip in plane.chips if chip.stored.label in tags)
    chip = next(tagged, plane.chips[0])
    x, y = chip.origin if physical else (0.0, 0.0)
    return _shifted(region, x, y + chip.first_row)


def _from_sky(region: Any, plane: Plane) -> Any | None:
    """Return a region of the sky in pixels, by the chip on which, or nearest to which, it lies."""
    from astropy.wcs import NoConvergence

    placed: list[tuple[float, int, Any]] = []
    for chip in plane.chips:
        try:
            candidate = region.to_pixel(chip.wcs_of_plane())
            placed.append((_rows_away(chip, _centre(candidate)[1]), len(placed), candidate))
        except (ValueError, NoConvergence):
            # The distortion has no inverse far from the chip, and the other hemisphere no pixel.
            continue
    return min(placed)[-1] if placed else None


def _centre(region: Any) -> tuple[float, float]:
    box = region.bounding_box
    return (box.ixmin + box.ixmax - 1) / 2, (box.iymin + box.iymax - 1) / 2


def _chip_below(plane: Plane, y: float) -> Chip:
    return min(plane.chips, key=lambda chip: _rows_away(chip, y))


def _rows_away(chip: Chip, y: float) -> float:
    """Return how many rows a position of the plane is from a chip, 0 on it."""
    return max(chip.first_row - 0.5 - y, y - (chip.first_row + chip.height - 0.5), 0)


def _shifted(region: Any, dx: float, dy: float) -> Any:
    """Return a region moved by pixels."""
    from regions import PixCoord

    positions = {name: getattr(region, name) for name in _POSITIONS if hasattr(region, name)}
    return region.copy(
        **{name: PixCoord(place.x + dx, place.y + dy) for name, place in positions.items()}
    )
