"""Nothing is written without a right, and no form is accepted from another site."""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask, g
from flask import session as flask_session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

import acsql
from acsql.accounts.roles import Role
from acsql.web import identity, static_files
from acsql.web.app import create_app
from acsql.web.rights import LOG_IN, OPEN, is_computing

PASSWORD = "correct horse battery"
USERS = {"reader": Role.READ, "writer": Role.ANNOTATE, "administrator": Role.ADMINISTER}
WRITING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def written() -> list[str]:
    """The names of users who wrote."""
    return []


@pytest.fixture
def site(empty_archive: acsql.Archive, written: list[str]) -> Callable[..., Flask]:
    """Make a site with accounts, and with a route that writes and one for administrators."""
    for name, role in USERS.items():
        empty_archive.accounts.add(name, role, PASSWORD)

    def make(**changed: Any) -> Flask:
        archive = copy(empty_archive)
        archive.config = replace(archive.config, rate_limit=10**9, **changed)
        app = create_app(archive, host="0.0.0.0")

        @app.route("/api/write", methods=sorted(WRITING))
        @app.route("/write", methods=sorted(WRITING))
        def write() -> str:
            written.append(g.user.name)
            return "written"

        @app.get("/administer")
        def administer() -> str:
            return identity.require(Role.ADMINISTER).name

        return app

    return make


def log_in(client: FlaskClient, name: str) -> str:
    """Log in, and return the token of the forms of this session."""
    client.get("/login")
    form = {"name": name, "password": PASSWORD, "csrf_token": form_token(client)}
    assert client.post("/login", data=form).status_code == 303
    client.get("/")
    return form_token(client)


def form_token(client: FlaskClient) -> str:
    """Return the token that a page of the site puts into its forms."""
    page = BeautifulSoup(client.get("/login").text, "html.parser")
    field = page.find("input", attrs={"name": "csrf_token"})
    return str(field["value"])


@pytest.mark.parametrize("method", sorted(WRITING))
@pytest.mark.parametrize("address", ["/write", "/api/write"])
def test_a_write_without_a_name_is_refused(
    site: Callable[..., Flask], written: list[str], address: str, method: str
) -> None:
    response = site().test_client().open(address, method=method)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"]
    assert written == []


@pytest.mark.parametrize(("name", "status"), [("reader", 403), ("writer", 200)])
@pytest.mark.parametrize("address", ["/write", "/api/write"])
def test_a_session_and_a_token_write_with_the_right_alone(
    site: Callable[..., Flask],
    empty_archive: acsql.Archive,
    written: list[str],
    address: str,
    name: str,
    status: int,
) -> None:
    app = site()
    browser = app.test_client()
    token = log_in(browser, name)
    assert browser.post(address, data={"csrf_token": token}).status_code == status
    assert browser.post(address, headers={"X-CSRFToken": token}).status_code == status
    sent = {"Authorization": f"Bearer {empty_archive.accounts.add_token(name, 'script')}"}
    assert app.test_client().post(address, headers=sent).status_code == status
    assert written == (3 * [name] if status == 200 else [])


@pytest.mark.parametrize("forged", [None, "", "x", "another session"])
def test_a_form_from_elsewhere_is_refused(
    site: Callable[..., Flask], written: list[str], forged: str | None
) -> None:
    app = site()
    browser = app.test_client()
    log_in(browser, "writer")
    if forged == "another session":
        forged = log_in(app.test_client(), "administrator")
    data = {} if forged is None else {"csrf_token": forged}
    response = browser.post("/write", data=data)
    assert response.status_code == 400
    assert "not sent from a page of this site" in response.text
    assert written == []


def test_a_form_over_https_needs_a_referrer_of_the_site(
    site: Callable[..., Flask], written: list[str]
) -> None:
    browser = site().test_client()
    data = {"csrf_token": log_in(browser, "writer")}
    address = "https://localhost/write"
    for headers in ({}, {"Referer": "https://evil.example/"}):
        assert browser.post(address, data=data, headers=headers).status_code == 400
    assert browser.post(address, data=data, headers={"Referer": "https://localhost/"}).text
    assert written == ["writer"]


