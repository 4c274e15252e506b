"""Colour images on the page of a proposal, and their own addresses."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from web_pages import soup

import acsql
from acsql.colour import ColourSet, colour_image
from acsql.web.pages import proposal


@pytest.fixture
def product(sample_archive: acsql.Archive, rows: list[dict[str, Any]]) -> acsql.Observation:
    """An observation with a drizzled image."""
    observations = (sample_archive.observation(row["rootname"]) for row in rows)
    return next(each for each in observations if {"drz", "drc"} & {*each.datasets})


def test_a_colour_image_is_made_once_and_revalidated(
    client: FlaskClient, sample_archive: acsql.Archive, product: acsql.Observation
) -> None:
    names = [product.rootname] * 3
    address = f"/colour/{'/'.join(names)}.jpg"
    made = colour_image(sample_archive, *names)
    for _ in range(2):
        response = client.get(address)
        assert response.data == made
        assert response.mimetype == "image/jpeg"
    again = client.get(address, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_page_of_a_proposal_shows_its_colour_images(
    client: FlaskClient, product: acsql.Observation, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = product.rootname
    filters = ("F814W", "F606W", "F435W")
    one = ColourSet("WFC", "M51", None, filters, (name, name, name))
    monkeypatch.setattr(proposal, "_colour_sets", lambda *_: [one])
    page = soup(client, f"/archive/{product['proposid']}/")
    shown = page.select_one(".colours")
    assert "F814W, F606W, F435W" in shown.get_text()
    assert client.get(shown.select_one("img")["src"]).status_code == 200


def test_a_proposal_without_three_filters_has_no_colour_images(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    few = next(each for each in sample_archive.proposals() if len(each.filters) < 3)
    assert soup(client, f"/archive/{few.proposid}/").select_one(".colours") is None


@pytest.mark.parametrize("address", ["j8bt05nz/x/x", "x/x/x"])
def test_an_unknown_observation_has_no_colour_image(client: FlaskClient, address: str) -> None:
    assert client.get(f"/colour/{address}.jpg").status_code in (400, 404)
