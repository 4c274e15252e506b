"""The application: every route answers, errors have a status and a page, headers protect."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from flask import Flask, abort
from flask.testing import FlaskClient

import acsql
from acsql import errors
from acsql.web import app as web_app
from acsql.web.app import create_app


@pytest.fixture(scope="module")
def site(sample_archive: acsql.Archive) -> Flask:
    """The site of the sample archive."""
    app = create_app(sample_archive)
    app.testing = True
    return app


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    """Someone who looks at the site."""
    return site.test_client()


@pytest.fixture(scope="module")
def shown(sample_archive: acsql.Archive) -> dict[str, str]:
    """The names of an observation that has everything, for addresses."""
    rows = sample_archive.gallery().rows
    row = next(row for row in rows if not row["no_thumbnail"])
    return {
        "proposid": str(row["proposid"]),
        "name": row["ipppssoot"],
        "filetype": "flt",
        "extension": "1",
        "filename": "site.css",
    }


ADDRESSES = {
    "static": "/static/{filename}",
    "pages.home": "/",
    "pages.go": "/go?name={name}",
    "pages.proposals": "/archive/",
    "pages.proposal": "/archive/{proposid}/",
    "pages.observation": "/archive/{proposid}/{name}/{filetype}/",
    "pages.headers": "/archive/{proposid}/{name}/headers/",
    "pages.header": "/archive/{proposid}/{name}/headers/{filetype}/{extension}/",
    "pages.preview": "/previews/{name}/{filetype}.jpg",
    "pages.thumbnail": "/thumbnails/{name}.jpg",
    "pages.form": "/database/",
    "pages.results": "/database/results",
}
PAGES = [name for name in ADDRESSES if name not in ("static", "pages.preview", "pages.thumbnail")]


def test_addresses_are_all_there_are(site: Flask) -> None:
    assert {rule.endpoint for rule in site.url_map.iter_rules()} == set(ADDRESSES)


@pytest.mark.parametrize("endpoint", ADDRESSES)
def test_every_route_answers(client: FlaskClient, shown: dict[str, str], endpoint: str) -> None:
    with client.get(ADDRESSES[endpoint].format(**shown), follow_redirects=True) as response:
        assert response.status_code == 200
        assert response.data


@pytest.mark.parametrize("endpoint", ADDRESSES)
def test_no_route_is_written_to(client: FlaskClient, shown: dict[str, str], endpoint: str) -> None:
    assert client.post(ADDRESSES[endpoint].format(**shown)).status_code == 405


@pytest.mark.parametrize("endpoint", [name for name in ADDRESSES if name != "static"])
def test_a_parameter_that_means_nothing_is_named(
    client: FlaskClient, shown: dict[str, str], endpoint: str
) -> None:
    address = ADDRESSES[endpoint].format(**shown)
    for parameter in ("nonsense", "_external", "endpoint", "name[$ne]"):
        joint = "&" if "?" in address else "?"
        response = client.get(f"{address}{joint}{parameter}=1")
        assert response.status_code == 400
        assert repr(parameter) in BeautifulSoup(response.text, "html.parser").get_text()


@pytest.mark.parametrize("endpoint", ADDRESSES)
def test_headers_protect(client: FlaskClient, shown: dict[str, str], endpoint: str) -> None:
    with client.get(ADDRESSES[endpoint].format(**shown)) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("endpoint", PAGES)
def test_pages_bring_nothing_from_elsewhere_and_run_nothing(
    client: FlaskClient, shown: dict[str, str], endpoint: str
) -> None:
    response = client.get(ADDRESSES[endpoint].format(**shown), follow_redirects=True)
    page = BeautifulSoup(response.text, "html.parser")
    for tag in page.find_all(True):
        for name in ("src", "href", "action", "srcset"):
            assert tag.get(name, "/").startswith(("/", "#")), tag
            assert not tag.get(name, "/").startswith("//"), tag
        assert "style" not in tag.attrs
        assert not [name for name in tag.attrs if name.startswith("on")], tag
    assert not page.find_all("style")
    assert all(script.get("src") and not script.string for script in page.find_all("script"))


@pytest.mark.parametrize("endpoint", PAGES)
def test_pages_can_be_used_without_eyes(
    client: FlaskClient, shown: dict[str, str], endpoint: str
) -> None:
    response = client.get(ADDRESSES[endpoint].format(**shown), follow_redirects=True)
    page = BeautifulSoup(response.text, "html.parser")
    assert page.html["lang"] == "en"
    assert page.title.get_text().strip()
    assert len(page.find_all("main")) == len(page.find_all("h1")) == 1
    identifiers = [tag["id"] for tag in page.find_all(id=True)]
    assert len(set(identifiers)) == len(identifiers)
    assert all("alt" in image.attrs for image in page.find_all("img"))
    for field in page.find_all(["input", "select", "textarea"]):
        named = (
            field.get("type") == "hidden"
            or field.find_parent("label")
            or field.get("aria-label")
            or page.find("label", attrs={"for": field.get("id")})
        )
        assert named, field
    for reference in ("aria-labelledby", "aria-describedby"):
        for tag in page.find_all(attrs={reference: True}):
            assert tag[reference] in identifiers


def test_styles_and_scripts_bring_nothing_from_elsewhere(client: FlaskClient) -> None:
    for name in ("site.css", "site.js", "icon.svg"):
        with client.get(f"/static/{name}") as response:
            text = response.text.replace('xmlns="http://www.w3.org/2000/svg"', "")
            assert not re.search(r"https?:|//[a-z]|@import|url\(", text), name


ERRORS = [
    (errors.ObservationNotFound("no j8"), 404),
    (errors.ProposalNotFound("no 9"), 404),
    (errors.DatasetNotFound("no flc"), 404),
    (errors.InvalidName("'x' is none"), 400),
    (errors.QueryError("exptime: expected a number"), 400),
    (errors.DatabaseError("the database does not answer"), 503),
    (errors.ArchiveError("something else"), 500),
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
    def fail() -> str:
        raise error

    response = failing.test_client().get("/fail")
    page = BeautifulSoup(response.text, "html.parser")
    assert response.status_code == status
    assert page.main.find("p", class_="error").get_text() == str(error)
    assert "Content-Security-Policy" in response.headers


def test_every_error_has_a_status() -> None:
    """Those without one cannot be met on a page."""
    elsewhere = {
        "Busy",
        "ConfigError",
        "FileError",
        "PreviewError",
        "ProviderUnavailable",
        "SpecError",
    }
    children = {kind.__name__ for kind in errors.ArchiveError.__subclasses__()}
    assert children - {kind.__name__ for kind in web_app.STATUSES} <= elsewhere


def test_what_nobody_foresaw_is_logged_and_not_shown(
    failing: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @failing.get("/fail")
    def fail() -> str:
        raise RuntimeError("a secret")

    response = failing.test_client().get("/fail")
    assert response.status_code == 500
    assert "a secret" not in response.text
    assert "Traceback" not in response.text
    assert "Something went wrong" in response.text
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
    assert "Not in the archive" in missing.text


def test_a_database_that_went_away_is_503(failing: Flask, empty_archive: acsql.Archive) -> None:
    empty_archive.close()
    assert failing.test_client().get("/").status_code == 503


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (168_000_000, "168.0 MB"),
        (40e12, "40.0 TB"),
        (4e15, "4,000.0 TB"),
    ],
)
def test_sizes(number: float, expected: str) -> None:
    assert web_app.size(number) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.04, "0.0 s"),
        (59.9, "59.9 s"),
        (65, "1 min 5 s"),
        (3600, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert web_app.duration(seconds) == expected


def test_numbers_have_their_thousands_apart() -> None:
    assert web_app.number(1234567) == "1,234,567"
    assert web_app.number(0.5, 2) == "0.50"


def test_values_from_files_are_text_and_never_markup(empty_archive: acsql.Archive) -> None:
    nasty = '<script>alert("1")</script>'
    empty_archive.store.observations.insert_one(
        {
            "_id": "j8bt05nj",
            "ipppssoot": "j8bt05njq",
            "proposid": 9019,
            "visit": "05",
            "targname": nasty,
            "last_ingest_date": datetime(2026, 1, 1),
            "datasets": {"raw": "j8bt05njq_raw.fits"},
            "files": {"raw": {"path": "j8bt/j8bt05njq/j8bt05njq_raw.fits", "size": 1}},
            "headers": {"raw": {"0": {"targname": nasty, "history": [nasty]}}},
            "previews": {"raw": {"reason": nasty}},
        }
    )
    client = create_app(empty_archive).test_client()
    for address in (
        "/archive/",
        "/archive/9019/",
        "/archive/9019/j8bt05njq/",
        "/archive/9019/j8bt05njq/headers/raw/0/",
        "/database/results",
        "/database/results?format=thumbnails",
        f"/database/results?targname={nasty}",
        f"/database/?targname={nasty}",
        f"/archive/?find={nasty}",
        f"/archive/9019/?target={nasty}",
        f"/{nasty}",
        f"/archive/9019/{nasty.replace('/', '')}/",
    ):
        response = client.get(address)
        assert nasty not in response.text, address
        page = BeautifulSoup(response.text, "html.parser")
        assert all(script.get("src") for script in page.find_all("script"))
