"""The cookie of a session: signed, for this site alone, and over HTTPS if the site is."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.wrappers import Response

import acsql
from acsql.accounts.roles import Role
from acsql.web import sessions, static_files
from acsql.web.app import create_app

PASSWORD = "correct horse battery"


def made(archive: acsql.Archive, **settings: Any) -> Flask:
    """Return a site with other settings."""
    other = copy(archive)
    other.config = replace(archive.config, **settings)
    return create_app(other, host="0.0.0.0")


def sending(app: Flask, cookie: str) -> Callable[..., Any]:
    """Return a function that gets a page with a cookie."""
    client = app.test_client(use_cookies=False)
    return partial(client.get, headers={"Cookie": cookie})


def logged_in(app: Flask, base_url: str = "http://localhost/") -> Response:
    """Return the response to a log-in."""
    client = app.test_client()
    page = client.get("/login", base_url=base_url)
    form = BeautifulSoup(page.text, "html.parser").find("form", class_="log-in")
    field = form.find("input", attrs={"name": "csrf_token"})
    return client.post(
        form["action"],
        data={"name": "anna", "password": PASSWORD, "csrf_token": field["value"]},
        base_url=base_url,
        headers={"Referer": base_url},
    )


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with an account."""
    empty_archive.accounts.add("anna", Role.READ, PASSWORD)
    return empty_archive


@pytest.mark.parametrize(
    ("settings", "base_url", "secure", "path"),
    [
        ({}, "http://localhost/", False, "/"),
        ({}, "https://localhost/", True, "/"),
        ({"site_url": "https://localhost/acsql/"}, "https://localhost/", True, "/acsql/"),
    ],
)
def test_the_cookie_is_for_this_site_alone(
    archive: acsql.Archive, settings: dict[str, Any], base_url: str, secure: bool, path: str
) -> None:
    cookies = logged_in(made(archive, **settings), base_url).headers.getlist("Set-Cookie")
    (cookie,) = (cookie for cookie in cookies if cookie.startswith(sessions.COOKIE))
    parts = cookie.split("; ")
    assert {"HttpOnly", "SameSite=Lax", f"Path={path}"} <= set(parts)
    assert ("Secure" in parts) is secure
    assert not [part for part in parts if part.startswith("Domain")]


def test_processes_and_restarts_accept_the_same_cookies(archive: acsql.Archive) -> None:
    one, other = made(archive), made(archive)
    cookie = logged_in(one).headers["Set-Cookie"].partition(";")[0]
    assert sending(other, cookie)("/api/user").json["name"] == "anna"


def test_a_cookie_of_another_key_is_ignored(archive: acsql.Archive) -> None:
    cookie = logged_in(made(archive)).headers["Set-Cookie"].partition(";")[0]
    other = made(archive, session_key_file=archive.config.data_dir / "other.key")
    for sent in (cookie, f"{cookie}x", f"{sessions.COOKIE}=x.y.z"):
        answer = sending(other, sent)("/api/user")
        assert answer.status_code == 200
        assert answer.json["name"] is None


def test_pictures_and_files_set_no_cookie(archive: acsql.Archive) -> None:
    app = made(archive)
    cookie = logged_in(app).headers["Set-Cookie"].partition(";")[0]
    with sending(app, cookie)(f"{static_files.url_path()}/site.css") as response:
        assert "Set-Cookie" not in response.headers
