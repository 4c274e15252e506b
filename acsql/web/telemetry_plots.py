"""Plots of the pointing of the telescope: jitter against time, and as a histogram of the sky."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from astropy import units
from astropy.table import Table
from bokeh.layouts import column
from bokeh.models import (
    ColumnDataSource,
    CrosshairTool,
    FactorRange,
    HoverTool,
    LayoutDOM,
    LinearColorMapper,
    PanTool,
    Range1d,
    WheelZoomTool,
)
from bokeh.models.annotations import BoxAnnotation, ColorBar
from bokeh.plotting import figure

from ..fits.jitter import TIME, Interval, readings, states
from .plots import COLOURS

# Pixels.
_HEIGHT, _STATES_HEIGHT, _IMAGE_SIZE = 240, 140, 400
_COLOUR_BAR = 90
_LOST = "guide stars lost"
# Their places among the colours of a theme.
_STATE_COLOURS = {"night": 4, "recentring": 1, _LOST: 5, "slew": 3}
_MAS_PER_DEG = 3.6e6


def draw_jitter(table: Table, colours: Sequence[str] = COLOURS["light"]) -> LayoutDOM:
    """Return the plots of a jitter table: mean jitter, its RMS, and the states of the telescope.

    Parameters
    ----------
    table : astropy.table.Table
        As of `acsql.Observation.table`, see `acsql.fits.jitter.is_jitter`.
    colours : sequence of str
        Colours of the series, as in `acsql.web.plots.COLOURS`.

    Returns
    -------
    bokeh.models.LayoutDOM
        Three plots with a common axis of time, without a theme.
    """
    intervals = states(table)
    source = ColumnDataSource({"time": readings(table, TIME).tolist()} | _series(table))
    mean = _over_time("mean jitter in 3 s (mas)", _HEIGHT)
    spread = _over_time("RMS jitter in 3 s (mas)", _HEIGHT, x_range=mean.x_range)
    for plot, quantity in ((mean, "AVG"), (spread, "RMS")):
        _draw_lines(plot, source, quantity, colours)
        for begin, end in intervals.get(_LOST, []):
            plot.add_layout(_box(begin, end, colours[_STATE_COLOURS[_LOST]]))
    strip = _draw_states(intervals, mean.x_range, colours)
    return column(mean, spread, strip, sizing_mode="stretch_width")


def _series(table: Table) -> dict[str, list[float]]:
    """Return mean and RMS of both axes in milliarcseconds."""
    names = [f"SI_{axis}_{quantity}" for axis in ("V2", "V3") for quantity in ("AVG", "RMS")]
    return {
        name: (readings(table, name) * (table[name].unit or units.arcsec).to(units.mas)).tolist()
        for name in names
    }


def _over_time(label: str, height: int, **options: Any) -> Any:
    zoom = WheelZoomTool(modifiers={"ctrl": True}, dimensions="width")
    return figure(
        height=height,
        sizing_mode="stretch_width",
        tools=[PanTool(dimensions="width"), zoom, CrosshairTool(dimensions="height")],
        active_scroll=zoom,
        toolbar_location=None,
        y_axis_label=label,
        **options,
    )


def _draw_lines(plot: Any, source: ColumnDataSource, quantity: str, colours: Sequence[str]) -> None:
    for axis, colour in zip(("V2", "V3"), colours, strict=False):
        name = f"SI_{axis}_{quantity}"
        line = plot.line("time", name, source=source, color=colour, legend_label=axis)
        tooltips = [("time", "@time{0.0} s"), (axis, f"@{name}{{0.00}} mas")]
        plot.add_tools(HoverTool(renderers=[line], tooltips=tooltips))
    plot.legend.orientation = "horizontal"
    plot.legend.border_line_color = None
    plot.legend.margin = plot.legend.padding = 0
    plot.add_layout(plot.legend[0], "above")


def _box(begin: float, end: float, colour: str) -> BoxAnnotation:
    return BoxAnnotation(left=begin, right=end, fill_color=colour, fill_alpha=0.25, line_color=None)


def _draw_states(
    intervals: Mapping[str, Sequence[Interval]], x_range: Any, colours: Sequence[str]
) -> Any:
    rows = [(state, *interval) for state, each in intervals.items() for interval in each]
    source = {
        "state": [state for state, _, _ in rows],
        "begin": [begin for _, begin, _ in rows],
        "end": [end for _, _, end in rows],
        "colour": [colours[_STATE_COLOURS[state]] for state, _, _ in rows],
    }
    strip = _over_time(
        "", _STATES_HEIGHT, x_range=x_range, y_range=FactorRange(factors=list(intervals)[::-1])
    )
    bars = strip.hbar("state", left="begin", right="end", height=0.6, color="colour", source=source)
    strip.add_tools(
        HoverTool(
            renderers=[bars], tooltips=[("", "@state"), ("from", "@begin s"), ("to", "@end s")]
        )
    )
    strip.ygrid.visible = False
    strip.xaxis.axis_label = "time (s)"
    return strip


def draw_histogram(pixels: npt.NDArray[Any], header: Mapping[str, Any]) -> LayoutDOM:
    """Return the plot of a two-dimensional histogram of the pointing.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns)
        How often the telescope pointed there.
    header : mapping
        The stored header of the image, whose WCS gives the scale.

    Returns
    -------
    bokeh.models.LayoutDOM
        In milliarcseconds from the reference pixel, or in pixels without a WCS; without a theme.
    """
    scale, unit = _scale(header)
    height, width = pixels.shape
    x, y = (_number(header.get(keyword)) or 0.5 for keyword in ("crpix1", "crpix2"))
    mapper = LinearColorMapper(palette="Viridis256", low=0, high=max(1, float(np.nanmax(pixels))))
    plot: Any = figure(
        height=_IMAGE_SIZE,
        width=_IMAGE_SIZE + _COLOUR_BAR,
        max_width=_IMAGE_SIZE + _COLOUR_BAR,
        sizing_mode="scale_width",
        tools=[],
        toolbar_location=None,
        x_axis_label=f"x ({unit})",
        y_axis_label=f"y ({unit})",
        x_range=Range1d(start=(0.5 - x) * scale, end=(width + 0.5 - x) * scale),
        y_range=Range1d(start=(0.5 - y) * scale, end=(height + 0.5 - y) * scale),
    )
    image = plot.image(
        [pixels.astype(np.float32)],
        x=(0.5 - x) * scale,
        y=(0.5 - y) * scale,
        dw=width * scale,
        dh=height * scale,
        color_mapper=mapper,
    )
    tooltips = [("x", f"$x{{0.0}} {unit}"), ("y", f"$y{{0.0}} {unit}"), ("count", "@image")]
    plot.add_tools(HoverTool(renderers=[image], tooltips=tooltips))
    plot.add_layout(ColorBar(color_mapper=mapper, title="counts"), "right")
    plot.grid.visible = False
    return cast(LayoutDOM, plot)


def _scale(header: Mapping[str, Any]) -> tuple[float, str]:
    """Return the side of a pixel and its unit."""
    cd11, cd12, cd21, cd22 = (
        _number(header.get(f"cd{i}_{j}")) or 0.0 for i in (1, 2) for j in (1, 2)
    )
    side = math.sqrt(abs(cd11 * cd22 - cd12 * cd21))
    return (side * _MAS_PER_DEG, "mas") if side > 0 else (1.0, "pixels")


def _number(value: Any) -> float | None:
    """Return a stored value if it is a finite number; real jitter headers have texts as well."""
    is_number = type(value) in (int, float) and math.isfinite(value)
    return float(value) if is_number else None
