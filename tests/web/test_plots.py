"""Plots: BokehJS from this site, its styles by a nonce, and themes."""

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

import acsql
from acsql.web import static_files
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
