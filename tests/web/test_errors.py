"""Error responses: every error has a status, and the same message as a page and as JSON."""

import html
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask, abort
from flask.testing import FlaskClient
from ordinary_user import as_ordinary_user

import acsql
from acsql import errors
from acsql.web import errors as statuses
from acsql.web.app import create_app

ERRORS = [
    (errors.ObservationNotFound("no j8"), 404),
    (errors.ProposalNotFound("no 9"), 404),
    (errors.DatasetNotFound("no flc"), 404),
    (errors.AccessDenied("the log may not be read"), 403),
    (errors.InvalidName("'x' is not a rootname"), 400),
    (errors.QueryError("exptime: expected a number"), 400),
    (errors.QueryTimeout("the search took longer than its time limit"), 503),
    (errors.SchemaMismatch("the database lacks migration 3: run acsql migrate"), 503),
]


@pytest.fixture
def failing(empty_archive: acsql.Archive) -> Iterator[Flask]:
    """A site that can be made to fail."""
    yield create_app(empty_archive)


@pytest.mark.parametrize(("error", "status"), ERRORS)
def test_errors_have_a_status_and_a_page(
    failing: Flask, error: errors.ArchiveError, status: int
) -> None:
    @failing.get("/fail")
    @failing.get("/api/fail")
    def fail() -> str:
        raise error

    response = failing.test_client().get("/fail")
    page = BeautifulSoup(response.text, "html.parser")
    assert response.status_code == status
    assert page.main.find("p", class_="error").get_text() == str(error)
    assert "Content-Security-Policy" in response.headers
    # The API has the same message.
    response = failing.test_client().get("/api/fail")
    assert response.status_code == status
    assert response.json["message"] == str(error)
    assert response.json["error"] == page.h1.get_text()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.DatabaseError("the database mongodb://db.example/: not authorized"), 503),
        (errors.DatabaseUnavailable("the database mongodb://db.example/: timed out"), 503),
        (errors.ConfigError("/srv/acsql/jpegs cannot be read at db.example"), 500),
    ],
)
def test_a_fault_of_the_site_is_logged_and_its_message_not_shown(
    failing: Flask, error: errors.ArchiveError, status: int
) -> None:
    @failing.get("/fail")
    @failing.get("/api/fail")
    def fail() -> str:
        raise error

    for address in ("/fail", "/api/fail"):
        response = failing.test_client().get(address)
        assert response.status_code == status
        assert "db.example" not in response.text


def test_every_error_has_a_status() -> None:
    """Errors without a status cannot occur on a page."""
    elsewhere = {
        "Busy",
        "ConfigError",
        "FileError",
        "PreviewError",
        "ProviderUnavailable",
        "SpecError",
    }
    children = {kind.__name__ for kind in errors.ArchiveError.__subclasses__()}
    assert children - {kind.__name__ for kind in statuses.STATUSES} <= elsewhere


def test_an_unexpected_error_is_logged_and_not_shown(
    failing: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @failing.get("/fail")
    def fail() -> str:
        raise RuntimeError("a secret")

    response = failing.test_client().get("/fail")
    assert response.status_code == 500
    assert "a secret" not in response.text
    assert "Traceback" not in response.text
    assert "Internal error" in response.text
    assert "a secret" in caplog.text


def test_errors_of_http_keep_their_headers_and_get_a_page(failing: Flask) -> None:
    @failing.get("/fail")
    def fail() -> str:
        abort(429)

    client = failing.test_client()
    assert client.get("/fail").status_code == 429
    response = client.post("/archive/")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert "ACS" in response.text
    missing = client.get("/nowhere")
    assert missing.status_code == 404
    assert "Not found" in missing.text


def test_a_database_that_does_not_answer_is_503(
    failing: Flask, empty_archive: acsql.Archive
) -> None:
    empty_archive.close()
    assert failing.test_client().get("/").status_code == 503


def test_an_error_page_shows_the_request_id(client: FlaskClient) -> None:
    response = client.get("/archive/9019/x/", headers={"X-Request-ID": "abc"})
    assert "abc" in BeautifulSoup(response.text, "html.parser").main.get_text()


@pytest.mark.parametrize(
    "address",
    [
        "/previews/{rootname}/flt.jpg",
        "/thumbnails/{rootname}.jpg",
        "/files/{ipppssoot}_flt.fits",
        "/files/archive?q=rootname={rootname}",
        "/pixels/{rootname}/flt/",
        "/pixels/{rootname}/flt/overview.png",
        "/ingest/1/log",
    ],
)
def test_a_file_that_the_site_may_not_read_is_denied_with_its_reason(
    client: FlaskClient, pictured: dict[str, Any], address: str
) -> None:
    with as_ordinary_user():
        response = client.get(address.format(**pictured))
    assert response.status_code == 403
    assert "may not be read by the user" in html.unescape(response.text)
    assert "Access denied" in response.text


def test_a_run_whose_log_may_not_be_read_is_shown_with_the_reason(client: FlaskClient) -> None:
    with as_ordinary_user():
        response = client.get("/ingest/1/")
    assert response.status_code == 200
    assert "may not be read by the user" in response.text
