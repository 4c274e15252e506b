"""DS9 regions of an image: parsed, and read from and written to DS9 region files.

The package `regions` does the work.  This module adds the two chips of a plane: a region file
counts the pixels of each extension from its own corner, so a region of one chip among several
carries a tag such as ``tag={SCI,2}``, and sky coordinates are those of the chip it lies on.  Each
statement of a file is parsed alone, because `regions` refuses a whole file for one it cannot read.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
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
_PHYSICAL = "physical"
# The systems of `regions`, and those of DS9 that neither it nor an ACS image has.
_KNOWN_SYSTEMS = frozenset(
    (_PHYSICAL, "image", "icrs", "fk5", "j2000", "fk4", "b1950", "galactic", "ecliptic")
)
_OTHER_SYSTEMS = re.compile(r"linear|amplifier|detector|wcs[0a-z]?")
# Semicolons separate statements, but not in the text of a label.
_STATEMENT = re.compile(r"(?:\{[^{}]*\}|[^;{]|\{)+")
# Members of a composite region end in two bars, before the comment with their properties.
_MEMBER = re.compile(r"\)\s*\|\|\s*#?")
# A label over the image is the only comment that is a region; ``!`` excludes as ``-`` does.
_LABEL = re.compile(r"#\s*text\s*(?=\()", re.IGNORECASE)
_EXCLUDED = re.compile(r"!\s*")
# Numbers of `regions` that are no places: the name of no shape contains these letters.
_NOT_FINITE = re.compile(r"^[^#]*(?:nan|inf)")
# The colour of regions without one; the viewer has its own for it.
_DEFAULT_COLOUR = "green"
# The attributes that are positions, of all classes of `regions`.
_POSITIONS = ("center", "start", "end", "vertices")

# Pixels of each extension, or right ascension and declination.
SYSTEMS = ("image", "icrs")


@dataclass(frozen=True)
class RegionFile:
    """The content of a region file.

    Attributes
    ----------
    regions : tuple of str
        DS9 regions in pixels of the plane, the first pixel 1, such as ``circle(10.5,20,4)``.
    problems : tuple of str
        The lines that could not be read, each with the reason.
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

    found, reason = _parsed(f"image\n{text}")
    is_one = len(found) == 1 and isinstance(found[0], PixelRegion)
    if not is_one or _NOT_FINITE.search(format_region(found[0])):
        because = f": {reason}" if reason else ""
        raise QueryError(f"region: expected one such as circle(100,200,10), not {text!r}{because}")
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
        Malformed lines, shapes that `regions` does not support, and those off the sky of the image
        are problems.

    Raises
    ------
    QueryError
        If it contains no region, or more than `MAX_REGIONS`.
    PreviewError
        If regions are on the sky, and the image has no sky coordinates.
    """
    statements, problems = _statements(text)
    if not statements:
        raise QueryError("; ".join(["the file contains no DS9 region", *problems[:1]]))
    if len(statements) > MAX_REGIONS:
        raise QueryError(f"the file contains {len(statements)} regions, more than {MAX_REGIONS}")
    texts: list[str] = []
    for statement in statements:
        placed, reason = _placed(statement, plane)
        texts += placed
        if reason:
            shape = statement.text.partition(" # ")[0].strip()
            problems.append(f"line {statement.line}: {shape}: {reason}")
    if not texts and len(problems) == len(statements) == 1:
        raise QueryError(f"the file contains no DS9 region; {problems[0]}")
    return RegionFile(tuple(texts), tuple(problems))


@dataclass(frozen=True)
class _Statement:
    """One region of a file: its line from 1, its system, its text and the properties of all."""

    line: int
    system: str
    text: str
    properties: str


def _statements(text: str) -> tuple[list[_Statement], list[str]]:
    """Return the regions of a file, and a problem for each unsupported coordinate system."""
    statements: list[_Statement] = []
    problems: list[str] = []
    system, properties = _PHYSICAL, ""
    for number, part in _parts(text):
        word = part.lower()
        if word in _KNOWN_SYSTEMS:
            system = word
        elif _OTHER_SYSTEMS.fullmatch(word):
            system = ""
            problems.append(f"line {number}: regions in the system {part} are not supported")
        elif word.startswith("global"):
            properties = part
        elif system:
            statements.append(_Statement(number, system, part, properties))
    return statements, problems


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Yield the statements of a file with the numbers of their lines, without comments."""
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        for part in _STATEMENT.findall(line):
            part = _LABEL.sub("# text", part.strip())
            if part and (part.startswith("# text(") or not part.startswith("#")):
                yield number, _EXCLUDED.sub("-", _MEMBER.sub(") # ", part), count=1)


