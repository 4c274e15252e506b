"""Previews and thumbnails are sent as they are stored, and nothing else is."""

from typing import Any

import pytest
from flask.testing import FlaskClient

import acsql
from acsql.web.pages import previews


def test_pictures_are_sent_unchanged_and_revalidated(
    client: FlaskClient, sample_archive: acsql.Archive, pictured: dict[str, Any]
) -> None:
    observation = sample_archive.observation(pictured["rootname"])
    for address, path in (
        (f"/previews/{observation.rootname}/raw.jpg", observation.jpeg("raw")),
        (f"/previews/{observation.ipppssoot.upper()}/flt.jpg", observation.jpeg("flt")),
        (f"/thumbnails/{observation.rootname}.jpg", observation.thumbnail()),
    ):
        with client.get(address) as response:
            assert response.data == path.read_bytes()
            assert response.mimetype == "image/jpeg"
            assert response.cache_control.max_age == previews.MAX_AGE_S
            etag = response.headers["ETag"]
        with client.get(address, headers={"If-None-Match": etag}) as response:
            assert response.status_code == 304
            assert response.data == b""


@pytest.mark.parametrize(
    "address",
    [
        "/previews/j8bt05nz/flt.jpg",
        "/previews/x/flt.jpg",
        "/previews/../../etc/passwd.jpg",
        "/previews/%2e%2e/%2e%2e/etc/passwd.jpg",
        "/previews/..%2f..%2fetc/passwd.jpg",
        "/previews/{rootname}/..%2f..%2f..%2fetc%2fpasswd.jpg",
        "/previews/{rootname}/$where.jpg",
        "/previews/{rootname}/flt.fits",
        "/previews/{rootname}/spt.jpg",
        "/thumbnails/..%2f..%2fetc%2fpasswd.jpg",
        "/thumbnails/{rootname}%00.jpg",
        "/thumbnails/{rootname}/../../x.jpg",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2farchive.py",
        "/archive/../../etc/passwd",
        "/archive/unknown/..%2f..%2fetc%2fpasswd/",
    ],
)
def test_no_address_leads_out_of_the_archive(
    client: FlaskClient, pictured: dict[str, Any], address: str
) -> None:
    response = client.get(address.format(**pictured))
    assert response.status_code in (400, 404)
    assert response.mimetype == "text/html"
