"""Plots: figures as JSON, and BokehJS from its own package to draw them.

No page holds a script: ``static/plots.js`` fetches the figure that ``data-plot`` names and mounts
it.  BokehJS styles its figures with style elements that it makes itself; the page's policy lets
those pass by a nonce, which that script hands on, so no other inline style is allowed.
"""

import json
import secrets
from pathlib import Path
from typing import Any

import bokeh
from bokeh.embed import json_item
from bokeh.themes import Theme
from flask import Blueprint, Response, g, send_from_directory

from .context import parameters
from .params import Address

BOKEH_JS = Path(bokeh.__file__).parent / "server" / "static" / "js"
# Its address has the version in it, so that it can be kept for ever.
KEPT_S = 365 * 24 * 3600

# The colours of Okabe and Ito, Color Universal Design (2008), told apart by the colour-blind.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")


def _theme(ink: str, soft: str, line: str, paper: str) -> Theme:
    """Return a theme in the colours of the site's style sheet."""
    axis = {
        "axis_label_text_color": soft,
        "axis_label_text_font_style": "normal",
        "axis_line_color": line,
        "major_label_text_color": soft,
        "major_tick_line_color": line,
        "minor_tick_line_color": None,
    }
    figure = {
        "background_fill_color": None,
        "border_fill_color": None,
        "outline_line_color": None,
    }
    legend = {
        "background_fill_color": paper,
        "background_fill_alpha": 0.85,
        "border_line_color": line,
        "label_text_color": ink,
    }
    parts = {"figure": figure, "Axis": axis, "Grid": {"grid_line_color": line}, "Legend": legend}
    return Theme(json={"attrs": parts})


THEMES = {
    "light": _theme("#17202b", "#526070", "#d8dfe6", "#ffffff"),
    "dark": _theme("#e4ebf1", "#a9b8c5", "#33414f", "#1d2732"),
}

plots = Blueprint("plots", __name__)


class Themed(Address):
    """A figure, in the colours of the page around it."""

    single = ("theme",)

    @property
    def theme(self) -> str:
        """One of `THEMES`."""
        return self.chosen("theme", THEMES, "light")


@plots.get(f"/plots/bokeh-{bokeh.__version__}.js")
def script() -> Response:
    """Send BokehJS."""
    parameters(Address)
    response = send_from_directory(BOKEH_JS, "bokeh.min.js", max_age=KEPT_S)
    response.cache_control.immutable = True
    return response


def item(figure: Any, theme: str = "light") -> Response:
    """Return a figure as the answer that ``plots.js`` mounts."""
    return Response(described(figure, theme), mimetype="application/json")


def described(figure: Any, theme: str) -> str:
    """Return a figure as JSON."""
    # Not by jsonify, which sorts keys: BokehJS relies on their order.
    return json.dumps(json_item(figure, theme=THEMES[theme]))


def style_nonce() -> str:
    """Return the nonce of this answer's style elements; its policy allows those with it."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    return g.style_nonce
