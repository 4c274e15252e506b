"""The route of SODA: a part of a file, the whole file, nothing, or the reason as text."""

import io
from typing import Any

import pytest
from astropy.io import fits
from astropy.wcs import WCS
from flask.testing import FlaskClient

import acsql


@pytest.fixture
def observation(sample_archive: acsql.Archive, row: dict[str, Any]) -> acsql.Observation:
    """An exposure with calibrated files."""
    return sample_archive.observation(row["rootname"])


def test_a_part_is_a_fits_file_with_coordinates(
    client: FlaskClient, observation: acsql.Observation
) -> None:
    place = observation.wcs("flt").pixel_to_world(20, 20)
    query = {"ID": observation.datasets["flt"], "CIRCLE": f"{place.ra.deg} {place.dec.deg} 1e-4"}
    response = client.get("/vo/soda", query_string=query)
    assert response.mimetype == "application/fits"
    with fits.open(io.BytesIO(response.data)) as hdus:
        hdus.verify("exception")
        x, y = WCS(hdus["SCI", 1].header, hdus).world_to_pixel(place)
        height, width = hdus["SCI", 1].data.shape
        assert -0.5 <= x <= width - 0.5
        assert -0.5 <= y <= height - 0.5


def test_without_a_part_the_whole_file_is_sent(
    client: FlaskClient, observation: acsql.Observation
) -> None:
    address = f"/vo/soda?ID={observation.datasets['flt']}"
    with client.get(address, follow_redirects=True) as response:
        assert response.data == observation.path("flt").read_bytes()


def test_a_place_without_pixels_is_no_content(
    client: FlaskClient, observation: acsql.Observation
) -> None:
    place = observation.wcs("flt").pixel_to_world(20, 20)
    circle = f"{place.ra.deg + 90} 0 0.1"
    response = client.get(f"/vo/soda?ID={observation.datasets['flt']}&CIRCLE={circle}")
    assert (response.status_code, response.data) == (204, b"")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("CIRCLE=1 2 3", 400),
        ("ID=x&CIRCLE=1 2 3", 400),
        ("ID=j8zz99zzq_flt.fits&CIRCLE=1 2 3", 404),
        ("ID={}&CIRCLE=1 2", 400),
        ("ID={}&CIRCLE=1 2 3&POS=CIRCLE 1 2 3", 400),
        ("ID={}&BAND=1 2", 400),
        ("ID={}&CIRCLE=1 2 3&CIRCLE=1 2 3", 400),
    ],
)
def test_an_error_is_a_text(
    client: FlaskClient, observation: acsql.Observation, query: str, status: int
) -> None:
    response = client.get(f"/vo/soda?{query.format(observation.datasets['flt'])}")
    assert (response.status_code, response.mimetype) == (status, "text/plain")
    assert response.text.startswith("UsageFault: ")
