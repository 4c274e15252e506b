"""The plot of a search: a scatter plot of two keywords, or the histogram of one."""

import math
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from bokeh.models import HoverTool, PanTool, Range1d, WheelZoomTool
from bokeh.plotting import figure as bokeh_figure
from flask import Blueprint, Response

from ... import query
from ...errors import QueryError
from ...keywords import KeywordSpecs
from ...query import Column
from .. import plots
from ..context import current_archive, parameters
from ..params import OneOf
from ..results_parameters import ResultsParameters

# The largest number of points; of more results, a random sample is shown.
MAX_POINTS = 20_000
BINS = 60
# Plotted if the URL names no keyword.
DEFAULT_AXES = ("expstart", "exptime")
# Seconds that the query may take.
TIME_LIMIT = 20

blueprint = Blueprint("search_plot", __name__)


class PlotParameters(ResultsParameters):
    """A search whose results are plotted, and the colours of the page around the plot."""

    theme: Annotated[str, OneOf(plots.THEMES)] = "light"


@blueprint.get("/database/plot")
def figure() -> Response:
    """Send the plot for ``plots.js``."""
    search = parameters(PlotParameters)
    archive = current_archive()
    axes = plot_axes(search, archive.specs)
    addresses = [column.address for column in axes]
    results = archive.where(search.condition(archive.specs)).columns(*addresses)
    rows = results.time_limit(TIME_LIMIT).sample(MAX_POINTS)
    values = [[row[name] for name in addresses] for row in rows]
    numeric = [point for point in values if all(map(_is_finite, point))]
    points = np.array(numeric, float).reshape(-1, len(axes))
    draw = _scatter if len(axes) == 2 else _histogram
    colour, *_ = plots.COLOURS[search.theme]
    drawn = draw(points, [_label(column) for column in axes], colour)
    return plots.figure_response(drawn, search.theme)


def _is_finite(value: Any) -> bool:
    """Whether a value has a place in a plot; a type mismatch may be a text."""
    return type(value) in (int, float) and math.isfinite(value)


def plot_axes(search: ResultsParameters, specs: KeywordSpecs) -> list[Column]:
    """Return the keywords of the x and the y axis, or of the x axis alone for a histogram.

    Parameters
    ----------
    search : ResultsParameters
        With ``x`` and ``y``.
    specs : KeywordSpecs
        By which keyword addresses are resolved.

    Returns
    -------
    list of Column
        One or two.

    Raises
    ------
    QueryError
        If a keyword does not exist, or is not a number.
    """
    names = [search.x, search.y] if search.x else list(DEFAULT_AXES)
    axes = query.resolve_all([name for name in dict.fromkeys(names) if name], specs)
    for column in axes:
        if not is_number(column):
            raise QueryError(f"{column.address} is not a number and cannot be plotted")
    return axes


def is_number(column: Column) -> bool:
    """Return whether the values of a keyword are numbers."""
    return column.spec.type in ("int", "float")


def _label(column: Column) -> str:
    return f"{column.address} ({column.spec.unit})" if column.spec.unit else column.address


def _new_figure(**options: Any) -> Any:
    # Without a toolbar: its icons are data URLs, which the security policy forbids.
    zoom = WheelZoomTool(modifiers={"ctrl": True})
    return bokeh_figure(
        height=420,
        sizing_mode="stretch_width",
        tools=[PanTool(), zoom],
        active_scroll=zoom,
        toolbar_location=None,
        **options,
    )


def _scatter(points: npt.NDArray[np.float64], labels: Sequence[str], colour: str) -> Any:
    plot = _new_figure(x_axis_label=labels[0], y_axis_label=labels[1], output_backend="canvas")
    dots = plot.scatter(
        points[:, 0], points[:, 1], size=5, color=colour, line_color=None, alpha=0.5
    )
    tooltips = [(labels[0], "@x{0,0.[0000]}"), (labels[1], "@y{0,0.[0000]}")]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=tooltips))
    return plot


def _histogram(points: npt.NDArray[np.float64], labels: Sequence[str], colour: str) -> Any:
    if len(points):
        counts, edges = np.histogram(points[:, 0], bins=BINS)
    else:
        counts, edges = np.zeros(0, int), np.zeros(1)
    plot = _new_figure(x_axis_label=labels[0], y_axis_label="observations")
    plot.quad(
        top=counts.tolist(), bottom=0, left=edges[:-1].tolist(), right=edges[1:].tolist(),
        color=colour, line_color=None, alpha=0.8,
    )  # fmt: skip
    plot.y_range = Range1d(start=0, end=1.05 * max([1, *counts.tolist()]))
    return plot
