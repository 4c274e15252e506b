"""The route of coverage maps: those of the Python API, as FITS and JSON."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from mocpy import MOC

import acsql
from acsql.web import coverage_map


@pytest.mark.parametrize("condition", ["", "detector=WFC", "nothing()"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_map_is_that_of_the_search(
    client: FlaskClient, sample_archive: acsql.Archive, condition: str, method: str
) -> None:
    values = {"q": condition}
    send = {"query_string": values} if method == "GET" else {"data": values}
    expected = sample_archive.where(*filter(None, [condition])).moc()
    response = client.open("/vo/moc", method=method, **send)
    assert (response.status_code, response.mimetype) == (200, "application/fits")
    assert MOC.from_fits(BytesIO(response.data)) == expected
    send = {key: values | {"ResponseFormat": "json"} for key in send}
    response = client.open("/vo/moc", method=method, **send)
    assert MOC.from_string(response.text, "json") == expected


def test_cells_are_as_small_as_the_order_says(client: FlaskClient) -> None:
    response = client.get("/vo/moc?ORDER=8")
    assert MOC.from_fits(BytesIO(response.data)).max_order == 8


@pytest.mark.parametrize("query", ["order=30", "order=x", "q=nothing", "responseformat=png"])
def test_a_wrong_parameter_is_an_error(client: FlaskClient, query: str) -> None:
    assert client.get(f"/vo/moc?{query}").status_code == 400


def test_a_map_that_is_being_made_is_a_refusal_that_says_when_to_ask_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage_map, "MAKING_S", -1)
    # No other test asks for this map.
    response = client.get("/vo/moc?order=7&q=exptime>1")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == str(coverage_map.RETRY_AFTER_S)
    assert "still being computed" in response.text
