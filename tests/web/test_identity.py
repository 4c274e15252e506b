"""The user of a request: by token, by proxy, by session, or the user who serves on loopback."""

import json
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import acsql
from acsql.accounts.roles import Role
from acsql.permissions import user as system_user
from acsql.web.app import create_app

PASSWORD = "correct horse battery"
PROXIED = {"proxies": 1, "user_header": "X-Remote-User"}


@pytest.fixture
def site(empty_archive: acsql.Archive) -> Callable[..., Flask]:
    """Make the site of an archive with settings."""

    def make(host: str = "localhost", **settings: Any) -> Flask:
        archive = copy(empty_archive)
        archive.config = replace(archive.config, **settings)
        return create_app(archive, host=host)

    return make


def user(client: FlaskClient, **request: Any) -> tuple[str | None, str | None]:
    """Return the name and the role that the API returns."""
    answer = client.get("/api/user", **request).json
    return answer["name"], answer["role"]


def bearer(token: str) -> dict[str, str]:
    """Return the headers with a token."""
    return {"Authorization": f"Bearer {token}"}


def test_on_loopback_everyone_is_the_user_who_serves(site: Callable[..., Flask]) -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        assert user(site(host).test_client()) == (system_user(), "administer")


@pytest.mark.parametrize(
    ("host", "settings"),
    [
        ("0.0.0.0", {}),
        ("archive.example", {}),
        ("localhost", {"proxies": 1}),
        ("localhost", {"site_url": "http://localhost/"}),
        ("localhost", {"trusted_hosts": ("localhost",)}),
    ],
)
def test_where_others_can_reach_the_site_nobody_is_named(
    site: Callable[..., Flask], host: str, settings: dict[str, Any]
) -> None:
    assert user(site(host, **settings).test_client()) == (None, None)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_a_request_through_an_unknown_proxy_names_nobody(
    site: Callable[..., Flask], header: str
) -> None:
    assert user(site().test_client(), headers={header: "203.0.113.7"}) == (None, None)


def test_the_first_account_ends_the_way_without_log_in(
    site: Callable[..., Flask], empty_archive: acsql.Archive
) -> None:
    client = site().test_client()
    assert user(client)[0] == system_user()
    empty_archive.accounts.add("anna", Role.READ)
    assert user(client) == (None, None)


@pytest.mark.parametrize("settings", [{}, PROXIED], ids=["accounts", "proxy"])
def test_a_token_names_its_account_in_every_way(
    site: Callable[..., Flask], empty_archive: acsql.Archive, settings: dict[str, Any]
) -> None:
    empty_archive.accounts.add("monitor", Role.ANNOTATE)
    token = empty_archive.accounts.add_token("monitor", "nightly")
    client = site(**settings).test_client()
    assert user(client, headers=bearer(token)) == ("monitor", "annotate")
    # It precedes what a proxy or a session says.
    assert user(client, headers=bearer(token) | {"X-Remote-User": "anna"})[0] == "monitor"
    empty_archive.accounts.set_role("monitor", Role.READ)
    assert user(client, headers=bearer(token)) == ("monitor", "read")
    empty_archive.accounts.remove_token("monitor", "nightly")
    response = client.get("/api/user", headers=bearer(token))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="acsql"'


@pytest.mark.parametrize("token", ["", "x", "acsql_", "acsql_" + "x" * 43, "é", '{"$ne": 1}'])
def test_an_invalid_token_is_refused_and_not_ignored(
    site: Callable[..., Flask], token: str
) -> None:
    response = site().test_client().get("/api/user", headers=bearer(token))
    assert response.status_code == 401
    assert "not valid" in response.json["message"]


def test_a_password_in_the_header_of_a_proxy_is_no_token(site: Callable[..., Flask]) -> None:
    client = site(**PROXIED).test_client()
    assert user(client, auth=("anna", "secret"), headers={"X-Remote-User": "anna"})[0] == "anna"


def test_a_proxy_names_the_user_whose_account_has_the_role(
    site: Callable[..., Flask], empty_archive: acsql.Archive
) -> None:
    client = site(**PROXIED, user_role="read").test_client()
    empty_archive.accounts.add("bob", Role.ADMINISTER)
    assert user(client) == (None, None)
    assert user(client, headers={"X-Remote-User": "Anna@STScI.edu"}) == ("anna@stsci.edu", "read")
    assert user(client, headers={"X-Remote-User": "bob"}) == ("bob", "administer")


def test_a_server_may_name_the_user_in_its_own_variable(site: Callable[..., Flask]) -> None:
    client = site(proxies=1, user_header="REMOTE_USER").test_client()
    assert user(client, environ_base={"REMOTE_USER": "anna"}) == ("anna", "annotate")
    # A header of this name is another variable.
    for header in ("Remote-User", "REMOTE-USER"):
        assert user(client, headers={header: "anna"}) == (None, None)


@pytest.mark.parametrize("sent", ["(null)", "a b", "a,b", "é", "$ne", "x" * 65, "a:b"])
def test_a_wrong_name_of_a_proxy_is_refused(site: Callable[..., Flask], sent: str) -> None:
    client = site(**PROXIED).test_client()
    headers = {"X-Remote-User": sent.encode().decode("latin-1")}
    response = client.get("/api/user", headers=headers)
    assert response.status_code == 403
    assert "wrong name" in response.json["message"]
    # Pages that need no name are shown.
    assert client.get("/", headers=headers).status_code == 200


def test_no_header_names_a_user_without_the_setting(
    site: Callable[..., Flask], empty_archive: acsql.Archive
) -> None:
    empty_archive.accounts.add("anna", Role.ADMINISTER)
    for settings in ({}, {"proxies": 1}):
        client = site(**settings).test_client()
        for header in ("X-Remote-User", "Remote-User", "X-Forwarded-User"):
            assert user(client, headers={header: "anna"}) == (None, None)


def test_pages_show_the_user_and_offer_a_log_in_only_if_there_is_one(
    site: Callable[..., Flask], empty_archive: acsql.Archive
) -> None:
    client = site("0.0.0.0").test_client()
    assert "Log in" not in client.get("/").text
    assert system_user() in site().test_client().get("/").text
    empty_archive.accounts.add("anna", Role.READ)
    assert '/login?back=/ingest/"' in client.get("/ingest/").text
    shown = site(**PROXIED).test_client().get("/", headers={"X-Remote-User": "bob"}).text
    assert "bob" in shown
    assert "Log out" not in shown


def test_a_page_without_a_user_sets_no_cookie(
    site: Callable[..., Flask], empty_archive: acsql.Archive
) -> None:
    empty_archive.accounts.add("anna", Role.READ)
    response = site("0.0.0.0").test_client().get("/")
    assert "Set-Cookie" not in response.headers
    assert "Cookie" in response.vary
    assert json.dumps("anna") not in response.text


def test_a_user_with_an_unknown_role_reads_and_has_no_rights(
    site: Callable[..., Flask], empty_archive: acsql.Archive
) -> None:
    empty_archive.accounts.add("anna", Role.ADMINISTER)
    token = empty_archive.accounts.add_token("anna", "nightly")
    empty_archive.store.accounts.update_one({"_id": "anna"}, {"$set": {"role": "owner"}})
    client = site("0.0.0.0").test_client()
    assert client.get("/", headers=bearer(token)).status_code == 200
    refused = client.get("/api/user", headers=bearer(token))
    assert refused.status_code == 403
    assert "acsql users role anna" in refused.text
