"""The statistics page: each statistic as a chart, a table and a CSV file.

A chart changes only when the statistics are refreshed, so browsers cache it and revalidate.
"""

import bokeh
from flask import Blueprint, Response, abort, render_template, request

from ... import __version__
from ...statistics import Statistic
from ..charts import PERIODS, ChartTable, draw, to_table
from ..context import parameters, the_archive
from ..downloads import download
from ..params import Address
from ..plots import Themed, figure_json

statistics = Blueprint("statistics", __name__)


class Period(Address):
    """The period into which time is divided."""

    single = ("by",)

    @property
    def by(self) -> str:
        """One of `PERIODS`."""
        return self.chosen("by", PERIODS, "year")


class ChartAddress(Period, Themed):
    """Parameters of a chart: its period, and the colours of the page around it."""

    single = (*Period.single, *Themed.single)


@statistics.get("/statistics/")
def page() -> str:
    """Show every statistic as a chart and a table."""
    period = parameters(Period)
    every = the_archive().statistics()
    return render_template(
        "statistics.html",
        period=period.by,
        periods=PERIODS,
        tables={name: _table(one, period.by, detailed=True) for name, one in every.items()},
        statistics=every,
    )


@statistics.get("/statistics/<name>.csv")
def numbers(name: str) -> Response:
    """Send the numbers of a statistic as CSV."""
    parameters(Address)
    statistic = _statistic(name)
    return download(statistic.rows, statistic.columns, "csv", f"acsql_{name}")


@statistics.get("/statistics/<name>/plot")
def plot(name: str) -> Response:
    """Send the chart of a statistic, or 304 if the browser has it in its cache."""
    address = parameters(ChartAddress)
    statistic = _statistic(name)
    response = Response(mimetype="application/json")
    response.last_modified = statistic.counted
    # Other versions may draw the same numbers differently.
    response.set_etag(f"{statistic.counted.isoformat()} {__version__} {bokeh.__version__}")
    response.cache_control.no_cache = True
    if response.make_conditional(request).status_code == 200:
        chart = draw(_table(statistic, address.by), address.by)
        response.set_data(figure_json(chart, address.theme))
    return response


def _statistic(name: str) -> Statistic:
    every = the_archive().statistics()
    if name not in every:
        abort(404)
    return every[name]


def _table(statistic: Statistic, period: str, detailed: bool = False) -> ChartTable:
    return to_table(statistic, period, list(the_archive().specs.detectors), detailed)
