"""Plots of the pointing: their numbers are those of the table and of the image."""

import numpy as np
import pytest
from astropy import units
from astropy.table import QTable, Table
from bokeh.models import BoxAnnotation, Image, Line

from acsql.web.telemetry_plots import draw_histogram, draw_jitter


@pytest.fixture
def jitter() -> Table:
    """A table of four rows; in the third one no guide stars are tracked."""
    names = [f"SI_{axis}_{kind}" for axis in ("V2", "V3") for kind in ("AVG", "RMS")]
    values = {name: np.arange(4) * 0.001 * units.arcsec for name in names}
    return Table(QTable({"Seconds": 3.0 * np.arange(4), "TakeData": [1, 1, 0, 1], **values}))


def test_jitter_is_drawn_in_milliarcseconds_against_time(jitter: Table) -> None:
    mean, spread, _ = draw_jitter(jitter).children
    for plot, kind in ((mean, "AVG"), (spread, "RMS")):
        lines = [each for each in plot.renderers if isinstance(each.glyph, Line)]
        assert [line.glyph.y for line in lines] == [f"SI_V2_{kind}", f"SI_V3_{kind}"]
        for line in lines:
            assert line.data_source.data["time"] == [0, 3, 6, 9]
            assert line.data_source.data[line.glyph.y] == pytest.approx([0, 1, 2, 3])


def test_lost_guide_stars_are_marked_in_every_plot(jitter: Table) -> None:
    mean, spread, strip = draw_jitter(jitter).children
    for plot in (mean, spread):
        boxes = [(box.left, box.right) for box in plot.center if isinstance(box, BoxAnnotation)]
        assert boxes == [(6, 9)]
    assert strip.renderers[0].data_source.data["state"] == ["guide stars lost"]


def test_the_plots_have_a_common_axis_of_time(jitter: Table) -> None:
    assert len({plot.x_range.id for plot in draw_jitter(jitter).children}) == 1


def test_a_histogram_has_the_scale_of_its_wcs() -> None:
    pixels = np.arange(12, dtype=np.int16).reshape(3, 4)
    header = {
        "crpix1": 2.0,
        "crpix2": 2.0,
        "cd1_1": 1e-6,
        "cd1_2": 0.0,
        "cd2_1": 0.0,
        "cd2_2": 1e-6,
    }
    plot = draw_histogram(pixels, header)
    (image,) = plot.renderers
    assert isinstance(image.glyph, Image)
    np.testing.assert_array_equal(image.data_source.data["image"][0], pixels)
    assert (image.glyph.dw, image.glyph.dh) == pytest.approx((4 * 3.6, 3 * 3.6))
    assert (plot.x_range.start, plot.x_range.end) == pytest.approx((-1.5 * 3.6, 2.5 * 3.6))
    assert plot.xaxis.axis_label == "x (mas)"


@pytest.mark.parametrize("header", [{}, {"crpix1": "", "cd1_1": ""}])
def test_a_histogram_without_wcs_is_drawn_in_pixels(header: dict[str, str]) -> None:
    plot = draw_histogram(np.zeros((3, 4)), header)
    assert plot.x_range.end - plot.x_range.start == 4
    assert plot.xaxis.axis_label == "x (pixels)"
