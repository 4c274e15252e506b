"""The viewer: a page around the pixels of a FITS file, and the pixels themselves, cut and binned.

The page never opens the file; its script asks for the image's description, for limits to stretch
it by, and for cuts of what is on the screen.  Files are found through the document and never
through a path in the address.  Whatever depends on a file carries its version in the address, so
that browsers keep it; a worker keeps only descriptions, a few kB each.
"""

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from flask import Blueprint, Response, jsonify, render_template, request, url_for

from ...errors import DatasetNotFound, FileError, PreviewError, QueryError
from ...fits.open import open_fits
from ...images.cutout import (
    MAX_BINNING,
    MAX_CELLS,
    Region,
    clip,
    cutout_shape,
    read_cutout,
)
from ...images.limits import Limits, read_limits
from ...images.planes import Plane, read_planes
from ...images.png import pack
from ...observation import Observation
from ..context import in_archive, named_observation, parameters, the_archive
from ..params import Address
from ..selection import Walk

# Files whose description is kept: many more than one person looks at in an hour.
KEPT = 256
# What carries the version of its file never changes.
MAX_AGE_S = 86_400
CUT_HEADER = "X-Acsql-Cut"
_MOST_DIGITS = 9

viewer = Blueprint("viewer", __name__)


class Version(Address):
    """The version of a file, as its description told it."""

    single = ("version",)


class Part(Version):
    """An extension of a file, of all chips or of one."""

    single = (*Version.single, "extname", "extver")


class Cut(Part):
    """A region of an extension, in pixels from 0, and how many of them are binned."""

    single = (*Part.single, "x0", "x1", "y0", "y1", "bin")


@dataclass(frozen=True)
class File:
    """A FITS file as it is on the disk now."""

    path: Path
    size: int
    mtime_ns: int

    @property
    def version(self) -> str:
        """What tells it from the file that it was before, or will be."""
        return f"{self.size:x}-{self.mtime_ns:x}"


@viewer.get("/archive/<proposal:proposid>/<name>/<filetype>/view")
def page(proposid: int | None, name: str, filetype: str) -> str:
    """Show the viewer of a file, with the observations before and after in their selection."""
    selection = parameters(Walk)
    found = named_observation(proposid, name)
    _check_pixels(found, filetype)
    filetypes = the_archive().specs.filetypes
    condition = selection.around(the_archive().specs)
    before, after = the_archive().neighbours(
        found, condition, sort=selection.keys, everywhere=selection.is_search
    )
    return render_template(
        "viewer.html",
        observation=found,
        filetype=filetype,
        selection=selection,
        tabs=[_frame(found, tab, selection) for tab in found.datasets if filetypes[tab].pixels],
        before=_neighbour(before, filetype, selection),
        after=_neighbour(after, filetype, selection),
        picture=found.previews.get(filetype, {}),
    )


def _check_pixels(found: Observation, filetype: str) -> Path:
    """Return where the image of a filetype lies, if it is one."""
    path = found.path(filetype)
    if not the_archive().specs.filetypes[filetype].pixels:
        raise DatasetNotFound(f"{found.datasets[filetype]} holds no image of the sky or a lamp")
    return path


def _frame(found: Observation, filetype: str, selection: Walk) -> dict[str, Any]:
    """Return what the page has to know of an image that it can show."""
    return {
        "filetype": filetype,
        "name": found.ipppssoot,
        "file": found.datasets[filetype],
        "address": in_archive("viewer.page", found, filetype=filetype, **selection.arguments()),
        "pixels": url_for("viewer.description", name=found.rootname, filetype=filetype),
        "blink": the_archive().specs.filetypes[filetype].preview,
    }


def _neighbour(name: str | None, filetype: str, selection: Walk) -> dict[str, Any] | None:
    """Return the frame of a neighbour; without this filetype only the way to what it has."""
    if name is None:
        return None
    found = the_archive().observation(name)
    if filetype in found.datasets:
        return _frame(found, filetype, selection)
    known = the_archive().specs.filetypes
    images = [other for other in found.datasets if known[other].pixels]
    if not images:
        address = in_archive("observation.page", found, **selection.arguments())
        return {"name": name, "address": address, "pixels": None}
    # An association has no exposure, and a product no raw file: the one that people look at first.
    other = next((other for other in images if known[other].thumbnail), images[-1])
    return _frame(found, other, selection) | {"pixels": None}


@viewer.get("/pixels/<name>/<filetype>/")
def description(name: str, filetype: str) -> Response:
    """Tell of an image: its extensions, its chips, and where they lie on the sky."""
    parameters(Address)
    file = _file(name, filetype)
    specs = the_archive().specs
    told = {
        "file": file.path.name,
        "version": file.version,
        "planes": [_told(plane) for plane in _planes(file)],
        "flags": {str(bit): meaning for bit, meaning in specs.dq_flags.items()},
        "most_cells": MAX_CELLS,
        "largest_bin": MAX_BINNING,
    }
    return jsonify(told)


