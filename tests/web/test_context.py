"""Request helpers: an observation has one URL, to which other names of it lead."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import url_for
from flask.testing import FlaskClient
from web_pages import address_of

from acsql.web.context import filters_label, observation_url, results_url


def test_other_names_lead_to_the_canonical_address(
    client: FlaskClient, pictured: dict[str, Any]
) -> None:
    canonical = address_of(pictured)
    proposid, rootname = pictured["proposid"], pictured["rootname"]
    for address in (
        f"/archive/{proposid}/{rootname}/",
        f"/archive/{proposid}/{pictured['ipppssoot'].upper()}/",
        f"/archive/99999/{rootname}/",
        f"/archive/unknown/{rootname}/",
        canonical.rstrip("/"),
    ):
        response = client.get(address, follow_redirects=True)
        assert (response.status_code, response.request.path) == (200, canonical)
    for below in ("flt/", "headers/", "headers/flt/1/"):
        response = client.get(f"/archive/99999/{rootname}/{below}")
        assert response.location == f"{canonical}{below}"
    response = client.get(f"/archive/99999/{rootname}/?visit=01&visit=02&sort=exptime")
    assert parse_qs(urlsplit(response.location).query) == {
        "visit": ["01", "02"],
        "sort": ["exptime"],
    }


def test_the_url_of_a_page_has_the_names_of_the_observation(client: FlaskClient) -> None:
    row = {"ipppssoot": "j8bt05njq", "proposid": None}
    with client.application.test_request_context():
        assert observation_url("observation.page", row) == "/archive/unknown/j8bt05njq/"
        address = observation_url(
            "headers.header", row, name="x", filetype="flt", extension=1, visit=["01", "02"]
        )
    assert address == "/archive/unknown/j8bt05njq/headers/flt/1/?visit=01&visit=02"


@pytest.mark.parametrize(
    ("filter1", "filter2", "expected"),
    [
        ("F606W", "CLEAR2S", "F606W · CLEAR2S"),
        ("F115LP", None, "F115LP"),
        ("", "POL0V", "POL0V"),
        (None, None, ""),
    ],
)
def test_filters_are_one_text(filter1: str | None, filter2: str | None, expected: str) -> None:
    assert filters_label({"filter1": filter1, "filter2": filter2}) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"q": ["detector=WFC targname='A & B?'"], "columns": ["exptime,filter1"]},
        {"q": "near(6.02, -72.08, 5arcmin)", "view": ["map"], "sort": ["-exptime"]},
        {"q": ["name=\u00e9*/:;@!$(), +%"], "columns": ["a", "b"], "x": []},
    ],
)
def test_addresses_of_results_are_those_of_flask(client, arguments) -> None:
    with client.application.test_request_context("/", base_url="https://localhost/acsql/"):
        for _ in range(2):
            assert results_url(arguments) == url_for("results.page", **arguments)
