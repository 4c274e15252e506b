"""The viewer: a page that shows the pixels of a FITS file, and the pixels as binned cutouts.

The page itself never opens the file; its script requests the description of the image, the limits
of its stretch, and cutouts of what is on the screen.  Files are found through the document of the
observation, never through a path in the URL.  URLs of what depends on a file carry the version of
the file, so that browsers can cache the response; a worker caches only descriptions, a few kB each.
"""

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

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
from ...permissions import denied
from ..context import current_archive, observation_url, parameters, requested_observation
from ..params import Parameters, WholeNumber, choose
from ..selection import WalkParameters

# Files whose descriptions a worker caches: many more than one user views in an hour.
CACHED_FILES = 256
# Seconds for which browsers cache a response whose URL has the version of its file.
MAX_AGE_S = 86_400
# The response header that says which region a cutout shows and how its pixels are packed.
CUT_HEADER = "X-Acsql-Cut"
# A larger coordinate is within no image, but must not overflow.
MAX_PIXEL = 10**9 - 1

blueprint = Blueprint("viewer", __name__)


class VersionParameters(Parameters):
    """The version of a file, as its description has it."""

    version: str = ""


class ExtensionParameters(VersionParameters):
    """An extension of a file: its name, and EXTVER for a single chip."""

    extname: str | None = None
    extver: str | None = None


Pixel = Annotated[int, WholeNumber(-MAX_PIXEL, MAX_PIXEL)]


class CutoutParameters(ExtensionParameters):
    """A cutout: its region in pixels from 0, and the pixels along a bin."""

    x0: Pixel
    x1: Pixel
    y0: Pixel
    y1: Pixel
    bin: Pixel = 1


@dataclass(frozen=True)
class File:
    """A FITS file as it is on disk now; `size` is in bytes, `mtime_ns` in nanoseconds."""

    path: Path
    size: int
    mtime_ns: int

    @property
    def version(self) -> str:
        """An identifier that changes whenever the file does."""
        return f"{self.size:x}-{self.mtime_ns:x}"


@blueprint.get("/archive/<proposal:proposid>/<name>/<filetype>/view")
def page(proposid: int | None, name: str, filetype: str) -> str:
    """Show the viewer, with links to the neighbours of the observation in its selection."""
    selection = parameters(WalkParameters)
    observation = requested_observation(proposid, name)
    _image_path(observation, filetype)
    filetypes = current_archive().specs.filetypes
    before, after = selection.search(current_archive(), observation).neighbours(observation)
    return render_template(
        "viewer.html",
        observation=observation,
        filetype=filetype,
        selection=selection,
        tabs=[
            _frame(observation, tab, selection)
            for tab in observation.datasets
            if filetypes[tab].pixels
        ],
        before=_neighbour(before, filetype, selection),
        after=_neighbour(after, filetype, selection),
        picture=observation.previews.get(filetype, {}),
    )


def _image_path(observation: Observation, filetype: str) -> Path:
    """Return the path of a dataset, or raise DatasetNotFound if it has no image."""
    path = observation.path(filetype)
    if not current_archive().specs.filetypes[filetype].pixels:
        raise DatasetNotFound(f"{observation.datasets[filetype]} contains no image")
    return path


def _frame(observation: Observation, filetype: str, selection: WalkParameters) -> dict[str, Any]:
    """Return the names and URLs by which the page shows an image."""
    arguments = selection.arguments()
    return {
        "filetype": filetype,
        "name": observation.ipppssoot,
        "file": observation.datasets[filetype],
        "address": observation_url("viewer.page", observation, filetype=filetype, **arguments),
        "pixels": url_for("viewer.description", name=observation.rootname, filetype=filetype),
        "blink": current_archive().specs.filetypes[filetype].preview,
    }


def _neighbour(name: str | None, filetype: str, selection: WalkParameters) -> dict[str, Any] | None:
    """Return the frame of a neighbour, which can only be linked if it lacks the filetype."""
    if name is None:
        return None
    observation = current_archive().observation(name)
    if filetype in observation.datasets:
        return _frame(observation, filetype, selection)
    filetypes = current_archive().specs.filetypes
    images = [other for other in observation.datasets if filetypes[other].pixels]
    if not images:
        address = observation_url("observation.page", observation, **selection.arguments())
        return {"name": name, "address": address, "pixels": None}
    # Associations have no raw files and exposures no products: link to the most useful image.
    best = next((other for other in images if filetypes[other].thumbnail), images[-1])
    return _frame(observation, best, selection) | {"pixels": None}


