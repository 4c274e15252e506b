"""The statistics page: each statistic as a chart, a table and a CSV file, and the flags.

A chart changes only with the numbers it is drawn from, so browsers cache it and revalidate.
"""

import hashlib
from typing import Annotated

import bokeh
from flask import Blueprint, Response, abort, render_template, request, url_for

from ... import __version__
from ...statistics import Statistic
from ..charts import PERIODS, ChartTable, draw, to_table
from ..context import current_archive, parameters
from ..downloads import download
from ..params import OneOf, Parameters
from ..plots import COLOURS, THEMES, figure_json

blueprint = Blueprint("statistics", __name__)


class PeriodParameters(Parameters):
    """The period into which time is divided."""

    by: Annotated[str, OneOf(PERIODS)] = "year"


class ChartParameters(PeriodParameters):
    """A chart: its period, and the colours of the page around it."""

    theme: Annotated[str, OneOf(THEMES)] = "light"


@blueprint.get("/statistics/")
def page() -> str:
    """Show every statistic as a chart and a table."""
    query = parameters(PeriodParameters)
    archive = current_archive()
    every = archive.statistics()
    return render_template(
        "statistics.html",
        api=url_for("api.statistics"),
        period=query.by,
        periods=PERIODS,
        flag_counts=archive.where().facets("flags"),
        tables={name: _table(one, query.by, detailed=True) for name, one in every.items()},
    )


@blueprint.get("/statistics/<name>.csv")
def numbers(name: str) -> Response:
    """Send the numbers of a statistic as CSV."""
    parameters(Parameters)
    statistic = _statistic(name)
    return download(statistic.rows, statistic.columns, "csv", f"acsql_{name}")


@blueprint.get("/statistics/<name>/plot")
def plot(name: str) -> Response:
    """Send the chart of a statistic, or 304 if the browser has it in its cache."""
    query = parameters(ChartParameters)
    statistic = _statistic(name)
    response = Response(mimetype="application/json")
    # Other versions may draw the same numbers differently.
    drawn = f"{statistic.rows} {__version__} {bokeh.__version__}"
    response.set_etag(hashlib.sha256(drawn.encode()).hexdigest())
    response.cache_control.no_cache = True
    if response.make_conditional(request).status_code == 200:
        chart = draw(_table(statistic, query.by), query.by, COLOURS[query.theme])
        response.set_data(figure_json(chart, query.theme))
    return response


def _statistic(name: str) -> Statistic:
    every = current_archive().statistics()
    if name not in every:
        abort(404)
    return every[name]


def _table(statistic: Statistic, period: str, detailed: bool = False) -> ChartTable:
    return to_table(statistic, period, list(current_archive().specs.detectors), detailed)
