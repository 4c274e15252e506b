"""The page of an observation shows the statistics of its images."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from web_pages import address_of, follow, soup

import acsql
from acsql.web.statistics_view import view_statistics


@pytest.fixture
def bias(sample_archive: acsql.Archive) -> dict[str, Any]:
    """A bias frame of both chips of WFC."""
    (row, *_) = (
        sample_archive.where(detector="WFC", imagetyp="BIAS", subarray=False).thumbnails().rows
    )
    return row


def test_all_statistics_of_a_file_are_shown_by_part(
    client: FlaskClient, sample_archive: acsql.Archive, bias: dict[str, Any]
) -> None:
    page = soup(client, f"{address_of(bias)}raw/")
    section = page.select_one("[aria-labelledby=statistics]")
    parts = [cell.get_text() for cell in section.select("thead th.number")]
    assert parts[0] == "SCI,1"
    assert {"SCI,1 amplifier C", "SCI,2 amplifier A"} < set(parts)
    shown = {row.th.get_text(): [td.get_text() for td in row.select("td.number")]
             for row in section.select("tbody tr")}  # fmt: skip
    statistics = sample_archive.observation(bias["rootname"]).image_statistics["raw"]
    pixels = [values["pixels"] for parts in statistics.values() for values in parts.values()]
    assert shown["pixels"] == [f"{number:,}" for number in pixels]
    assert "" in shown["overscan_mean"]
    assert f"{statistics['1']['c']['overscan_mean']:.6g}" in shown["overscan_mean"]
    assert set(shown) >= {name for name in statistics["1"]["all"] if not name.startswith("flag")}


def test_a_statistic_leads_to_its_plot_against_time(
    client: FlaskClient, bias: dict[str, Any]
) -> None:
    page = soup(client, f"{address_of(bias)}raw/")
    (link,) = [a for a in page.select("[aria-labelledby=statistics] th a")
               if a.get_text() == "overscan_mean"]  # fmt: skip
    assert "stats.raw.1." in link["href"]
    plot = follow(client, link["href"]).select_one("[data-plot]")
    assert "overscan_mean" in plot["aria-label"]


def test_a_file_without_statistics_has_no_table(
    client: FlaskClient, sample_archive: acsql.Archive, bias: dict[str, Any]
) -> None:
    observation = sample_archive.observation(bias["rootname"])
    assert view_statistics(observation, "spt", sample_archive.specs) is None
    assert not soup(client, f"{address_of(bias)}spt/").select("[aria-labelledby=statistics]")