def test_the_user_of_a_proxy_needs_the_token_of_the_form(
    site: Callable[..., Flask], written: list[str]
) -> None:
    browser = site(proxies=1, user_header="X-Remote-User").test_client()
    assert browser.post("/write", headers={"X-Remote-User": "anna"}).status_code == 400
    assert written == []


def test_a_removed_user_or_another_password_ends_a_session(
    site: Callable[..., Flask], empty_archive: acsql.Archive, written: list[str]
) -> None:
    app = site()
    for name, end in (
        ("writer", lambda: empty_archive.accounts.set_password("writer", PASSWORD)),
        ("administrator", lambda: empty_archive.accounts.remove("administrator")),
    ):
        browser = app.test_client()
        token = log_in(browser, name)
        end()
        assert browser.post("/write", data={"csrf_token": token}).status_code == 401
    assert written == []


def test_what_a_reader_has_written_is_not_lost_with_the_session(
    site: Callable[..., Flask], empty_archive: acsql.Archive, written: list[str]
) -> None:
    browser = site().test_client()
    form = {"csrf_token": log_in(browser, "writer"), "text": "\nGuide star <lost>."}
    empty_archive.accounts.set_password("writer", PASSWORD)
    refused = browser.post("/write", data=form)
    log_in(browser, "writer")
    form["csrf_token"] = "of the session that has ended"
    for response, status in ((refused, 401), (browser.post("/write", data=form), 400)):
        assert response.status_code == status
        # Browsers leave out the first line end of a field.
        shown = BeautifulSoup(response.text, "html.parser").select_one("main textarea")
        assert shown is not None and shown.text == "\n" + form["text"]
    assert written == []


@pytest.mark.parametrize(
    ("name", "status"), [(None, 302), ("reader", 403), ("writer", 403), ("administrator", 200)]
)
def test_a_page_for_administrators_leads_others_to_the_log_in_or_refuses_them(
    site: Callable[..., Flask], name: str | None, status: int
) -> None:
    browser = site().test_client()
    if name:
        log_in(browser, name)
    response = browser.get("/administer")
    assert response.status_code == status
    if status == 302:
        assert response.location == "/login?back=/administer"
    elif status == 403:
        assert "acsql users role" in response.text


