"""Plots of monitors: columns against time and others, and the distribution of the first column."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from bokeh.layouts import column
from bokeh.models import (
    BoxSelectTool,
    ColumnDataSource,
    HoverTool,
    LayoutDOM,
    NoOverlap,
    OpenURL,
    TapTool,
    WheelZoomTool,
)
from bokeh.plotting import figure
from bokeh.transform import factor_cmap

from ..monitors import Monitor
from ..query import Column
from .plots import COLOURS

# Pixels.
_HEIGHT = 260
_BINS = 40
# By it the script of the page finds which rows are selected.
_SOURCE = "rows"
# The Modified Julian Date of 1970-01-01, from which browsers count milliseconds.
_MJD_1970 = 40_587.0
_MS_PER_DAY = 86_400_000.0
_TIME_AXIS = {"x_axis_type": "datetime"}
SPARKLINE = (120, 24)  # width and height in pixels

Row = Mapping[str, Any]


def draw_monitor(
    monitor: Monitor,
    rows: Sequence[Row],
    observation_url: str,
    marks: Sequence[float] = (),
    sampled: Collection[str] = (),
    colours: Sequence[str] = COLOURS["light"],
) -> LayoutDOM:
    """Return the plots of a monitor: its columns against time and others, and a distribution.

    Parameters
    ----------
    monitor : Monitor
        The monitor.
    rows : sequence of mapping
        Values by column, in any order.
    observation_url : str
        The URL of an observation, with ``@rootname`` in it.
    marks : sequence of float, optional
        Modified Julian Dates at which plots against time have a line.
    sampled : collection of str, optional
        Rootnames of a random sample, of which alone the distribution is; by default of all rows.
    colours : sequence of str
        Those of the series, as in `acsql.web.plots.COLOURS`; of more series, small ones share the
        last.

    Returns
    -------
    bokeh.models.LayoutDOM
        Plots with a common axis of time and common selections, without a theme.
    """
    known = [row for row in rows if row["expstart"] is not None]
    groups = _groups(known, monitor.by, len(colours))
    palette = dict(zip(dict.fromkeys(groups.values()), colours, strict=False))
    source = _source(known, monitor, groups)
    plots: list[Any] = []
    for each in monitor.drawn:
        shared = {"x_range": plots[0].x_range} if plots else {}
        plot = _scatter("time", each, source, palette, observation_url, **_TIME_AXIS, **shared)
        # Of one exposure, Bokeh would show two milliseconds.
        plot.x_range.default_span = _MS_PER_DAY
        _draw_marks(plot, marks, colours[-2])
        plots.append(plot)
    for first in monitor.drawn[:1]:
        for each in monitor.columns:
            if each.address in monitor.against:
                label = {"x_axis_label": _label(each)}
                plots.append(
                    _scatter(each.address, first, source, palette, observation_url, **label)
                )
        chance = set(sampled)
        counted = [row for row in known if not chance or row["rootname"] in chance]
        if values := _values(counted, first, monitor.by, groups):
            plots.append(_distribution(first, values, palette))
    return cast(LayoutDOM, column(*plots, sizing_mode="stretch_width"))


def _source(rows: Sequence[Row], monitor: Monitor, groups: Mapping[str, str]) -> ColumnDataSource:
    """Return what the plots share: time, the columns that are drawn, and names of the rows."""
    series = [_series(row, monitor.by) for row in rows]
    # Arrays, which are sent several times faster than lists; a missing number is NaN.
    return ColumnDataSource(
        {
            "time": _milliseconds(np.array([row["expstart"] for row in rows], float)),
            "rootname": [row["rootname"] for row in rows],
            "series": series,
            "group": [groups[name] for name in series],
            **{
                name: np.array([row[name] for row in rows], float)
                for name in {*(each.address for each in monitor.drawn), *monitor.against}
            },
        },
        name=_SOURCE,
    )


def _milliseconds(mjd: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return Modified Julian Dates as browsers count time."""
    return (mjd - _MJD_1970) * _MS_PER_DAY


def _series(row: Row, by: str | None) -> str:
    """Return the name of the series of a row; empty if there is only one."""
    if by is None:
        return ""
    return "unknown" if row[by] is None else str(row[by])


