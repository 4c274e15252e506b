"""Plots of a search: scatter plots and histograms."""

import json
from typing import Any

import numpy as np
from flask.testing import FlaskClient
from web_pages import follow

import acsql
from acsql.web.pages import search_plot


def plotted(client: FlaskClient, address: str) -> dict[str, Any]:
    """Return the data of a figure."""
    item = client.get(address).json
    text = json.dumps(item)
    assert item["root_id"] in text
    return item


def test_a_plot_has_its_figure(client: FlaskClient) -> None:
    for query, label in (
        ({"view": "plot"}, "expstart against exptime"),
        ({"view": "plot", "x": "exptime"}, "Plot of exptime"),
        ({"view": "plot", "x": "exptime", "y": "flt.1.goodmean", "q": "detector=WFC"}, "goodmean"),
    ):
        page = follow(client, "/database/results", **query)
        plot = page.select_one("[data-plot]")
        assert label in plot["aria-label"]
        assert "scatter" in json.dumps(plotted(client, plot["data-plot"])).lower() or "x" in query


def test_a_histogram_counts_every_value(client: FlaskClient, sample_archive: acsql.Archive) -> None:
    item = json.dumps(plotted(client, "/database/plot?x=exptime&q=detector=WFC"))
    assert "Quad" in item
    numbers, edges = np.histogram(
        [row["exptime"] for row in sample_archive.where(detector="WFC").columns("exptime").rows()],
        bins=search_plot.BINS,
    )
    assert numbers.sum() == sample_archive.count(detector="WFC")
    assert str(float(edges[0])) in item


def test_the_data_of_a_plot_are_available_as_csv(client: FlaskClient) -> None:
    page = follow(client, "/database/results?view=plot&x=exptime&y=ra_targ&q=detector=WFC")
    response = client.get(page.find("a", string="Data as CSV")["href"])
    assert response.text.startswith("exptime,ra_targ\r\n")
