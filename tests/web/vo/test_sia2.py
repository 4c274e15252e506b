"""The route of Simple Image Access: repeated parameters, and VOTables also of errors."""

import io

import pytest
from astropy.io import votable
from flask.testing import FlaskClient


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_repeated_parameters_are_alternatives(client: FlaskClient, method: str) -> None:
    values = {"CALIB": ["1", "2"], "instrument": ["ACS/WFC"]}
    if method == "GET":
        response = client.get("/vo/sia2/query", query_string=values)
    else:
        response = client.post("/vo/sia2/query", data=values)
    table = votable.parse_single_table(io.BytesIO(response.data), verify="exception").to_table()
    assert set(table["calib_level"]) == {1, 2}
    assert set(table["instrument_name"]) == {"ACS/WFC"}


def test_an_error_is_a_votable(client: FlaskClient) -> None:
    response = client.get("/vo/sia2/query?POS=CIRCLE+1")
    assert response.status_code == 400
    (resource,) = votable.parse(io.BytesIO(response.data), verify="exception").resources
    assert resource.infos[0].value == "ERROR"
