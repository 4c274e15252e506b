"""Searching: the box, the form, and what a search finds as table, thumbnails, map, plot and file.

The address has the whole state, with the conditions as one text in the query language.  What a
page has beside its results, the count and the facets, gets a few hundredths of a second: a search
that is slow to count is no reason to wait for its first fifty rows.  What was not counted in that
time has a link that asks for it, which a script follows once the rows are there."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import HoverTool, PanTool, Range1d, WheelZoomTool
from bokeh.plotting import figure
from flask import Blueprint, Response

from ...query import Column
from .. import plots
from ..context import parameters, the_archive
from ..results_parameters import Search
from .results import MOST_POINTS, PAGE_LIMIT, _axes

blueprint = Blueprint("search_plot", __name__)


BINS = 60


class Plotted(Search, plots.Themed):
    """A plot of a search."""

    single = (*Search.single, *plots.Themed.single)


@blueprint.get("/database/plot", endpoint="figure")
def send_figure() -> Response:
    """Send the plot of a search for ``plots.js``."""
    asked = parameters(Plotted)
    archive = the_archive()
    condition = asked.condition(archive.specs)
    x, y = _axes(asked)
    addresses = [column.address for column in (x, y) if column]
    rows = archive.sample(condition, columns=addresses, size=MOST_POINTS, time_limit=PAGE_LIMIT)
    values = [[row[name] for name in addresses] for row in rows]
    # A value that did not fit its type is kept as it was read.
    numbers = np.array([v for v in values if all(type(n) in (int, float) for n in v)], float)
    drawn = _scatter if y else _histogram
    axes = [_axis(column) for column in (x, y) if column]
    return plots.figure_response(drawn(numbers.reshape(-1, len(addresses)), axes), asked.theme)


def _axis(column: Column) -> str:
    return f"{column.address} ({column.spec.unit})" if column.spec.unit else column.address


def _figure(**options: Any) -> Any:
    # Without a toolbar: its pictures are data in a style, which no page's policy lets pass.
    zoom = WheelZoomTool(modifiers={"ctrl": True})
    return figure(
        height=420,
        sizing_mode="stretch_width",
        tools=[PanTool(), zoom],
        active_scroll=zoom,
        toolbar_location=None,
        **options,
    )


def _scatter(numbers: np.ndarray, axes: Sequence[str]) -> Any:
    made = _figure(x_axis_label=axes[0], y_axis_label=axes[1], output_backend="canvas")
    dots = made.scatter(
        numbers[:, 0], numbers[:, 1], size=5, color=plots.COLOURS[0], line_color=None, alpha=0.5
    )
    told = [(axes[0], "@x{0,0.[0000]}"), (axes[1], "@y{0,0.[0000]}")]
    made.add_tools(HoverTool(renderers=[dots], tooltips=told))
    return made


def _histogram(numbers: np.ndarray, axes: Sequence[str]) -> Any:
    counts, edges = np.histogram(numbers[:, 0], bins=BINS) if len(numbers) else ([], [0.0])
    made = _figure(x_axis_label=axes[0], y_axis_label="observations")
    made.quad(
        top=list(counts), bottom=0, left=list(edges[:-1]), right=list(edges[1:]),
        color=plots.COLOURS[0], line_color=None, alpha=0.8,
    )  # fmt: skip
    made.y_range = Range1d(0, 1.05 * max([1, *counts]))
    return made
