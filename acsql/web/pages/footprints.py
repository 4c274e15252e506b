"""The footprints of the observations around one, which the viewer draws over its image."""

from typing import Any

from flask import Blueprint, Response, jsonify

from ...query import Overlaps
from ..context import current_archive, filters_label, observation_url, parameters
from ..params import Parameters

# The most footprints over an image: more cannot be told apart.
MOST_FOOTPRINTS = 200

blueprint = Blueprint("footprints", __name__)


@blueprint.get("/pixels/<name>/footprints")
def overlapping(name: str) -> Response:
    """Send the other observations whose footprints overlap that of one, the latest first."""
    parameters(Parameters)
    archive = current_archive()
    observation = archive.observation(name)
    search = archive.where(Overlaps(observation.rootname)).sort("-expstart")
    # One is the observation itself, and one more shows that there are more.
    rows = search.footprints(MOST_FOOTPRINTS + 2)
    others = [row for row in rows if row["rootname"] != observation.rootname]
    drawn = [_described(row) for row in others[:MOST_FOOTPRINTS]]
    return jsonify({"footprints": drawn, "more": len(others) > MOST_FOOTPRINTS})


def _described(row: dict[str, Any]) -> dict[str, Any]:
    """Return the name and page of an observation, and the outlines of its chips in degrees."""
    geometry = row["footprint"]
    several = geometry["type"] == "MultiPolygon"
    polygons = geometry["coordinates"] if several else [geometry["coordinates"]]
    return {
        "name": row["ipppssoot"],
        "label": " ".join(filter(None, (row["detector"], filters_label(row)))),
        "address": observation_url("observation.page", row),
        "outlines": [ring for polygon in polygons for ring in polygon],
    }
