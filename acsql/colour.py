"""Colour images: the choice of three observations for red, green and blue, and the images.

A colour image combines the drizzled images of one target in three filters.  Images of one visit are
preferred, because their pointings agree best; if no visit has three filters, images of all visits
of the target are used.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .archive import Archive
from .errors import DatasetNotFound, FileError, PreviewError
from .fits.open import open_fits
from .images import colour
from .keywords import KeywordSpecs
from .observation import Observation
from .permissions import denied
from .query import Condition

# Filters whose names have their central wavelength, or the cut-on of a long-pass one, in nanometres
# (ACS Instrument Handbook, section 3.3); not grisms, prisms and polarizers.
_FILTER = re.compile(r"FR?(\d{3,4})[WNMLP]+")
_CLEAR = re.compile(r"CLEAR\d[LS]|N/A|")


@dataclass(frozen=True)
class ColourSet:
    """Three observations that make a colour image.

    Attributes
    ----------
    detector, target : str
        The detector and the target of all three.
    visit : str or None
        Their visit, None if they have different ones.
    filters : tuple of str
        The filters shown as red, green and blue.
    rootnames : tuple of str
        The observations, in the same order.
    """

    detector: str
    target: str
    visit: str | None
    filters: tuple[str, str, str]
    rootnames: tuple[str, str, str]


def colour_sets(archive: Archive, *conditions: str | Condition) -> list[ColourSet]:
    """Return the colour images that can be made of some observations.

    Parameters
    ----------
    archive : Archive
        The archive.
    *conditions : str or Condition
        Conditions on the observations, as in `Archive.where`; such as ``proposid=9600``.

    Returns
    -------
    list of ColourSet
        By target, detector and visit.

    Raises
    ------
    QueryError
        If a keyword of a condition does not exist, or a value does not fit its type.
    QueryTimeout
        If the search takes longer than the time limit.

    Examples
    --------
    >>> from acsql.colour import colour_image, colour_sets
    >>> for one in colour_sets(archive, "proposid=9600"):
    ...     jpeg = colour_image(archive, *one.rootnames)
    """
    search = archive.where(*conditions)
    drizzled = {file.ipppssoot for file in search.files(_drizzled_filetypes(archive.specs))}
    rows = search.thumbnails().rows if len(drizzled) >= 3 else []
    return choose(row for row in rows if row["ipppssoot"] in drizzled)


def choose(rows: Iterable[Mapping[str, Any]]) -> list[ColourSet]:
    """Return the colour images that can be made of rows; see `colour_sets`.

    Parameters
    ----------
    rows : iterable of mapping
        With rootname, targname, detector, visit, filter1, filter2 and exptime.

    Returns
    -------
    list of ColourSet
        Of each filter, the observation with the longest exposure time.
    """
    by_visit: dict[tuple[str, str], dict[str, list[Mapping[str, Any]]]] = {}
    for row in rows:
        if row["targname"] and row["detector"] and filter_name(row["filter1"], row["filter2"]):
            visits = by_visit.setdefault((row["targname"], row["detector"]), defaultdict(list))
            visits[row["visit"] or ""].append(row)
    sets: list[ColourSet] = []
    for (target, detector), visits in sorted(by_visit.items()):
        of_visits = [
            _colour_set(target, detector, visit or None, same)
            for visit, same in sorted(visits.items())
        ]
        together = [row for same in visits.values() for row in same]
        found = list(filter(None, of_visits))
        sets += found or filter(None, [_colour_set(target, detector, None, together)])
    return sets


def colour_image(archive: Archive, red: str, green: str, blue: str) -> bytes:
    """Return the colour image of three observations.

    Parameters
    ----------
    archive : Archive
        The archive.
    red, green, blue : str
        Rootnames of observations with drizzled images of one field, the longest wavelength first.

    Returns
    -------
    bytes
        A JPEG on the pixels of the green image, whose longer side has at most
        `acsql.images.colour.MAX_SIDE` pixels.

    Raises
    ------
    ObservationNotFound
        If there is no such observation.
    DatasetNotFound
        If one has no drizzled image, its file cannot be read, or they have no part of the sky in
        common.
    """
    layers = []
    for rootname in (red, green, blue):
        observation = archive.observation(rootname)
        filetype, path = drizzled_file(observation, archive.specs)
        with _reading(path), open_fits(path) as hdus:
            weights = archive.specs.filetypes[filetype].weights
            layers.append(colour.read_layer(hdus, path.name, archive.specs.image_extname, weights))
    try:
        return colour.to_jpeg(colour.compose(*layers))
    except PreviewError as error:
        raise DatasetNotFound(str(error)) from error


def drizzled_file(observation: Observation, specs: KeywordSpecs) -> tuple[str, Path]:
    """Return the filetype and path of the best drizzled image of an observation.

    Parameters
    ----------
    observation : Observation
        The observation.
    specs : KeywordSpecs
        The specs, which say which filetypes are drizzled, and which is the best.

    Returns
    -------
    str
        The filetype.
    Path
        The file.

    Raises
    ------
    DatasetNotFound
        If it has none.
    """
    filetypes = _drizzled_filetypes(specs)
    for filetype in filetypes:
        if filetype in observation.datasets:
            return filetype, observation.path(filetype)
    kinds = " or ".join(filetypes)
    raise DatasetNotFound(f"{observation.rootname} has no {kinds}, of which colour images are made")


def filter_name(filter1: str | None, filter2: str | None) -> str | None:
    """Return the one filter in the light path, None for none, several, or a dispersing element.

    Parameters
    ----------
    filter1, filter2 : str or None
        The filters that are in both wheels.

    Returns
    -------
    str or None
        Such as ``F606W``.

    Examples
    --------
    >>> from acsql.colour import filter_name
    >>> filter_name("F606W", "CLEAR2L"), filter_name("F606W", "POL0V")
    ('F606W', None)
    """
    names = [name for name in (filter1, filter2) if not _CLEAR.fullmatch(name or "")]
    return names[0] if len(names) == 1 and _FILTER.fullmatch(names[0] or "") else None


def _drizzled_filetypes(specs: KeywordSpecs) -> list[str]:
    return [name for name in specs.thumbnail_filetypes if specs.filetypes[name].weights]


def _colour_set(
    target: str, detector: str, visit: str | None, rows: Iterable[Mapping[str, Any]]
) -> ColourSet | None:
    """Return the set of the shortest, the middle and the longest wavelength, None without three."""
    longest: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        name = filter_name(row["filter1"], row["filter2"])
        if name and (row["exptime"] or 0) > (longest.get(name, {}).get("exptime") or 0):
            longest[name] = row
    names = sorted(longest, key=_wavelength)
    if len({_wavelength(name) for name in names}) < 3:
        return None
    blue, green, red = names[0], names[len(names) // 2], names[-1]
    chosen = [longest[name] for name in (red, green, blue)]
    rootnames = (chosen[0]["rootname"], chosen[1]["rootname"], chosen[2]["rootname"])
    return ColourSet(detector, target, visit, (red, green, blue), rootnames)


def _wavelength(name: str) -> int:
    """Return the wavelength in a filter's name in nanometres."""
    match = _FILTER.fullmatch(name)
    return int(match[1]) if match else 0


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn errors of reading a file into DatasetNotFound."""
    try:
        yield
    except (FileError, PreviewError) as error:
        raise DatasetNotFound(str(error)) from error
    except PermissionError as error:
        raise denied(path.name) from error
    except OSError as error:
        raise DatasetNotFound(f"{path.name} cannot be read: {error.strerror}") from error