def test_with_the_setting_only_users_read(
    site: Callable[..., Flask], empty_archive: acsql.Archive
) -> None:
    app = site(readers="users")
    browser = app.test_client()
    for path in ("/", "/archive/", "/database/results?q=detector%3DWFC"):
        response = browser.get(path)
        assert response.status_code == 302
        assert response.location.startswith("/login?back=/")
    assert browser.get("/api/summary").status_code == 401
    for path in ("/login", "/health", f"{static_files.url_path()}/site.css"):
        with browser.get(path) as response:
            assert response.status_code == 200
    token = empty_archive.accounts.add_token("reader", "script")
    response = app.test_client().get("/api/summary", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200
    log_in(browser, "reader")
    response = browser.get("/")
    assert response.status_code == 200
    assert response.cache_control.private


def addresses(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Yield every route with each of its methods and an address."""
    for rule in app.url_map.iter_rules():
        with app.test_request_context():
            parts = dict.fromkeys(rule.arguments, "1")
            _, address = rule.build(parts) or ("", "")
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield rule, method, address


def test_with_the_setting_no_route_answers_without_a_name(site: Callable[..., Flask]) -> None:
    app = site(readers="users")
    client = app.test_client()
    tried = 0
    for rule, method, address in addresses(app):
        if rule.endpoint in OPEN:
            continue
        response = client.open(address, method=method)
        is_led = response.status_code == 302 and response.location.startswith("/login")
        assert is_led or response.status_code == 401, (rule, method)
        tried += 1
    assert tried > 60


@pytest.mark.parametrize("name", [None, *USERS])
def test_no_route_fails_whoever_reads(site: Callable[..., Flask], name: str | None) -> None:
    app = site()
    client = app.test_client()
    if name:
        log_in(client, name)
    for rule, method, address in addresses(app):
        if method in ("GET", "HEAD"):
            with client.open(address, method=method) as response:
                assert response.status_code < 500 or rule.endpoint == "api.health", address


def test_a_page_of_another_site_may_send_a_token_to_a_closed_site(
    site: Callable[..., Flask],
) -> None:
    client = site(readers="users", cors_origins=("https://example.org",)).test_client()
    headers = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    response = client.options("/api/summary", headers=headers)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Headers"] == "authorization"


def test_every_route_that_takes_input_needs_a_right_or_says_why_not(
    site: Callable[..., Flask],
) -> None:
    app = site()
    browser = app.test_client()
    token = log_in(browser, "reader")
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) & WRITING
        if methods and rule.endpoint not in LOG_IN and not is_computing(rule.endpoint):
            parts = dict.fromkeys(rule.arguments, "1")
            with app.test_request_context():
                address = app.url_map.bind("localhost").build(
                    rule.endpoint, parts, method=min(methods)
                )
            for method in methods:
                sent = browser.open(address, method=method, data={"csrf_token": token})
                assert sent.status_code == 403, rule


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=70) | st.sampled_from(
    [
        "anna",
        "reader",
        PASSWORD,
        "/",
        "//evil.example",
        "/\\evil.example",
        "/\tx",
        "x" * 2000,
        "\x00",
    ]
)


@pytest.fixture
def fuzzed(site: Callable[..., Flask]) -> Flask:
    """A site whose log-ins may fail as often as a test makes them."""
    app = site()
    # Flask-Limiter reads it at each request.
    next(iter(app.extensions["limiter"])).enabled = False
    return app


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    who=st.sampled_from([None, "token", "bad token", "session"]),
    role=st.sampled_from([*USERS]),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    path=st.sampled_from(["/login", "/logout", "/write", "/api/write", "/api/user", "/administer"]),
    form=st.dictionaries(st.sampled_from(["name", "password", "back", "csrf_token", "x"]), TEXT),
    query=st.dictionaries(st.sampled_from(["back", "name", "$ne"]), TEXT, max_size=2),
    with_form_token=st.booleans(),
)
def test_no_request_fails_and_none_writes_without_a_right(
    fuzzed: Flask,
    empty_archive: acsql.Archive,
    written: list[str],
    who: str | None,
    role: str,
    method: str,
    path: str,
    form: dict[str, str],
    query: dict[str, str],
    with_form_token: bool,
) -> None:
    written.clear()
    client = fuzzed.test_client()
    headers = {}
    if who == "session":
        with client.session_transaction() as session:
            account = empty_archive.accounts.find(role)
            assert account
            session.update(name=role, id=account.session_id)
    elif who == "token":
        document = empty_archive.store.accounts.find_one({"_id": role})
        assert document
        label = f"token {len(document['tokens'])}"
        headers["Authorization"] = f"Bearer {empty_archive.accounts.add_token(role, label)}"
    elif who == "bad token":
        headers["Authorization"] = "Bearer acsql_" + "x" * 43
    if with_form_token:
        with client.session_transaction() as session:
            session["csrf_token"] = "made"
        with fuzzed.test_request_context():
            flask_session["csrf_token"] = "made"
            form = form | {"csrf_token": generate_csrf()}
    response = client.open(path, method=method, data=form, query_string=query, headers=headers)
    assert response.status_code < 500
    assert "evil.example" not in response.headers.get("Location", "")
    may = who in ("session", "token") and USERS[role].includes(Role.ANNOTATE)
    is_right = may and (who == "token" or with_form_token)
    assert written == ([role] if is_right and path.endswith("write") and method in WRITING else [])
