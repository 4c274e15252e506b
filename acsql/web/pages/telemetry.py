"""The plots of the pointing of the telescope, for the page of an observation."""

from typing import Annotated

from flask import Blueprint, Response

from ...errors import DatasetNotFound
from ...fits.jitter import is_jitter
from ...fits.tables import is_table
from .. import plots
from ..context import parameters, requested_observation
from ..file_view import column_names
from ..params import OneOf, Parameters
from ..telemetry_plots import draw_histogram, draw_jitter

blueprint = Blueprint("telemetry", __name__)


class ThemeParameters(Parameters):
    """The colours of the page around the plot."""

    theme: Annotated[str, OneOf(plots.THEMES)] = "light"


@blueprint.get("/archive/<proposal:proposid>/<name>/telemetry/<filetype>/<int:extension>/plot")
def plot(proposid: int | None, name: str, filetype: str, extension: int) -> Response:
    """Send the plots of a jitter table, or of an image of the pointing."""
    query = parameters(ThemeParameters)
    observation = requested_observation(proposid, name)
    header = observation.stored_header(filetype, extension)
    if is_table(header) and is_jitter(column_names(header)):
        drawn = draw_jitter(observation.table(filetype, extension), plots.COLOURS[query.theme])
    elif header.get("naxis") == 2:
        pixels = observation.data(filetype, str(header["extname"]), int(header["extver"]))
        drawn = draw_histogram(pixels, header)
    else:
        raise DatasetNotFound(f"{observation.datasets[filetype]}[{extension}] has no pointing")
    return plots.figure_response(drawn, query.theme)
