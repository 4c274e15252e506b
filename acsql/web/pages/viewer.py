"""The viewer: a page that shows the pixels of a FITS file, and the pixels as binned cutouts.

The page itself never opens the file; its script requests the description of the image, an overview
with the limits of its stretch, and tiles of what is on the screen.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from flask import Blueprint, Response, jsonify, render_template, url_for

from ...fits.amplifiers import chip_parts
from ...fits.chips import Pixels
from ...images.cutout import Region, clip, read_cutout
from ...images.planes import Chip, Plane
from ...images.png import Packed, pack
from ...images.pyramid import (
    SAMPLED_FROM,
    TILE,
    Tile,
    read_overview,
    read_tile,
    sample_overview,
)
from ...keywords import DetectorReadout
from ...observation import Observation
from ..context import (
    current_archive,
    observation_url,
    parameters,
    picture_cache,
    requested_observation,
)
from ..image_request import (
    ExtensionParameters,
    File,
    PartParameters,
    Pixel,
    cache_key,
    cached,
    image_file,
    image_path,
    image_plane,
    image_planes,
    reading,
    requested_chip,
)
from ..params import OneOf, Parameters
from ..selection import WalkParameters

# The response header that says which region a cutout shows and how its pixels are packed.
CUT_HEADER = "X-Acsql-Cut"
# The folder with the modules that the script needs for the first picture; it loads the tools, which
# are in a folder within it, afterwards.
MODULES = Path(__file__).parent.parent / "static" / "viewer"

blueprint = Blueprint("viewer", __name__)


class CutoutParameters(PartParameters):
    """A cutout: its region in pixels from 0, and the pixels along a bin."""

    bin: Pixel = 1


class OverviewParameters(ExtensionParameters):
    """An overview: exact, or at once, from a sample of the rows of a large image."""

    sampled: Annotated[str, OneOf(("no", "yes"))] = "no"


class TileParameters(ExtensionParameters):
    """A tile of the pyramid of an extension."""

    level: Pixel
    column: Pixel
    row: Pixel

    @property
    def tile(self) -> Tile:
        """The tile."""
        return Tile(self.level, self.column, self.row)


@blueprint.get("/archive/<proposal:proposid>/<name>/<filetype>/view")
def page(proposid: int | None, name: str, filetype: str) -> str:
    """Show the viewer, with links to the neighbours of the observation in its selection."""
    selection = parameters(WalkParameters)
    observation = requested_observation(proposid, name)
    image_path(observation, filetype)
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
        modules=sorted(path.name for path in MODULES.glob("*.js")),
    )


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
    best = current_archive().specs.thumbnail_filetypes
    shown = next((other for other in best if other in images), images[-1])
    return _frame(observation, shown, selection) | {"pixels": None}


@blueprint.get("/pixels/<name>/<filetype>/")
def description(name: str, filetype: str) -> Response:
    """Send the description of an image: its extensions, chips and world coordinates."""
    parameters(Parameters)
    file = image_file(name, filetype)
    specs = current_archive().specs
    header = current_archive().observation(name).stored_header(filetype, 0)
    is_drizzled = specs.filetypes[filetype].weights is not None
    readout = None if is_drizzled else specs.readouts.get(str(header.get("detector")).strip())
    ccdamp = header.get("ccdamp")
    described = {
        "file": file.path.name,
        "version": file.version,
        "planes": [_described_plane(each, ccdamp, readout) for each in image_planes(file)],
        "flags": {str(bit): meaning for bit, meaning in specs.dq_flags.items()},
        "tile": TILE,
    }
    return jsonify(described)


def _described_plane(plane: Plane, ccdamp: Any, readout: DetectorReadout | None) -> dict[str, Any]:
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
                "amplifiers": _amplifiers(chip, ccdamp, readout),
            }
            for chip in plane.chips
        ],
    }


def _amplifiers(
    chip: Chip, ccdamp: Any, readout: DetectorReadout | None
) -> dict[str, dict[str, int]]:
    """Return the parts of a chip without its overscan, in its pixels from 0, by amplifier."""
    if readout is None:
        return {}
    parts = chip_parts(
        chip.stored.shape, chip.origin, chip.binning, chip.ccdchip or 1, ccdamp, readout
    )
    # Without the names of amplifiers the overscan still has a border.
    areas = {name: part.area for name, part in parts.amplifiers.items()} or {"": parts.area}
    return {
        name.upper(): {"x0": across.start, "x1": across.stop, "y0": up.start, "y1": up.stop}
        for name, (up, across) in areas.items()
    }


@blueprint.get("/pixels/<name>/<filetype>/overview.png")
def overview_png(name: str, filetype: str) -> Response:
    """Send the coarsest tile of an extension, packed like a cutout, with limits of its stretch."""
    query = parameters(OverviewParameters)
    file = image_file(name, filetype, query)
    weights = current_archive().specs.filetypes[filetype].weights
    return cached(query, file, lambda: _overview(file, query, weights))


def _overview(file: File, query: OverviewParameters, weights: str | None) -> Response:
    """Return an overview from the cache on disk, because it needs a pass over all pixels."""
    cache, key = picture_cache(), cache_key(file, query)
    place = f"overview {key}"

    def make(sampled: bool = False) -> bytes:
        plane, name = image_plane(file, query), file.path.name
        marks = None if weights is None else _marks(file, plane, query, weights)
        with file.path.open("rb", buffering=0) as stream:
            if sampled:
                tile, bins, limits = sample_overview(stream, name, plane, marks is not None)
            else:
                tile, bins, limits = read_overview(stream, name, plane, cache.get, key, marks)
        more = {"limits": asdict(limits), "version": file.version, "sampled": sampled}
        return _with_packing(plane, tile, bins, **more)

    if query.sampled == "yes" and place not in cache:
        with reading(file.path):
            if image_plane(file, query).pixels >= SAMPLED_FROM:
                return _unpacked(make(sampled=True))
    return _kept(file, place, make)


def _marks(file: File, plane: Plane, query: OverviewParameters, weights: str) -> Plane | None:
    """Return the image whose zeros mark the pixels of a drizzled one that have no data.

    It is that of the weights, or without a weight of each pixel the image itself, as for previews
    (`acsql.images.drizzled`); None for other extensions and for differences.
    """
    science, *others = image_planes(file)
    if query.minus or plane.extname != science.extname:
        return None
    stored = [each for each in others if each.extname == weights.upper() and each.is_stored]
    return requested_chip(stored[0], query) if stored else plane


@blueprint.get("/pixels/<name>/<filetype>/cut.png")
def cut_png(name: str, filetype: str) -> Response:
    """Send a cutout of an extension, packed as `acsql.images.png.Packed` defines it."""
    cut = parameters(CutoutParameters)
    region = cut.rectangle
    file = image_file(name, filetype, cut)
    return cached(cut, file, lambda: _cutout(file, image_plane(file, cut), region, cut.bin))


def _cutout(file: File, plane: Plane, region: Region, binning: int) -> Response:
    region = clip(plane, region)
    with reading(file.path), file.path.open("rb", buffering=0) as stream:
        packed = pack(read_cutout(stream, file.path.name, plane, region, binning))
    return _packed(packed.png, json.dumps(_packing(region, binning, packed)))


@blueprint.get("/pixels/<name>/<filetype>/tile.png")
def tile_png(name: str, filetype: str) -> Response:
    """Send a tile of the pyramid of an extension, packed like a cutout."""
    query = parameters(TileParameters)
    file = image_file(name, filetype, query)
    return cached(query, file, lambda: _tile(file, query))


def _tile(file: File, query: TileParameters) -> Response:
    """Return a tile from the cache on disk."""
    cache, tile, key = picture_cache(), query.tile, cache_key(file, query)

    def make() -> bytes:
        plane = image_plane(file, query)
        with file.path.open("rb", buffering=0) as stream:
            bins = read_tile(stream, file.path.name, plane, tile, cache.get, key)
        return _with_packing(plane, tile, bins)

    return _kept(file, f"{tile} {key}", make)


def _with_packing(plane: Plane, tile: Tile, bins: Pixels, **more: Any) -> bytes:
    """Return what the cache keeps of a tile: a line with its packing, and the PNG."""
    packed = pack(bins)
    packing = _packing(clip(plane, tile.region), tile.binning, packed) | more
    return json.dumps(packing).encode() + b"\n" + packed.png


def _kept(file: File, key: str, make: Callable[[], bytes]) -> Response:
    """Return a tile from the cache on disk, or as `make` makes it."""
    with reading(file.path):
        return _unpacked(picture_cache().get(key, make))


def _unpacked(content: bytes) -> Response:
    """Return what `_with_packing` has made as a response."""
    packing, _, png = content.partition(b"\n")
    return _packed(png, packing.decode())


def _packing(region: Region, binning: int, packed: Packed) -> dict[str, Any]:
    """Return what the viewer needs to unpack a cutout."""
    return asdict(region) | {"bin": binning, "low": packed.low, "step": packed.step}


def _packed(png: bytes, packing: str) -> Response:
    return Response(png, mimetype="image/png", headers={CUT_HEADER: packing})