@blueprint.get("/pixels/<name>/<filetype>/")
def description(name: str, filetype: str) -> Response:
    """Send the description of an image: its extensions, chips and world coordinates."""
    parameters(Parameters)
    file = _file(name, filetype)
    specs = current_archive().specs
    described = {
        "file": file.path.name,
        "version": file.version,
        "planes": [_described_plane(plane) for plane in _planes(file)],
        "flags": {str(bit): meaning for bit, meaning in specs.dq_flags.items()},
        "most_cells": MAX_CELLS,
        "largest_bin": MAX_BINNING,
    }
    return jsonify(described)


def _described_plane(plane: Plane) -> dict[str, Any]:
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


@blueprint.get("/pixels/<name>/<filetype>/limits")
def limits(name: str, filetype: str) -> Response:
    """Send the limits between which an extension can be stretched."""
    part = parameters(ExtensionParameters)
    file = _file(name, filetype, part)
    return _cached(part, file, lambda: jsonify(asdict(_limits(file, _plane(file, part)))))


@blueprint.get("/pixels/<name>/<filetype>/cut.png")
def cut_png(name: str, filetype: str) -> Response:
    """Send a cutout of an extension, packed as `acsql.images.png.Packed` defines it."""
    cut = parameters(CutoutParameters)
    region = Region(cut.x0, cut.x1, cut.y0, cut.y1)
    file = _file(name, filetype, cut)
    return _cached(cut, file, lambda: _cutout(file, _plane(file, cut), region, cut.bin))


def _cutout(file: File, plane: Plane, region: Region, binning: int) -> Response:
    try:
        region = clip(plane, region)
        cutout_shape(region, binning)
    except PreviewError as error:
        raise QueryError(str(error)) from error
    with _reading(file.path), file.path.open("rb", buffering=0) as stream:
        packed = pack(read_cutout(stream, file.path.name, plane, region, binning))
    packing = asdict(region) | {"bin": binning, "low": packed.low, "step": packed.step}
    return Response(packed.png, mimetype="image/png", headers={CUT_HEADER: json.dumps(packing)})


def _cached(query: VersionParameters, file: File, make: Callable[[], Response]) -> Response:
    """Return the response that `make` makes, or 304 if the browser has it in its cache."""
    tag = f"{file.version}-{request.query_string.hex()}"
    response = Response(status=304) if request.if_none_match.contains(tag) else make()
    response.set_etag(tag)
    response.cache_control.private = True
    if query.version:
        response.cache_control.max_age = MAX_AGE_S
    else:
        response.cache_control.no_cache = True
    return response


def _file(name: str, filetype: str, query: VersionParameters | None = None) -> File:
    """Return the file of an observation as it is now.

    Raises DatasetNotFound if it is missing, or not the version that the page has described.
    """
    path = _image_path(current_archive().observation(name), filetype)
    with _reading(path):
        status = path.stat()
    file = File(path, status.st_size, status.st_mtime_ns)
    version = file.version if query is None else query.version or file.version
    if version != file.version:
        raise DatasetNotFound(f"{path.name} has changed: reload the page")
    return file


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn errors of reading a file into DatasetNotFound."""
    try:
        yield
    except (FileError, PreviewError) as error:
        raise DatasetNotFound(str(error)) from error
    except fits.VerifyError as error:
        raise DatasetNotFound(f"{path.name} has a damaged header: {error}") from error
    except PermissionError as error:
        raise denied(path.name) from error
    except OSError as error:
        raise DatasetNotFound(f"{path.name} cannot be read: {error.strerror}") from error


def _plane(file: File, part: ExtensionParameters) -> Plane:
    """Return the requested extension, or raise QueryError if the file does not have it."""
    planes = {plane.extname: plane for plane in _planes(file)}
    plane = planes[choose("extname", part.extname, list(planes), next(iter(planes)))]
    extver = choose("extver", part.extver, [str(chip.extver) for chip in plane.chips], "")
    return plane.only(int(extver)) if extver else plane


@lru_cache(maxsize=CACHED_FILES)
def _read_planes(file: File, science: str, quality: str) -> tuple[Plane, ...]:
    # Astropy warns of defects that matter nothing here, or that `read_planes` checks.
    with warnings.catch_warnings(), _reading(file.path):
        warnings.simplefilter("ignore", AstropyWarning)
        with open_fits(file.path) as hdus:
            return read_planes(hdus, file.path.name, science, quality)


def _planes(file: File) -> tuple[Plane, ...]:
    specs = current_archive().specs
    return _read_planes(file, specs.image_extname, specs.dq_extname)


def _limits(file: File, plane: Plane) -> Limits:
    """Return the limits of an extension, which browsers cache, so that workers need not."""
    with _reading(file.path), file.path.open("rb", buffering=0) as stream:
        return read_limits(stream, file.path.name, plane)
