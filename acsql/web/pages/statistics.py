"""The statistics: what was counted after the last ingest, as tables, CSV and plots.

A plot stays as it is until something is counted anew, so a browser keeps it, asks whether it is
still the same, and hardly ever needs another one.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import bokeh
from bokeh.models import FactorRange, HoverTool, NumeralTickFormatter
from bokeh.plotting import figure
from flask import Blueprint, Response, abort, render_template, request

from ... import __version__
from ...statistics import Statistic
from ..context import parameters, the_archive
from ..downloads import download
from ..params import Address
from ..plots import COLOURS, Themed, described

PERIODS = {"year": "By year", "month": "By month"}
UNKNOWN = "unknown"
# No more bars than can be told apart; the table has all.
MOST_BARS = 40
# More names than these do not stand beside each other.
ACROSS = 12
HEIGHT = 320
LABELS = {"low": "exposure time from (s)"}
_COUNTS = "0,0"
_BYTES = "0,0.0"
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_DAY_MS = 24 * 3600 * 1000
_DAYS = {"year": 365.25, "month": 30.4}

statistics = Blueprint("statistics", __name__)


class Period(Address):
    """How finely time is told apart."""

    single = ("by",)

    @property
    def by(self) -> str:
        """One of `PERIODS`."""
        return self.chosen("by", PERIODS, "year")


class Drawn(Period, Themed):
    """A plot: its period, and the colours of the page around it."""

    single = (*Period.single, *Themed.single)


@dataclass(frozen=True)
class Chart:
    """How a statistic is drawn and tabulated.

    Parameters
    ----------
    key : str
        The column that tells the bars apart.
    value : str
        The column that is their height.
    by_detector : bool
        Whether each bar has a part for each detector.
    grown : bool
        Whether the value is what has come together until then.
    detail : str, optional
        A further column that tells the rows of the table apart.
    """

    key: str
    value: str
    by_detector: bool = False
    grown: bool = False
    detail: str | None = None


CHARTS = {
    "observations": Chart("month", "observations", by_detector=True),
    "size_observed": Chart("month", "total", grown=True),
    "size_ingested": Chart("month", "total", grown=True),
    "filetypes": Chart("filetype", "files"),
    "headers": Chart("filetype", "headers", by_detector=True, detail="extension"),
    "filters": Chart("filter", "observations", by_detector=True),
    "exptimes": Chart("low", "observations", by_detector=True),
}


@dataclass
class Table:
    """A statistic as it is drawn and shown: numbers by key (rows) and by series (columns)."""

    chart: Chart
    title: str
    keys: list[str]
    series: list[str]
    numbers: dict[tuple[str, str], float]

    @property
    def unit(self) -> str:
        """Whether the numbers are ``bytes`` or counts."""
        return "bytes" if self.chart.value == "total" else "counts"

    def rows(self) -> Iterator[tuple[str, list[float]]]:
        """Yield each key with its numbers."""
        for key in self.keys:
            yield key, [self.numbers.get((key, name), 0) for name in self.series]


def to_table(
    statistic: Statistic, period: str, detectors: Sequence[str], detailed: bool = False
) -> Table:
    """Return a statistic with its months put together to periods.

    Parameters
    ----------
    period : str
        One of `PERIODS`.
    detectors : sequence of str
        In the order in which they are shown.
    detailed : bool
        Whether what the plot has no place for is told apart as well.
    """
    chart = CHARTS[statistic.name]
    keys: dict[str, None] = {}
    numbers: dict[tuple[str, str], float] = {}
    for row in statistic.rows:
        key = _text(row[chart.key], chart.key, period)
        if detailed and chart.detail:
            key = f"{key} {row[chart.detail]}"
        series = (row["detector"] or UNKNOWN) if chart.by_detector else chart.value
        keys[key] = None
        before = 0 if chart.grown else numbers.get((key, series), 0)
        numbers[key, series] = before + row[chart.value]
    found = {series for _, series in numbers}
    known = [name for name in (*detectors, UNKNOWN) if name in found]
    series = known if chart.by_detector else sorted(found)
    return Table(chart, statistic.title, list(keys), series, numbers)


def _text(value: Any, column: str, period: str) -> str:
    if value is None:
        return UNKNOWN
    if column == "month":
        return value[:4] if period == "year" else value
    return f"{value:g}" if isinstance(value, float) else str(value)


@statistics.get("/statistics/")
def page() -> str:
    """Show every statistic as plot and table."""
    asked = parameters(Period)
    found = the_archive().statistics()
    return render_template(
        "statistics.html",
        asked=asked,
        periods=PERIODS,
        tables={name: _table(known, asked.by, detailed=True) for name, known in found.items()},
        statistics=found,
    )


def _table(statistic: Statistic, period: str, detailed: bool = False) -> Table:
    return to_table(statistic, period, list(the_archive().specs.detectors), detailed)


@statistics.get("/statistics/<name>.csv")
def numbers(name: str) -> Response:
    """Send the numbers behind a plot."""
    parameters(Address)
    statistic = _statistic(name)
    return download(statistic.rows, statistic.columns, "csv", f"acsql_{name}")


@statistics.get("/statistics/<name>/plot")
def plot(name: str) -> Response:
    """Send a plot, unless the browser has it as it is."""
    asked = parameters(Drawn)
    statistic = _statistic(name)
    response = Response(mimetype="application/json")
    response.last_modified = statistic.counted
    # Another version may draw the same numbers in another way.
    response.set_etag(f"{statistic.counted.isoformat()} {__version__} {bokeh.__version__}")
    response.cache_control.no_cache = True
    if response.make_conditional(request).status_code == 200:
        drawn = _drawn(_table(statistic, asked.by), asked.by)
        response.set_data(described(drawn, asked.theme))
    return response


def _statistic(name: str) -> Statistic:
    found = the_archive().statistics()
    if name not in found:
        abort(404)
    return found[name]


def _drawn(table: Table, period: str) -> figure:
    """Return a table as bars, one on the other; or as the line up to which something has grown."""
    over_time = table.chart.key == "month"
    keys = [key for key in table.keys if key != UNKNOWN or not over_time]
    keys = keys if over_time else keys[:MOST_BARS]
    scale, unit = _scale(table)
    heights = {
        name: [table.numbers.get((key, name), 0) / scale for key in keys] for name in table.series
    }
    middles = [_middle(key, period) for key in keys] if over_time else keys
    source = {"key": keys, "x": middles, **heights}
    format_ = _BYTES if table.unit == "bytes" else _COUNTS
    where = {"x_axis_type": "datetime"} if over_time else {"x_range": FactorRange(*keys)}
    drawn = figure(
        height=HEIGHT,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools=[HoverTool(tooltips=_tooltips(table, format_))],
        **where,
    )
    drawn.yaxis.formatter = NumeralTickFormatter(format=format_)
    drawn.yaxis.axis_label = unit
    drawn.xaxis.axis_label = LABELS.get(table.chart.key)
    drawn.y_range.start = 0
    drawn.xgrid.visible = False
    if table.chart.grown:
        # As wide as can be read, where there is but one.
        drawn.x_range.default_span = timedelta(days=2 * _DAYS[period])
        drawn.varea("x", 0, table.chart.value, source=source, color=COLOURS[0], alpha=0.25)
        drawn.line("x", table.chart.value, source=source, color=COLOURS[0], line_width=2)
        drawn.scatter("x", table.chart.value, source=source, color=COLOURS[0], size=6)
        return drawn
    several = {"legend_label": table.series} if len(table.series) > 1 else {}
    width = 0.9 * (_DAYS[period] * _DAY_MS if over_time else 1)
    colours = list(COLOURS[: len(table.series)])
    # Without lines, which would show bars of no height.
    looks = {"fill_color": colours, "line_color": None, **several}
    drawn.vbar_stack(table.series, x="x", width=width, source=source, **looks)
    if several:
        drawn.legend.orientation = "horizontal"
        drawn.add_layout(drawn.legend[0], "above")
    if not over_time and len(keys) > ACROSS:
        drawn.xaxis.major_label_orientation = "vertical"
    return drawn


def _scale(table: Table) -> tuple[int, str]:
    """Return by what the numbers are divided on the axis, and the unit that they have then."""
    if table.unit != "bytes":
        return 1, table.chart.value
    power = int(math.log(max(1, *table.numbers.values()), 1000))
    return 1000**power, f"size ({_UNITS[power]})"


def _tooltips(table: Table, format_: str) -> list[tuple[str, str]]:
    return [("", "@key")] + [(name, f"@{{{name}}}{{{format_}}}") for name in table.series]


def _middle(key: str, period: str) -> datetime:
    """Return the middle of a year or a month."""
    if period == "year":
        return datetime(int(key), 7, 1, tzinfo=UTC)
    year, month = key.split("-")
    return datetime(int(year), int(month), 15, tzinfo=UTC)
