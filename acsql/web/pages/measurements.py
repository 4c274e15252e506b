"""Measurements of full-resolution pixels for the viewer: statistics, profiles, histograms, parts.

Regions are DS9 regions in pixels of the image that is shown.  Region files, and polygons of
hundreds of corners, are sent in the body of a request, because they may be longer than a URL.
"""

import io
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from flask import Blueprint, Response, jsonify, request

from ...errors import QueryError
from ...images.contours import read_contours
from ...images.fits_cutout import fits_cutout
from ...images.histogram import read_histogram
from ...images.planes import Plane
from ...images.profiles import read_profile
from ...images.region_files import SYSTEMS, parse_region, read_regions, write_regions
from ...images.region_statistics import read_region_statistics
from ..context import parameters
from ..image_request import (
    ExtensionParameters,
    File,
    PartParameters,
    Pixel,
    cached,
    image_file,
    image_plane,
    image_planes,
    reading,
    requested_chip,
)
from ..params import OneOf

blueprint = Blueprint("measurements", __name__)


class RangeParameters(ExtensionParameters):
    """A range of pixel values, in the unit of the image."""

    low: float
    high: float


class RegionParameters(ExtensionParameters):
    """A DS9 region in pixels of the image, the first pixel 1."""

    region: str


class ContourParameters(PartParameters):
    """Contours: the part, the pixels along a bin, and the levels."""

    bin: Pixel = 1
    levels: tuple[float, ...] = ()


class RegionFileParameters(ExtensionParameters):
    """The coordinates of a region file."""

    system: Annotated[str, OneOf(SYSTEMS)] = SYSTEMS[0]


@blueprint.get("/pixels/<name>/<filetype>/histogram")
def histogram(name: str, filetype: str) -> Response:
    """Send the histogram of an extension."""
    query = parameters(RangeParameters)
    file = image_file(name, filetype, query)
    return _measured(query, file, read_histogram, query.low, query.high)


@blueprint.get("/pixels/<name>/<filetype>/statistics")
def statistics(name: str, filetype: str) -> Response:
    """Send the statistics of the pixels inside a region."""
    query = parameters(RegionParameters)
    file = image_file(name, filetype, query)
    quality = _quality(file, query)
    return _measured(query, file, read_region_statistics, parse_region(query.region), quality)


@blueprint.post("/pixels/<name>/<filetype>/statistics")
def posted_statistics(name: str, filetype: str) -> Response:
    """Send the statistics of the pixels inside the region in the body."""
    query = parameters(ExtensionParameters)
    file = image_file(name, filetype, query)
    region, quality = parse_region(_body()), _quality(file, query)
    return _measured(query, file, read_region_statistics, region, quality, cache=False)


@blueprint.get("/pixels/<name>/<filetype>/profile")
def profile(name: str, filetype: str) -> Response:
    """Send the pixels along a line, or the radial profile at a point or in a circle."""
    query = parameters(RegionParameters)
    file = image_file(name, filetype, query)
    return _measured(query, file, read_profile, parse_region(query.region))


@blueprint.get("/pixels/<name>/<filetype>/contours")
def contours(name: str, filetype: str) -> Response:
    """Send the contours of a part of an extension."""
    query = parameters(ContourParameters)
    file = image_file(name, filetype, query)
    arguments = (query.rectangle, query.bin, query.levels)
    return _measured(query, file, read_contours, *arguments)


@blueprint.post("/pixels/<name>/<filetype>/regions")
def regions(name: str, filetype: str) -> Response:
    """Send the regions of a DS9 region file in pixels of an extension."""
    query = parameters(ExtensionParameters)
    file = image_file(name, filetype, query)
    with reading(file.path):
        return jsonify(asdict(read_regions(_body(), image_plane(file, query))))


@blueprint.post("/pixels/<name>/<filetype>/regions.reg")
def region_file(name: str, filetype: str) -> Response:
    """Send a DS9 region file of the regions in the body, one a line."""
    query = parameters(RegionFileParameters)
    file = image_file(name, filetype, query)
    lines = _body().splitlines()
    with reading(file.path):
        text = write_regions(lines, image_plane(file, query), query.system)
    return Response(text, mimetype="text/plain")


@blueprint.get("/pixels/<name>/<filetype>/cutout.fits")
def cutout_fits(name: str, filetype: str) -> Response:
    """Send a part of an image, with all its planes, as a FITS file."""
    query = parameters(PartParameters)
    if query.minus:
        raise QueryError("a difference has no FITS cutout: save the cutouts of both images")
    file = image_file(name, filetype, query)
    planes = tuple(requested_chip(plane, query) for plane in image_planes(file))
    content = io.BytesIO()
    with reading(file.path):
        fits_cutout(file.path, planes, query.rectangle).writeto(content)
    part = f"{file.path.stem}_x{query.x0}-{query.x1}_y{query.y0}-{query.y1}.fits"
    return Response(
        content.getvalue(),
        mimetype="application/fits",
        headers={"Content-Disposition": f'attachment; filename="{part}"'},
    )


def _body() -> str:
    """Return the body of the request."""
    return request.get_data().decode("utf-8", "replace")


def _measured(
    query: ExtensionParameters,
    file: File,
    measure: Callable[..., Any],
    *arguments: Any,
    cache: bool = True,
) -> Response:
    """Return what a function measures on the requested extension, as JSON.

    No cache keeps what depends on the body of a request, which is not in the URL.
    """
    plane = image_plane(file, query)

    def make() -> Response:
        with reading(file.path), file.path.open("rb", buffering=0) as stream:
            return jsonify(asdict(measure(stream, file.path.name, plane, *arguments)))

    return cached(query, file, make) if cache else make()


def _quality(file: File, query: ExtensionParameters) -> Plane | None:
    """Return the data quality flags of the requested extension, None if the file has none."""
    quality = next((plane for plane in image_planes(file) if plane.flags), None)
    return quality and requested_chip(quality, query)
