"""No route that writes fails, or writes without a right, whatever a request has."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask import session as flask_session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_pages import document

import acsql
from acsql.accounts.roles import Role
from acsql.store import observation_writes
from acsql.web.api import openapi
from acsql.web.app import create_app
from acsql.web.rights import writing_endpoints

USERS = {"reader": Role.READ, "writer": Role.ANNOTATE, "chief": Role.ADMINISTER}
WRITING = {"POST", "PUT", "PATCH", "DELETE"}
ODD = ["", "x", "\x00", "-1", "1e9", "9" * 30, "$ne", "<b>", "é", "x" * 11_000]
NO_TEXT = [None, 7, [], {"$ne": 1}]
# Values with which requests succeed, by the names of the fields of all forms and objects.
USUAL: dict[str, list[Any]] = {
    "action": ["flag", "clear", "comment", "view", "unview"],
    "back": ["/", "/archive/"],
    "change": ["set", "clear", "mark", "unmark", "edit", "resolve", "reopen", "seen", "remove"],
    "clear": [True, False],
    "comment": ["COMMENT"],
    "example": [True, False],
    "expected": [0, 1, 2],
    "extension": [0, 1],
    "filetype": ["flt", "raw"],
    "flag": ["other", "satellite_trail"],
    "key": ["k" * 16, "l" * 32],
    "name": ["New", "Old"],
    "number": [0, 1, 2],
    "proposid": [9019],
    "q": ["detector=WFC", "not flagged()"],
    "region": ["circle(5, 6, 7)", "box(1, 2, 3, 4)"],
    "resolved": [True, False],
    "rootname": ["j8bt05nj", "j8bt05nk"],
    "rootnames": [["j8bt05nj"], ["j8bt05nj", "j8bt05nk"]],
    "run": [1],
    "shared": ["yes"],
    "text": ["Seen.", "Guide star lost."],
    "viewed": [True, False],
    "written": ["COMMENT"],
}
# What an annotation is about: one of these.
SUBJECTS = {"rootname", "proposid", "run"}
# The parts of paths.
KEY = "1"


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with two observations, a saved search, and a user of each role."""
    for name in ("j8bt05nj", "j8bt05nk"):
        observation_writes.replace(empty_archive.store, document(name, detector="WFC"))
    for name, role in USERS.items():
        empty_archive.accounts.add(name, role)
    empty_archive.saved_searches.add("New", "detector=WFC", by="writer", key=KEY)
    return empty_archive


@pytest.fixture
def comment(archive: acsql.Archive) -> str:
    """The id of a comment."""
    return archive.comment("Seen.", "j8bt05nj", by="writer").annotations[0]


@pytest.fixture
def site(archive: acsql.Archive) -> Flask:
    """Its site, without limits of requests."""
    app = create_app(archive, host="0.0.0.0")
    # Flask-Limiter reads it at each request.
    next(iter(app.extensions["limiter"])).enabled = False
    return app


@pytest.fixture
def succeeded() -> Iterator[set[str]]:
    """The addresses that have written; the values are too odd if they are few."""
    found: set[str] = set()
    yield found
    assert len(found) > 5, found


def stored(archive: acsql.Archive) -> str:
    """Return a hash of all documents of the database."""
    return str(archive.store.database.command("dbHash")["md5"])


@pytest.fixture
def written_to(site: Flask) -> list[tuple[str, str]]:
    """The methods and the addresses that write."""
    endpoints = writing_endpoints(site)
    return [
        (method, re.sub(r"<[^>]*>", KEY, rule.rule))
        for rule in site.url_map.iter_rules()
        if rule.endpoint in endpoints
        for method in sorted((rule.methods or set()) & WRITING)
    ]


@pytest.fixture
def sessions(archive: acsql.Archive) -> dict[str | None, dict[str, str]]:
    """The content of the session of each user, and of a person who has not logged in (None)."""
    found = {name: archive.accounts.find(name) for name in USERS}
    return {None: {}} | {name: {"name": name, "id": found[name].session_id} for name in USERS}


def logged_in(site: Flask, kept: dict[str, str]) -> tuple[FlaskClient, dict[str, str]]:
    """Return a client in the session of a user, and the headers with its token of forms."""
    client = site.test_client()
    with client.session_transaction() as session:
        session.update(kept, csrf_token="made")
    with site.test_request_context():
        flask_session["csrf_token"] = "made"
        return client, {"X-CSRFToken": generate_csrf()}


@pytest.fixture
def fields(
    site: Flask,
    sessions: dict[str | None, dict[str, str]],
    written_to: list[tuple[str, str]],
) -> dict[str, list[str]]:
    """The names of the fields that each address takes."""
    client, headers = logged_in(site, sessions["writer"])
    found = {}
    for method, address in written_to:
        if address.startswith("/api/"):
            body = openapi.document()["paths"][address][method.lower()]["requestBody"]
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            schema = openapi.document()["components"]["schemas"][name]
            found[address] = list(schema["properties"])
        else:
            answer = client.open(address, method=method, headers=headers, data={"nonsense": 1})
            (names,) = re.findall(r"the parameters are ([\w, ]+)", answer.text)
            found[address] = names.split(", ")
    return found


@cache
def value(name: str, is_usual: bool) -> st.SearchStrategy[Any]:
    """Return the values of a field with which a request succeeds, or those and odd ones."""
    usual = USUAL.get(name, ["x"])
    return st.sampled_from(usual if is_usual else usual * (100 // len(usual)) + ODD + NO_TEXT)


@settings(max_examples=1200, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_write_fails_and_none_is_stored_without_a_right(
    site: Flask,
    archive: acsql.Archive,
    comment: str,
    sessions: dict[str | None, dict[str, str]],
    written_to: list[tuple[str, str]],
    fields: dict[str, list[str]],
    succeeded: set[str],
    data: st.DataObject,
) -> None:
    method, address = data.draw(st.sampled_from(written_to))
    name = data.draw(st.sampled_from([None, "reader", "writer", "writer", "chief"]))
    client, headers = logged_in(site, sessions[name])
    has_form_token = data.draw(st.sampled_from([True, True, False]))
    # An odd value, or a second subject, in one field of many would let almost no request succeed.
    is_usual = data.draw(st.booleans())
    left_out = SUBJECTS - {data.draw(st.sampled_from(sorted(SUBJECTS)))} if is_usual else set()
    sent = {
        each: data.draw(value(each, is_usual))
        for each in fields[address]
        if data.draw(st.sampled_from([True, True, True, False]))
        and not (is_usual and (each in left_out or each not in USUAL))
    }
    sent = {each: comment if drawn == "COMMENT" else drawn for each, drawn in sent.items()}
    is_api = address.startswith("/api/")
    may = name is not None and USERS[name].includes(Role.ANNOTATE)
    may_write = may and has_form_token
    before = "" if may_write else stored(archive)
    response = client.open(
        address,
        method=method,
        headers=headers if has_form_token else {},
        **({"json": sent} if is_api else {"data": {each: str(sent[each]) for each in sent}}),
    )
    assert response.status_code < 500, response.text
    if may_write:
        if response.status_code in (200, 303):
            succeeded.add(address)
    else:
        assert response.status_code == (400 if may else 401 if name is None else 403)
        assert stored(archive) == before
