"""Previews and thumbnails are sent as they are stored, and nothing else is."""

from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from web_pages import address_of, soup

import acsql
from acsql.images import rendition
from acsql.web import static_files
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


def test_adaptive_pictures_are_made_of_the_file_and_revalidated(
    client: FlaskClient, sample_archive: acsql.Archive, pictured: dict[str, Any]
) -> None:
    observation = sample_archive.observation(pictured["rootname"])
    with observation.open("flt") as hdus:
        made = rendition.adaptive(hdus, "x")
    for address, expected in (
        (f"/previews/{observation.rootname}/flt.jpg", made),
        (f"/thumbnails/{observation.rootname}.jpg", rendition.thumbnail(made)),
    ):
        for _ in range(2):
            response = client.get(f"{address}?rendition=adaptive")
            assert response.data == expected
            assert response.mimetype == "image/jpeg"
        etag = response.headers["ETag"]
        again = client.get(f"{address}?rendition=adaptive", headers={"If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")
        assert client.get(f"{address}?rendition=rainbow").status_code == 400


def test_a_product_is_adapted_without_its_borders(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    product = next(row for row in rows if not row["no_thumbnail"] and len(row["rootname"]) == 9)
    observation = sample_archive.observation(product["rootname"])
    filetype = observation.thumbnail_filetype
    weights = sample_archive.specs.filetypes[filetype].weights
    with observation.open(filetype) as hdus:
        made = rendition.adaptive(hdus, "x", weights=weights)
    address = f"/previews/{observation.rootname}/{filetype}.jpg?rendition=adaptive"
    assert client.get(address).data == made


@pytest.mark.parametrize("filetype", ["spt", "nosuch"])
def test_a_file_without_an_image_has_no_adaptive_picture(
    client: FlaskClient, pictured: dict[str, Any], filetype: str
) -> None:
    address = f"/previews/{pictured['rootname']}/{filetype}.jpg?rendition=adaptive"
    assert client.get(address).status_code == 404


def test_the_chosen_rendition_is_remembered_on_every_page_with_pictures(
    client: FlaskClient, pictured: dict[str, Any]
) -> None:
    client = client.application.test_client()
    page = address_of(pictured)
    for choice, linear in (("adaptive", False), ("linear", True)):
        response = client.get(f"/rendition?rendition={choice}&back={page}")
        assert (response.status_code, response.location) == (302, page)
        review = "/review/?q=" + quote(f"rootname={pictured['rootname']}")
        for path in (page, f"/archive/{pictured['proposid']}/", "/archive/", review):
            document = soup(client, path)
            pressed = document.select_one(".rendition [aria-pressed=true]")
            assert pressed["value"] == choice
            back = document.select_one(".rendition [name=back]")["value"]
            assert back == path
            addresses = [image["src"] for image in document.select("img")]
            assert addresses
            assert all(address.endswith(".jpg") == linear for address in addresses)


@pytest.mark.parametrize(
    "back", ["//example.org", "/\\example.org", "https://example.org", "archive", "/%0d%0ax:y"]
)
def test_a_choice_returns_to_no_other_site(client: FlaskClient, back: str) -> None:
    assert client.get(f"/rendition?rendition=adaptive&back={back}").status_code == 400


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
        f"{static_files.url_path()}/../app.py",
        f"{static_files.url_path()}/%2e%2e/app.py",
        f"{static_files.url_path()}/..%2f..%2farchive.py",
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
