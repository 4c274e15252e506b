"""Plots of monitors: their numbers are those of the rows."""

from dataclasses import replace

import numpy as np
import pytest
from bokeh.models import OpenURL, Scatter, Step, TapTool, VSpan

from acsql.monitors import Monitor, column
from acsql.web.monitor_plots import SPARKLINE, draw_monitor, sparkline
from acsql.web.plots import COLOURS

MONITOR = Monitor(
    name="level",
    title="Level",
    measure=list,
    columns=(
        column("level", "float", "level", "adu"),
        column("number", "int", "number"),
        column("amp", "str", "amplifier"),
    ),
    by="amp",
)
ROWS = [
    {"rootname": "a", "expstart": 40588.0, "level": 1.0, "number": 3, "amp": "A"},
    {"rootname": "b", "expstart": 40589.0, "level": 2.0, "number": None, "amp": None},
    {"rootname": "c", "expstart": None, "level": 9.0, "number": 9, "amp": "A"},
]


def test_each_number_is_drawn_against_time_and_the_first_as_a_distribution() -> None:
    level, number, distribution = draw_monitor(MONITOR, ROWS, "/go?name=@rootname").children
    for plot, name, values in ((level, "level", [1.0, 2.0]), (number, "number", [3, np.nan])):
        (dots,) = [each for each in plot.renderers if isinstance(each.glyph, Scatter)]
        assert np.array_equal(dots.data_source.data[name], values, equal_nan=True)
        assert list(dots.data_source.data["time"]) == [86_400_000.0, 2 * 86_400_000.0]
        assert dots.data_source.data["series"] == ["A", "unknown"]
    # One source for all plots, so that a selection is common.
    assert level.renderers[0].data_source is number.renderers[0].data_source
    assert level.x_range is number.x_range
    steps = [each for each in distribution.renderers if isinstance(each.glyph, Step)]
    assert [sum(each.data_source.data["y"]) for each in steps] == [1, 1]
    assert level.yaxis[0].axis_label == "level (adu)"


def test_of_many_series_the_small_ones_share_a_colour_and_a_line_of_the_legend() -> None:
    rows = [
        {"rootname": "a", "expstart": 40588.0, "level": 1.0, "number": 3, "amp": f"S{number:02}"}
        for number in range(40)
        for _ in range(2 if number % 8 == 0 else 1)
    ]
    plots = draw_monitor(replace(MONITOR, plotted=("level",)), rows, "/").children
    dots = plots[0].renderers[0]
    data, colours = dots.data_source.data, dots.glyph.fill_color.transform
    large = ["S00", "S08", "S16", "S24", "S32"]
    assert colours.factors[-1] == "34 others"
    assert set(large) < set(colours.factors)
    assert len(colours.factors) == len(colours.palette) == len(COLOURS["light"])
    assert set(data["group"]) == set(colours.factors)
    assert set(data["series"]) == {f"S{number:02}" for number in range(40)}
    (legend,) = plots[1].legend
    assert [item.label.value for item in legend.items] == colours.factors


def test_as_many_series_as_colours_have_each_their_own() -> None:
    rows = [
        {"rootname": "a", "expstart": 40588.0, "level": 1.0, "number": 3, "amp": f"S{number}"}
        for number in range(len(COLOURS["light"]))
    ]
    plot = draw_monitor(MONITOR, rows, "/").children[0]
    assert plot.renderers[0].data_source.data["group"] == [row["amp"] for row in rows]


def test_of_a_column_without_values_no_distribution_is_drawn() -> None:
    empty = [row | {"level": None} for row in ROWS]
    plots = draw_monitor(replace(MONITOR, plotted=("level",)), empty, "/").children
    assert len(plots) == 1


def test_a_column_is_drawn_against_others_and_times_are_marked() -> None:
    monitor = replace(MONITOR, plotted=("level",), against=("number",))
    over_time, against, _ = draw_monitor(monitor, ROWS, "/", [40588.5]).children
    (dots,) = against.renderers
    assert (dots.glyph.x, dots.glyph.y) == ("number", "level")
    assert dots.data_source is over_time.renderers[0].data_source
    assert against.xaxis[0].axis_label == "number"
    (lines,) = [each for each in over_time.renderers if isinstance(each.glyph, VSpan)]
    assert list(lines.data_source.data["x"]) == [1.5 * 86_400_000.0]
    # The lines do not extend the axis.
    assert lines not in over_time.x_range.renderers


def test_the_axis_of_one_exposure_is_days_long() -> None:
    plot = draw_monitor(MONITOR, ROWS[:1], "/go?name=@rootname").children[0]
    assert plot.x_range.default_span == 86_400_000.0


def test_the_distribution_is_that_of_the_random_sample() -> None:
    url = "/go?name=@rootname"
    level, _, distribution = draw_monitor(MONITOR, ROWS, url, sampled=["b"]).children
    assert list(level.renderers[0].data_source.data["level"]) == [1.0, 2.0]
    steps = [each for each in distribution.renderers if isinstance(each.glyph, Step)]
    assert [sum(each.data_source.data["y"]) for each in steps] == [0, 1]


def test_a_click_opens_the_observation() -> None:
    plot = draw_monitor(MONITOR, ROWS, "/go?name=@rootname").children[0]
    (tap,) = [tool for tool in plot.tools if isinstance(tool, TapTool)]
    assert isinstance(tap.callback, OpenURL)
    assert tap.callback.url == "/go?name=@rootname"


@pytest.mark.parametrize("rows", [[], ROWS[2:]])
def test_a_monitor_without_rows_in_time_has_empty_plots(rows) -> None:
    assert draw_monitor(MONITOR, rows, "/").children


def test_a_sparkline_spans_its_box() -> None:
    width, height = SPARKLINE
    assert sparkline([1.0, 3.0, 2.0]) == (
        f"0.0,{height - 1:.1f} {width / 2:.1f},1.0 {width:.1f},{height / 2:.1f}"
    )
    assert sparkline([2.0, 2.0])
    assert sparkline([2.0]) == sparkline([]) == ""
