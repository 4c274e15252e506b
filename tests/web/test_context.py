"""Request helpers: an observation has one URL, to which other names of it lead."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from web_pages import address_of


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