def _placed(statement: _Statement, plane: Plane) -> tuple[list[str], str]:
    """Return a region of a file on an image as texts, or why it cannot be."""
    from regions import SkyRegion

    system = "image" if statement.system == _PHYSICAL else statement.system
    found, reason = _parsed("\n".join([statement.properties, system, statement.text]))
    if not found:
        return [], reason or "not a region"
    texts: list[str] = []
    for region in found:
        if isinstance(region, SkyRegion):
            placed = _from_sky(region, plane)
        else:
            placed = _on_plane(region, plane, statement.system == _PHYSICAL)
        if placed is None:
            return texts, "not on the sky of this image"
        texts.append(format_region(placed))
        if _NOT_FINITE.search(texts[-1]):
            return texts[:-1], "its numbers are not finite"
    return texts, ""


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
    """Return the line of a region: its sign, its shape, and a comment with its properties.

    `regions` writes the shape.  It loses the sign of an excluded region, which it writes as a
    property that it does not read, and it cannot write every marker of a point.
    """
    from regions import RegionVisual

    plain = region.copy(visual=RegionVisual())
    shape = plain.serialize(format="ds9", precision=decimals).strip().splitlines()[-1]
    sign = "" if region.meta.get("include", 1) else "-"
    # That of a label over the image is an attribute.  Braces and line ends would end it.
    label = str(region.meta.get("text") or getattr(region, "text", ""))
    label = re.sub(r"[{}\s]+", " ", label).strip()
    properties = (("text", label), ("tag", tag))
    comments = [f"{name}={{{text}}}" for name, text in properties if text]
    if colour := _colour(region):
        comments.insert(0, f"color={colour}")
    return " # ".join(filter(None, (f"{sign}{shape.partition(' #')[0]}", " ".join(comments))))


def _colour(region: Any) -> str:
    """Return the colour of a region as DS9 names it, nothing for the default."""
    colour = str(region.visual.get("color") or region.visual.get("edgecolor") or "")
    return colour if re.fullmatch(r"#?\w+", colour) and colour != _DEFAULT_COLOUR else ""


def _parsed(text: str) -> tuple[list[Any], str]:
    """Return the regions of a text, and why there are none."""
    from regions import Regions
    from regions.io.ds9.core import DS9ParserError

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AstropyUserWarning)
        try:
            found = list(Regions.parse(text, format="ds9"))
        except (DS9ParserError, ValueError) as error:
            return [], str(error)
        except (TypeError, IndexError):
            # The number of its parameters is wrong, which Python says in its own words.
            return [], "wrong number of parameters"
    # `regions` takes a polygon of any number of corners, also of none.
    if any(len(each.vertices) < 3 for each in found if hasattr(each, "vertices")):
        return [], "a polygon has at least three corners"
    # Warnings about properties of regions that are read matter nothing.
    reason = "" if found or not caught else str(caught[0].message).partition(";")[0]
    return found, reason.removesuffix(", skipping.")


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
        wcs = chip.wcs_of_plane()
        try:
            with warnings.catch_warnings():
                # Astropy returns pixels that are wrong with a warning.
                warnings.filterwarnings("error", ".*failed to converge", UserWarning)
                candidate = region.to_pixel(wcs)
            away = _rows_away(chip, _centre(candidate)[1])
            if not away:
                return candidate
            placed.append((away, len(placed), candidate))
        except (ValueError, NoConvergence, UserWarning):
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
