"""The picture of the covered sky is that of the search, and the map shows it."""

from io import BytesIO

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from web_pages import follow

import acsql
from acsql.web import sky_map


@pytest.mark.parametrize("condition", ["", "detector=SBC", "nothing()"])
def test_the_map_shows_what_the_search_covers(
    client: FlaskClient, sample_archive: acsql.Archive, condition: str
) -> None:
    page = follow(client, "/database/results", q=condition, view="map")
    if condition != "nothing()":
        assert page.select_one("figcaption a")["href"].startswith("/vo/moc")
    response = client.get("/database/coverage.png", query_string={"q": condition})
    assert (response.status_code, response.mimetype) == (200, "image/png")
    search = sample_archive.where(*filter(None, [condition]))
    assert response.data == sky_map.coverage_png(search.moc())
    drawn = np.array(Image.open(BytesIO(response.data)).convert("RGBA"))
    assert drawn.any() == (condition != "nothing()")


def test_the_map_loads_the_picture_of_its_search(client: FlaskClient) -> None:
    page = follow(client, "/database/results", q="detector=WFC", view="map")
    assert page.select_one(".sky image")["href"] == "/database/coverage.png?q=detector%3DWFC"


def test_a_wrong_search_is_an_error(client: FlaskClient) -> None:
    assert client.get("/database/coverage.png?q=nothing").status_code == 400
