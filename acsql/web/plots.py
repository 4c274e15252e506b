"""Plots: Bokeh figures as JSON, and BokehJS from the installed package.

Pages contain no inline scripts: ``static/plots.js`` fetches the figure from the URL in
``data-plot`` and mounts it.  BokehJS creates style elements; the content security policy of the
page allows those with a nonce, which ``plots.js`` adds, and no other inline style.
"""

import json
import secrets
from pathlib import Path

import bokeh
from bokeh.embed import json_item
from bokeh.models import LayoutDOM
from bokeh.themes import Theme
from flask import Blueprint, Response, g, send_from_directory

from .context import parameters
from .params import Parameters

BOKEH_JS = Path(bokeh.__file__).parent / "server" / "static" / "js"
# Seconds for which browsers cache BokehJS, whose URL contains its version.
MAX_AGE_S = 365 * 24 * 3600

# Colours of series that the colour-blind can distinguish: Okabe and Ito, Color Universal Design
# (2008), apart from those that are too faint on the paper: yellow, and on dark paper the dark blue.
COLOURS = {
    "light": ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#17202b"),
    "dark": ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#c3ced8", "#d55e00", "#f0e442"),
}


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
    parts = {
        "figure": figure,
        "Axis": axis,
        "Grid": {"grid_line_color": line},
        "Legend": legend,
        "ColorBar": {
            "background_fill_color": None,
            "major_label_text_color": soft,
            "title_text_color": soft,
        },
    }
    return Theme(json={"attrs": parts})


THEMES = {
    "light": _theme("#17202b", "#526070", "#d8dfe6", "#ffffff"),
    "dark": _theme("#e4ebf1", "#a9b8c5", "#33414f", "#1d2732"),
}

blueprint = Blueprint("plots", __name__)


@blueprint.get(f"/plots/bokeh-{bokeh.__version__}.js")
def script() -> Response:
    """Send BokehJS."""
    parameters(Parameters)
    response = send_from_directory(BOKEH_JS, "bokeh.min.js", max_age=MAX_AGE_S)
    response.cache_control.immutable = True
    return response


def figure_response(figure: LayoutDOM, theme: str = "light") -> Response:
    """Return the response that ``plots.js`` mounts.

    Parameters
    ----------
    figure : bokeh.models.LayoutDOM
        The figure, or several in a layout.
    theme : str
        One of `THEMES`.

    Returns
    -------
    Response
        The figure as JSON.
    """
    return Response(figure_json(figure, theme), mimetype="application/json")


def figure_json(figure: LayoutDOM, theme: str) -> str:
    """Return a figure as JSON.

    Parameters
    ----------
    figure : bokeh.models.LayoutDOM
        The figure, or several in a layout.
    theme : str
        One of `THEMES`.

    Returns
    -------
    str
        The item for ``Bokeh.embed.embed_item``.
    """
    # Not with jsonify, which sorts keys: BokehJS relies on their order.
    return json.dumps(json_item(figure, theme=THEMES[theme]))


def style_nonce() -> str:
    """Return the nonce of the style elements of this response, which its policy allows."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    return str(g.style_nonce)