def _groups(rows: Iterable[Row], by: str | None, most: int) -> dict[str, str]:
    """Return the name under which each series is drawn; small ones share the last of too many.

    A legend of more lines than there are colours would not fit beside its plot.
    """
    counts = Counter(_series(row, by) for row in rows)
    shown = {name for name, _ in counts.most_common(most - 1)}
    if len(counts) <= most:
        shown = set(counts)
    others = f"{len(counts) - len(shown)} others"
    # In the order of the legend: those that have their own colour first.
    ordered = sorted(counts, key=lambda name: (name not in shown, name))
    return {name: name if name in shown else others for name in ordered}


def _scatter(
    across: str,
    shown: Column,
    source: ColumnDataSource,
    palette: Mapping[str, str],
    url: str,
    **options: Any,
) -> Any:
    """Return a plot of a column against another one of the source."""
    zoom = WheelZoomTool(modifiers={"ctrl": True})
    select = BoxSelectTool()
    plot: Any = figure(
        height=_HEIGHT,
        sizing_mode="stretch_width",
        y_axis_label=_label(shown),
        # Without a toolbar: its icons are data URLs, which the security policy forbids.
        toolbar_location=None,
        tools=[select, zoom],
        active_drag=select,
        active_scroll=zoom,
        output_backend="canvas",
        **options,
    )
    legend = {"legend_group": "group"} if len(palette) > 1 else {}
    dots = plot.scatter(
        across, shown.address, source=source, size=6, alpha=0.7, line_color=None,
        color=factor_cmap("group", list(palette.values()), list(palette)),
        **legend,
    )  # fmt: skip
    tooltips = [("", "@rootname @series"), (shown.address, f"@{shown.address}{{0.[0000]}}")]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=tooltips))
    plot.add_tools(TapTool(renderers=[dots], callback=OpenURL(url=url)))
    if legend:
        plot.add_layout(plot.legend[0], "right")
    # On a phone.
    plot.xaxis.major_label_policy = NoOverlap()
    return plot


def _draw_marks(plot: Any, marks: Sequence[float], colour: str) -> None:
    """Draw a dashed line at each time, which does not extend the axis."""
    if marks:
        plot.x_range.renderers = plot.x_range.renderers or list(plot.renderers)
        plot.vspan(
            x=_milliseconds(np.array(marks, float)),
            line_dash="dashed", line_color=colour, line_alpha=0.6, level="underlay",
        )  # fmt: skip


def _values(
    rows: Iterable[Row], shown: Column, by: str | None, groups: Mapping[str, str]
) -> dict[str, list[float]]:
    """Return the known values of a column, by the names under which the series are drawn.

    Empty if there are none, and with the names of all series otherwise.
    """
    values: dict[str, list[float]] = {name: [] for name in groups.values()}
    for row in rows:
        if row[shown.address] is not None:
            values[groups[_series(row, by)]].append(row[shown.address])
    return values if any(values.values()) else {}


def _distribution(
    shown: Column, values: Mapping[str, Sequence[float]], palette: Mapping[str, str]
) -> Any:
    """Return the histogram of a column, with the same bins for each group of series."""
    plot: Any = figure(
        height=_HEIGHT,
        sizing_mode="stretch_width",
        x_axis_label=_label(shown),
        y_axis_label="rows",
        toolbar_location=None,
        tools=[],
    )
    every = [value for of_series in values.values() for value in of_series]
    edges = np.histogram_bin_edges(np.asarray(every, float), bins=_BINS)
    for name, of_series in values.items():
        counts, _ = np.histogram(np.asarray(of_series, float), bins=edges)
        legend = {"legend_label": name} if len(values) > 1 else {}
        plot.step(
            edges[:-1].tolist(), counts.tolist(), mode="after", line_width=2,
            color=palette[name], **legend,
        )  # fmt: skip
    if len(values) > 1:
        plot.add_layout(plot.legend[0], "right")
    plot.xaxis.major_label_policy = NoOverlap()
    return plot


def _label(shown: Column) -> str:
    return f"{shown.address} ({shown.spec.unit})" if shown.spec.unit else shown.address


def sparkline(values: Sequence[float]) -> str:
    """Return the points of a line through values, for an SVG polyline of the size `SPARKLINE`.

    Parameters
    ----------
    values : sequence of float
        In the order of time.

    Returns
    -------
    str
        Empty if there are fewer than two values.
    """
    if len(values) < 2:
        return ""
    (width, height), low = SPARKLINE, min(values)
    across, up = width / (len(values) - 1), (height - 2) / ((max(values) - low) or 1.0)
    return " ".join(
        f"{index * across:.1f},{height - 1 - (value - low) * up:.1f}"
        for index, value in enumerate(values)
    )
