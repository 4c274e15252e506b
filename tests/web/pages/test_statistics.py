"""The statistics: tables, CSV and plots of the same numbers, and no script from elsewhere."""

import csv
import io
import json
from datetime import UTC

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

import acsql
from acsql.statistics import KINDS
from acsql.store.derived import statistics
from acsql.web.app import create_app
from acsql.web.charts import CHARTS


@pytest.fixture
def client(sample_archive: acsql.Archive) -> FlaskClient:
    """Someone who looks at the site of the sample archive."""
    statistics.refresh(sample_archive.store, sample_archive.specs)
    return create_app(sample_archive).test_client()


@pytest.mark.parametrize("period", ["year", "month"])
def test_each_has_a_plot_a_table_and_its_numbers(client: FlaskClient, period: str) -> None:
    response = client.get(f"/statistics/?by={period}")
    page = BeautifulSoup(response.text, "html.parser")
    for name in KINDS:
        section = page.find(id=name).parent
        plot = section.find(attrs={"data-plot": True})
        assert plot["role"] == "img"
        assert plot["aria-label"]
        assert section.table.find_all("tr")
        assert section.find("a", href=f"/statistics/{name}.csv")
        item = json.loads(client.get(plot["data-plot"]).data)
        assert item["doc"]["roots"]


def test_the_style_nonce_is_new_for_each_answer_and_in_its_policy(client: FlaskClient) -> None:
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


def test_plots_js_stands_before_bokeh(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/statistics/").text, "html.parser")
    sources = [script["src"] for script in page.find_all("script")]
    assert sources.index("/static/plots.js") == len(sources) - 2
    with client.get(sources[-1]) as response:
        assert response.mimetype == "text/javascript"
        assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize("name", KINDS)
def test_the_csv_has_the_numbers(
    client: FlaskClient, sample_archive: acsql.Archive, name: str
) -> None:
    response = client.get(f"/statistics/{name}.csv")
    assert response.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(response.text)))
    known = sample_archive.statistics()[name]
    value = CHARTS[name].value
    assert [float(row[value]) for row in rows] == [row[value] for row in known.rows]


def test_themes_differ_in_colours(client: FlaskClient) -> None:
    light = client.get("/statistics/observations/plot?theme=light").text
    dark = client.get("/statistics/observations/plot?theme=dark").text
    assert "#17202b" in light
    assert "#e4ebf1" in dark


def test_a_plot_is_sent_again_only_when_it_was_counted_anew(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    address = "/statistics/observations/plot"
    first = client.get(address)
    known = sample_archive.statistics()["observations"]
    assert first.last_modified == known.counted.replace(microsecond=0, tzinfo=UTC)
    for header, value in (
        ("If-None-Match", first.headers["ETag"]),
        ("If-Modified-Since", first.headers["Last-Modified"]),
    ):
        again = client.get(address, headers={header: value})
        assert (again.status_code, again.data) == (304, b"")
    statistics.refresh(sample_archive.store, sample_archive.specs)
    anew = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert anew.status_code == 200
    assert json.loads(anew.data)["doc"]["roots"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/statistics/?by=week", 400),
        ("/statistics/observations/plot?theme=pink", 400),
        ("/statistics/nonsense/plot", 404),
        ("/statistics/nonsense.csv", 404),
        ("/statistics/../app.py.csv", 404),
    ],
)
def test_nothing_else_is_there(client: FlaskClient, address: str, status: int) -> None:
    assert client.get(address).status_code == status


def test_before_the_first_count_it_says_so(empty_archive: acsql.Archive) -> None:
    response = create_app(empty_archive).test_client().get("/statistics/")
    assert response.status_code == 200
    assert "No statistics yet" in response.text
