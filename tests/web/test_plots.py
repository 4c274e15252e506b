"""Plots: BokehJS from this site, its styles by a nonce, and themes."""

import re
from pathlib import Path

import pytest
from bokeh.plotting import figure
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

import acsql
from acsql.web import plots, static_files
from acsql.web.app import create_app


@pytest.fixture
def client(sample_archive: acsql.Archive) -> FlaskClient:
    """A client of the site of the sample archive."""
    return create_app(sample_archive).test_client()


def test_each_response_has_a_new_style_nonce_which_its_policy_allows(client: FlaskClient) -> None:
    nonces = set()
    for _ in range(2):
        response = client.get("/statistics/")
        page = BeautifulSoup(response.text, "html.parser")
        (nonce,) = (script["nonce"] for script in page.find_all("script") if script.get("nonce"))
        policy = response.headers["Content-Security-Policy"]
        assert f"style-src 'self' 'nonce-{nonce}';" in policy
        assert "unsafe" not in policy
        nonces.add(nonce)
    assert len(nonces) == 2
    assert "nonce" not in client.get("/ingest/").headers["Content-Security-Policy"]


def test_plots_js_runs_before_bokeh(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/statistics/").text, "html.parser")
    sources = [script["src"] for script in page.find_all("script")]
    assert sources.index(f"{static_files.url_path()}/plots.js") == len(sources) - 2
    with client.get(sources[-1]) as response:
        assert response.mimetype == "text/javascript"
        assert "immutable" in response.headers["Cache-Control"]


def test_themes_have_different_colours(client: FlaskClient) -> None:
    light = client.get("/statistics/observations/plot?theme=light").text
    dark = client.get("/statistics/observations/plot?theme=dark").text
    assert "#17202b" in light
    assert "#e4ebf1" in dark


PAPERS = {"light": "#f4f6f8", "dark": "#12181f"}


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("theme", "least"), [("light", 2.0), ("dark", 4.5)])
def test_no_series_is_faint_on_the_paper_of_the_site(theme: str, least: float) -> None:
    style = (Path(plots.__file__).parent / "static" / "site.css").read_text()
    assert f"--paper: {PAPERS[theme]};" in style
    plot = figure()
    for colour in plots.COLOURS[theme]:
        plot.line([1, 2], [1, 2], color=colour)
    text = plots.figure_json(plot, theme)
    drawn = {
        colour.lower()
        for colour in re.findall(r'"line_color": ?(?:{[^}]*"value": ?)?"(#[0-9a-fA-F]{6})"', text)
    }
    assert drawn >= set(plots.COLOURS[theme])
    papers = luminance(PAPERS[theme])
    for colour in drawn:
        low, high = sorted((luminance(colour), papers))
        assert (high + 0.05) / (low + 0.05) >= least, colour
