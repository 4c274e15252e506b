"""The sky coverage of a search, as a picture under the sky map.

Browsers load it after the page, which therefore does not wait for a map of the whole archive.
"""

from flask import Blueprint, Response

from .. import sky_map
from ..context import current_archive, parameters
from ..coverage_map import coverage_map
from ..results_parameters import ResultsParameters

blueprint = Blueprint("sky_coverage", __name__)


@blueprint.get("/database/coverage.png")
def picture() -> Response:
    """Send the covered part of the sky as a transparent PNG in the projection of the sky map."""
    archive = current_archive()
    condition = parameters(ResultsParameters).condition(archive.specs)
    found = coverage_map(archive.where(condition))
    return Response(sky_map.coverage_png(found), mimetype="image/png")
