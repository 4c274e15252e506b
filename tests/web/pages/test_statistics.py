"""The statistics page: charts, tables and CSV files of the same numbers."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

import acsql
from acsql.config import Config
from acsql.ingest import run
from acsql.statistics import KINDS
from acsql.web.app import create_app
from acsql.web.charts import CHARTS


@pytest.fixture
def client(sample_archive: acsql.Archive) -> FlaskClient:
    """A client of the site of the sample archive."""
    return create_app(sample_archive).test_client()


@pytest.mark.parametrize("period", ["year", "month"])
def test_each_statistic_has_a_chart_a_table_and_a_csv_file(
    client: FlaskClient, period: str
) -> None:
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


@pytest.mark.parametrize("name", KINDS)
def test_the_csv_file_has_the_numbers(
    client: FlaskClient, sample_archive: acsql.Archive, name: str
) -> None:
    response = client.get(f"/statistics/{name}.csv")
    assert response.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(response.text)))
    known = sample_archive.statistics()[name]
    value = CHARTS[name].value
    assert [float(row[value]) for row in rows] == [row[value] for row in known.rows]


def test_a_chart_is_sent_again_only_if_its_numbers_have_changed(
    config: Config, sample_filesystem: Path
) -> None:
    config = replace(config, filesystem=sample_filesystem)
    first, second = sorted(path.name for path in sample_filesystem.glob("j*/*"))[:2]
    address = "/statistics/observations/plot"
    run.ingest(config, run.Options(rootnames=(first,), scheduler="synchronous"))
    with acsql.connect(config) as archive:
        client = create_app(archive).test_client()
        headers = {"If-None-Match": client.get(address).headers["ETag"]}
        again = client.get(address, headers=headers)
        assert (again.status_code, again.data) == (304, b"")
        run.ingest(config, run.Options(rootnames=(second,), scheduler="synchronous"))
        changed = client.get(address, headers=headers)
        assert changed.status_code == 200
        assert json.loads(changed.data)["doc"]["roots"]


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
def test_unknown_statistics_and_parameters_are_errors(
    client: FlaskClient, address: str, status: int
) -> None:
    assert client.get(address).status_code == status


def test_an_empty_archive_has_no_charts(empty_archive: acsql.Archive) -> None:
    response = create_app(empty_archive).test_client().get("/statistics/")
    assert response.status_code == 200
    assert response.text.count("No observations yet") == len(KINDS)
