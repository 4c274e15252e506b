"""The site answers at trusted hosts only, and its absolute URLs are those of the settings."""

import shlex
import socket
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from web_pages import put_file
from werkzeug.test import EnvironBuilder, run_wsgi_app

import acsql
from acsql.web.app import create_app

Site = Callable[..., FlaskClient]
PREFIXED = {"X-Forwarded-Host": "archive.example.org", "X-Forwarded-Prefix": "/acsql"}


@pytest.fixture
def site(empty_archive: acsql.Archive) -> Site:
    """Make a client of the site of an archive with one file, with some settings."""
    put_file(empty_archive, "j8bt/j8bt05njq/j8bt05njq_raw.fits", b"content")

    def make(host: str = "localhost", **settings: Any) -> FlaskClient:
        archive = copy(empty_archive)
        archive.config = replace(empty_archive.config, **settings)
        return create_app(archive, host=host).test_client()

    return make


def script_base(client: FlaskClient, **headers: str) -> str:
    """Return what the URLs in the download script begin with."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = client.get("/files/script", headers=named)
    assert response.status_code == 200, response.text
    (line,) = [line for line in response.text.splitlines() if line.startswith("get ")]
    return shlex.split(line)[2].removesuffix("files/j8bt05njq_raw.fits")


BROKEN_HOSTS = [
    "a b",
    "",
    " ",
    "localhost/x",
    "user@localhost",
    "localhost?x",
    "localhost#x",
    "localhost:x",
    "localhost:123456",
    "localhost, evil.example",
    "[::1",
    "::1",
    "[::1]]",
    "local\thost",
    "loc\xe4lhost",
    "x" * 5000,
    "'$(touch owned)",
    "<script>",
    "localhost\\",
]


@pytest.mark.parametrize("settings", [{}, {"site_url": "https://a.example/acsql/"}])
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_any_other_host_gets_400(site: Site, settings: dict[str, str], header: str) -> None:
    client = site(proxies=int(header != "Host"), **settings)
    hosts = [
        *BROKEN_HOSTS,
        "evil.example",
        "203.0.113.9",
        "[2001:db8::9]",
        "localhost.evil.example",
    ]
    for host in hosts if header == "Host" else filter(str.strip, hosts):
        for address in ("/", "/files/script", "/api/summary", "/archive", "/x", "/health"):
            response = client.get(address, headers={"Host": "localhost"} | {header: host})
            assert response.status_code == 400, (host, address)
            assert "Location" not in response.headers
            assert "does not answer at the host" in response.text
            page = BeautifulSoup(response.text, "html.parser")
            for tag in page.find_all(["a", "link", "script", "form"]):
                link = tag.get("href") or tag.get("src") or tag.get("action", "/")
                assert link.startswith(("/", "#")), (host, address)
                assert "evil" not in link


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:5000", "127.0.0.1:5000", "[::1]:5000", socket.gethostname()]
)
def test_without_settings_the_site_answers_at_the_names_of_its_machine(
    site: Site, host: str
) -> None:
    assert script_base(site(), Host=host) == f"http://{host.lower()}/"


def test_the_site_answers_at_the_host_that_it_is_served_at(site: Site) -> None:
    assert script_base(site("site.example"), Host="site.example:80") == "http://site.example/"


def test_a_request_without_a_host_is_answered(site: Site) -> None:
    environment = EnvironBuilder(path="/files/script").get_environ()
    del environment["HTTP_HOST"]
    content, status, _ = run_wsgi_app(site().application, environment)
    assert status == "200 OK"
    assert b"http://localhost/files/" in b"".join(content)


def test_trusted_hosts_replace_the_names_of_the_machine(site: Site) -> None:
    client = site(trusted_hosts=("A.example", "2001:db8::1"))
    assert script_base(client, Host="a.example") == "http://a.example/"
    assert script_base(client, Host="[2001:db8::1]:80") == "http://[2001:db8::1]/"
    assert script_base(client, Host="localhost") == "http://localhost/"
    assert client.get("/", headers={"Host": "b.example"}).status_code == 400
    assert client.get("/", headers={"Host": "x.a.example"}).status_code == 400


@pytest.mark.parametrize("host", ["archive.example.org", "other.example", "localhost:5000"])
@pytest.mark.parametrize(
    "url", ["https://archive.example.org", "https://archive.example.org:8443/a/b/"]
)
def test_absolute_addresses_begin_with_the_url_of_the_site(site: Site, url: str, host: str) -> None:
    client = site(site_url=url, trusted_hosts=("other.example",))
    assert script_base(client, Host=host) == f"{url.rstrip('/')}/"
    # A redirect of the router is absolute.
    response = client.get("/archive", headers={"Host": host})
    assert response.headers["Location"] == f"{url.rstrip('/')}/archive/"


@pytest.mark.parametrize(
    ("settings", "headers", "address"),
    [
        ({"proxies": 1, "trusted_hosts": ("archive.example.org",)}, PREFIXED, "/{}"),
        ({"site_url": "https://archive.example.org/acsql/"}, {}, "/{}"),
        ({"site_url": "https://archive.example.org/acsql/"}, {}, "/acsql/{}"),
        ({"proxies": 1, "site_url": "https://archive.example.org/acsql"}, PREFIXED, "/{}"),
    ],
)
def test_every_link_of_a_site_under_a_prefix_has_it(
    site: Site, settings: dict[str, Any], headers: dict[str, str], address: str
) -> None:
    client = site(**settings)
    for path in ("", "archive/9019/", "archive/9019/j8bt05njq/", "files/", "database/", "x/y"):
        page = BeautifulSoup(client.get(address.format(path), headers=headers).text, "html.parser")
        found = [
            tag[name]
            for tag in page.find_all(True)
            for name in ("href", "src", "action", "data-suggest", "data-plot", "data-pixels")
            if tag.get(name, "#").startswith("/")
        ]
        assert len(found) > 5
        assert [link for link in found if not link.startswith("/acsql/")] == []
    index = client.get(address.format("api/"), headers=headers).json
    assert all(link.startswith("/acsql/") for link in (index["document"], *index["paths"]))
    document = client.get(address.format("api/openapi.json"), headers=headers).json
    assert document["servers"] == [{"url": "/acsql"}]
    assert "/api/count" in document["paths"]
    response = client.get(address.format("archive/9019/J8BT05NJQ/"), headers=headers)
    assert response.headers["Location"] == "/acsql/archive/9019/j8bt05njq/"


def test_a_page_whose_path_begins_like_the_prefix_is_found(site: Site) -> None:
    client = site(proxies=1, site_url="https://archive.example.org/archive")
    response = client.get("/archive/", headers={"X-Forwarded-Prefix": "/archive"})
    assert response.status_code == 200
    assert 'href="/archive/archive/9019/' in response.text


def test_a_prefix_counts_only_behind_a_configured_proxy(site: Site) -> None:
    response = site().get("/", headers={"X-Forwarded-Prefix": "/acsql"})
    assert "/acsql" not in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Prefix": "//evil.example"},
        {"X-Forwarded-Prefix": "/a//evil.example"},
        {"X-Forwarded-Prefix": "evil.example"},
        {"X-Forwarded-Prefix": "/a?b"},
        {"X-Forwarded-Prefix": "/<script>"},
        {"X-Forwarded-Prefix": "/\\evil.example"},
        {"X-Forwarded-Proto": "javascript"},
    ],
)
def test_a_forged_prefix_or_scheme_gets_400(site: Site, headers: dict[str, str]) -> None:
    for address in ("/", "/archive", "/files/script"):
        response = site(proxies=1).get(address, headers=headers)
        assert response.status_code == 400
        assert "evil" not in response.text
        assert "Location" not in response.headers
