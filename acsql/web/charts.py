"""Charts of the statistics page: which columns are drawn, and bars and lines of them.

A chart and its HTML table come from the same `ChartTable`, so that they cannot disagree.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bokeh.models import DataRange1d, FactorRange, HoverTool, NumeralTickFormatter
from bokeh.plotting import figure

from ..statistics import Statistic
from .plots import COLOURS

PERIODS = {"year": "By year", "month": "By month"}
UNKNOWN = "unknown"
# The most bars of a chart without time; the table has all.
MAX_BARS = 40
# The most labels of bars that fit horizontally.
MAX_HORIZONTAL_LABELS = 12
# Pixels.
HEIGHT = 320
LABELS = {"low": "exposure time from (s)"}
# Formats of Numeral.js, which BokehJS uses.
_COUNTS = "0,0"
_BYTES = "0,0.0"
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_MS_PER_DAY = 24 * 3600 * 1000
_DAYS = {"year": 365.25, "month": 30.4}
# Width of a bar, as a fraction of its period or category.
_BAR_WIDTH = 0.9


@dataclass(frozen=True)
class Chart:
    """The chart and the table of a statistic.

    Attributes
    ----------
    key : str
        The column whose values are the bars.
    value : str
        The column with the heights of the bars.
    by_detector : bool
        Whether each bar is divided by detector.
    cumulative : bool
        Whether the value is a running total.
    detail : str, optional
        A column by which the rows of the table are divided, but not the bars.
    """

    key: str
    value: str
    by_detector: bool = False
    cumulative: bool = False
    detail: str | None = None


CHARTS = {
    "observations": Chart("month", "observations", by_detector=True),
    "size_observed": Chart("month", "total", cumulative=True),
    "size_ingested": Chart("month", "total", cumulative=True),
    "filetypes": Chart("filetype", "files"),
    "headers": Chart("filetype", "headers", by_detector=True, detail="extension"),
    "filters": Chart("filter", "observations", by_detector=True),
    "exptimes": Chart("low", "observations", by_detector=True),
}


@dataclass
class ChartTable:
    """The numbers of a chart by key (rows) and series (columns).

    Attributes
    ----------
    chart : Chart
        How they are drawn.
    title : str
        The title of the statistic.
    keys, series : list of str
        The rows and the columns in their order.
    numbers : dict
        Numbers by (key, series); missing ones are 0.
    """

    chart: Chart
    title: str
    keys: list[str]
    series: list[str]
    numbers: dict[tuple[str, str], float]

    @property
    def unit(self) -> str:
        """Either ``bytes`` or ``counts``."""
        return "bytes" if self.chart.value == "total" else "counts"

    def rows(self) -> Iterator[tuple[str, list[float]]]:
        """Yield each key with its numbers in the order of the series."""
        for key in self.keys:
            yield key, [self.numbers.get((key, name), 0) for name in self.series]


def to_table(
    statistic: Statistic, period: str, detectors: Sequence[str], detailed: bool = False
) -> ChartTable:
    """Return the table of a statistic, with months added up to periods.

    Parameters
    ----------
    statistic : Statistic
        One of those in `CHARTS`.
    period : str
        One of `PERIODS`.
    detectors : sequence of str
        The order of the series.
    detailed : bool
        Whether rows are divided by `Chart.detail` too.

    Returns
    -------
    ChartTable
        Its keys are in the order of the statistic's rows.
    """
    chart = CHARTS[statistic.name]
    keys: dict[str, None] = {}
    numbers: dict[tuple[str, str], float] = {}
    for row in statistic.rows:
        key = _text(row[chart.key], chart.key, period)
        if detailed and chart.detail:
            key = f"{key} {row[chart.detail]}"
        name = (row["detector"] or UNKNOWN) if chart.by_detector else chart.value
        keys[key] = None
        before = 0 if chart.cumulative else numbers.get((key, name), 0)
        numbers[key, name] = before + row[chart.value]
    names = {name for _, name in numbers}
    ordered = [name for name in (*detectors, UNKNOWN) if name in names]
    series = ordered if chart.by_detector else sorted(names)
    return ChartTable(chart, statistic.title, list(keys), series, numbers)


def _text(value: Any, column: str, period: str) -> str:
    if value is None:
        return UNKNOWN
    if column == "month":
        return str(value)[:4] if period == "year" else str(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def draw(table: ChartTable, period: str, colours: Sequence[str] = COLOURS["light"]) -> figure:
    """Draw a table as stacked bars, or as a line if its numbers are cumulative.

    Parameters
    ----------
    table : ChartTable
        The numbers.
    period : str
        One of `PERIODS`; the same as that of the table.
    colours : sequence of str
        Colours of the series, as in `acsql.web.plots.COLOURS`.

    Returns
    -------
    bokeh.plotting.figure
        Without a theme.
    """
    over_time = table.chart.key == "month"
    keys = [key for key in table.keys if key != UNKNOWN or not over_time]
    keys = keys if over_time else keys[:MAX_BARS]
    scale, unit = _scale(table)
    heights = {
        name: [table.numbers.get((key, name), 0) / scale for key in keys] for name in table.series
    }
    x = [_middle(key, period) for key in keys] if over_time else keys
    source = {"key": keys, "x": x, **heights}
    chart = _empty_figure(table, keys, period)
    chart.yaxis.axis_label = unit
    if table.chart.cumulative:
        _draw_line(chart, table.chart.value, source, colours[0])
        return chart
    bars = dict(zip(table.series, colours, strict=False))
    _draw_bars(chart, bars, source, _DAYS[period] * _MS_PER_DAY if over_time else 1)
    if not over_time and len(keys) > MAX_HORIZONTAL_LABELS:
        chart.xaxis.major_label_orientation = "vertical"
    return chart


def _empty_figure(table: ChartTable, keys: Sequence[str], period: str) -> figure:
    """Return a figure with the axes and the tooltips of a chart."""
    number_format = _BYTES if table.unit == "bytes" else _COUNTS
    if table.chart.key != "month":
        x_range: Any = FactorRange(factors=list(keys))
    elif table.chart.cumulative:
        # A single point would have no span.
        x_range = DataRange1d(default_span=timedelta(days=2 * _DAYS[period]))
    else:
        x_range = DataRange1d()
    chart = figure(
        height=HEIGHT,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools=[HoverTool(tooltips=_tooltips(table, number_format))],
        x_axis_type="datetime" if table.chart.key == "month" else "auto",
        x_range=x_range,
        y_range=DataRange1d(start=0),
    )
    chart.yaxis.formatter = NumeralTickFormatter(format=number_format)
    chart.xaxis.axis_label = LABELS.get(table.chart.key)
    chart.xgrid.visible = False
    return chart


def _draw_line(chart: figure, name: str, source: dict[str, Any], colour: str) -> None:
    chart.varea("x", 0, name, source=source, color=colour, alpha=0.25)
    chart.line("x", name, source=source, color=colour, line_width=2)
    chart.scatter("x", name, source=source, color=colour, size=6)


def _draw_bars(
    chart: figure, colours: Mapping[str, str], source: dict[str, Any], category_width: float
) -> None:
    """Draw a stack of bars for each key, with a colour for each series."""
    series = list(colours)
    legend = {"legend_label": series} if len(series) > 1 else {}
    chart.vbar_stack(
        series,
        x="x",
        width=_BAR_WIDTH * category_width,
        source=source,
        fill_color=list(colours.values()),
        # Lines would show bars of no height.
        line_color=None,
        **legend,
    )
    if legend:
        chart.legend.orientation = "horizontal"
        chart.add_layout(chart.legend[0], "above")


def _scale(table: ChartTable) -> tuple[int, str]:
    """Return the divisor of the numbers on the axis, and the label of the axis."""
    if table.unit != "bytes":
        return 1, table.chart.value
    power = int(math.log(max(1, *table.numbers.values()), 1000))
    return 1000**power, f"size ({_UNITS[power]})"


def _tooltips(table: ChartTable, number_format: str) -> list[tuple[str, str]]:
    values = [(name, f"@{{{name}}}{{{number_format}}}") for name in table.series]
    return [("", "@key"), *values]


def _middle(key: str, period: str) -> datetime:
    """Return the middle of a year or a month."""
    if period == "year":
        return datetime(int(key), 7, 1, tzinfo=UTC)
    year, month = key.split("-")
    return datetime(int(year), int(month), 15, tzinfo=UTC)