def _told(plane: Plane) -> dict[str, Any]:
    return {
        "extname": plane.extname,
        "unit": plane.unit,
        "flags": plane.flags,
        "width": plane.width,
        "height": plane.height,
        "chips": [
            {
                "extver": chip.extver,
                "ccdchip": chip.ccdchip,
                "first_row": chip.first_row,
                "height": chip.height,
                "origin": chip.origin,
                "projection": chip.projection,
            }
            for chip in plane.chips
        ],
    }


@viewer.get("/pixels/<name>/<filetype>/limits")
def limits(name: str, filetype: str) -> Response:
    """Tell between which values an extension may be stretched."""
    asked = parameters(Part)
    file = _file(name, filetype, asked)
    return _kept(asked, file, lambda: jsonify(asdict(_limits(file, _plane(file, asked)))))


@viewer.get("/pixels/<name>/<filetype>/cut.png")
def cut_png(name: str, filetype: str) -> Response:
    """Send a region of an extension; a header tells what its pixels mean, see `cut.Packed`."""
    asked = parameters(Cut)
    region = Region(*(_number(asked, side) for side in ("x0", "x1", "y0", "y1")))
    binning = _number(asked, "bin", 1)
    file = _file(name, filetype, asked)
    return _kept(asked, file, lambda: _cut(file, _plane(file, asked), region, binning))


def _cut(file: File, plane: Plane, region: Region, binning: int) -> Response:
    try:
        region = clip(plane, region)
        cutout_shape(region, binning)
    except PreviewError as error:
        raise QueryError(str(error)) from error
    with _reading(file.path), file.path.open("rb", buffering=0) as stream:
        packed = pack(read_cutout(stream, file.path.name, plane, region, binning))
    told = asdict(region) | {"bin": binning, "low": packed.low, "step": packed.step}
    return Response(packed.png, mimetype="image/png", headers={CUT_HEADER: json.dumps(told)})


def _number(asked: Address, parameter: str, default: int | None = None) -> int:
    """Return a parameter that is a whole number.

    Raises
    ------
    QueryError
        If it is missing or another thing.
    """
    value = asked.first(parameter, "" if default is None else str(default))
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise QueryError(f"{parameter} must be a whole number, not {value!r}")
    return int(value)


def _kept(asked: Version, file: File, make: Callable[[], Response]) -> Response:
    """Return what `make` makes, or that the browser has it already."""
    tag = f"{file.version}-{request.query_string.hex()}"
    response = Response(status=304) if request.if_none_match.contains(tag) else make()
    response.set_etag(tag)
    response.cache_control.private = True
    if asked.first("version"):
        response.cache_control.max_age = MAX_AGE_S
    else:
        response.cache_control.no_cache = True
    return response


def _file(name: str, filetype: str, asked: Version | None = None) -> File:
    """Return the file of an observation as it is now.

    Raises
    ------
    DatasetNotFound
        If it is not there, or not the one any more that the page was made for.
    """
    path = _check_pixels(the_archive().observation(name), filetype)
    with _reading(path):
        found = path.stat()
    file = File(path, found.st_size, found.st_mtime_ns)
    version = file.version if asked is None else asked.first("version", file.version)
    if version != file.version:
        raise DatasetNotFound(f"{path.name} has changed in the meantime: load the page again")
    return file


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what can go wrong with a file into a DatasetNotFound."""
    try:
        yield
    except (FileError, PreviewError) as error:
        raise DatasetNotFound(str(error)) from error
    except fits.VerifyError as error:
        raise DatasetNotFound(f"{path.name} has a damaged header: {error}") from error
    except OSError as error:
        raise DatasetNotFound(f"{path.name} cannot be read: {error.strerror}") from error


def _plane(file: File, asked: Part) -> Plane:
    """Return the extension that is asked for.

    Raises
    ------
    QueryError
        If the file does not have it.
    """
    found = {plane.extname: plane for plane in _planes(file)}
    plane = found[asked.chosen("extname", found, next(iter(found)))]
    chips = [str(chip.extver) for chip in plane.chips]
    extver = asked.chosen("extver", ["", *chips], "")
    return plane.only(int(extver)) if extver else plane


@lru_cache(maxsize=KEPT)
def _described(file: File, science: str, quality: str) -> tuple[Plane, ...]:
    # What astropy only warns of is looked at where it matters.
    with warnings.catch_warnings(), _reading(file.path):
        warnings.simplefilter("ignore", AstropyWarning)
        with open_fits(file.path) as hdus:
            return read_planes(hdus, file.path.name, science, quality)


def _planes(file: File) -> tuple[Plane, ...]:
    specs = the_archive().specs
    return _described(file, specs.image_extname, specs.dq_extname)


def _limits(file: File, plane: Plane) -> Limits:
    """Return the limits of an extension; browsers keep them, so that workers need not."""
    with _reading(file.path), file.path.open("rb", buffering=0) as stream:
        return read_limits(stream, file.path.name, plane)
