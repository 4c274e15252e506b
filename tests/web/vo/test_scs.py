"""The route of the cone search: parameters in URLs and forms, and VOTables also of errors."""

import io

import pytest
from astropy.io import votable
from flask.testing import FlaskClient


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_parameters_are_read_from_urls_and_forms(client: FlaskClient, method: str) -> None:
    values = {"RA": "-10", "dec": "0", "Sr": "180", "VERB": "1", "other": "x"}
    if method == "GET":
        response = client.get("/vo/scs", query_string=values)
    else:
        response = client.post("/vo/scs", data=values)
    # The protocol requires UCDs of a version that astropy does not know.
    table = votable.parse_single_table(io.BytesIO(response.data), verify="ignore").to_table()
    assert table.colnames == ["rootname", "ra_targ", "dec_targ", "targname", "exptime"]
    assert len(table)


@pytest.mark.parametrize("query", ["RA=1&DEC=2", "RA=x&DEC=2&SR=1", "RA=1&DEC=2&SR=1&VERB=4"])
def test_an_error_is_a_votable(client: FlaskClient, query: str) -> None:
    response = client.get(f"/vo/scs?{query}")
    assert response.status_code == 400
    (resource,) = votable.parse(io.BytesIO(response.data), verify="exception").resources
    assert resource.infos[0].value == "ERROR"
