"""No route that writes fails, or writes without a right, whatever a request has."""

import re
from typing import Any

import pytest
from flask import Flask
from flask import session as flask_session
from flask_wtf.csrf import generate_csrf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_pages import document

import acsql
from acsql.accounts.roles import Role
from acsql.store import observation_writes
from acsql.web.app import create_app
from acsql.web.rights import COMPUTING, LOG_IN

USERS = {"reader": Role.READ, "writer": Role.ANNOTATE, "chief": Role.ADMINISTER}
WRITING = {"POST", "PUT", "PATCH", "DELETE"}
ODD = st.sampled_from(["", "x", "\x00", "-1", "1e9", "9" * 30, "$ne", "<b>", "é", "x" * 11_000])
# Values with which requests succeed, by the names of the fields of all forms and objects.
FIELDS: dict[str, list[Any]] = {
    "action": ["flag", "clear", "comment", "view", "unview"],
    "back": ["/", "/archive/"],
    "change": ["set", "clear", "mark", "unmark", "edit", "resolve", "reopen", "seen", "remove"],
    "clear": [True, False],
    "comment": ["a comment", "another"],
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
    "written": ["a batch", "a comment"],
}
values = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(usual) | ODD | st.sampled_from([None, 7, [], {"$ne": 1}])
        for name, usual in FIELDS.items()
    },
)


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with two observations, one of them with a comment, and a user of each role."""
    for name in ("j8bt05nj", "j8bt05nk"):
        observation_writes.replace(empty_archive.store, document(name, detector="WFC"))
    empty_archive.comment("Seen.", "j8bt05nj", by="writer")
    for name, role in USERS.items():
        empty_archive.accounts.add(name, role)
    return empty_archive


@pytest.fixture
def site(archive: acsql.Archive) -> Flask:
    """Its site, without limits of requests."""
    app = create_app(archive, host="0.0.0.0")
    # Flask-Limiter reads it at each request.
    next(iter(app.extensions["limiter"])).enabled = False
    return app


def stored(archive: acsql.Archive) -> str:
    """Return a hash of all documents of the database."""
    return str(archive.store.database.command("dbHash")["md5"])


def written_to(site: Flask) -> list[tuple[str, str]]:
    """Return the methods and the addresses that write."""
    return [
        (method, re.sub(r"<[^>]*>", "1", rule.rule))
        for rule in site.url_map.iter_rules()
        if rule.endpoint not in COMPUTING | LOG_IN
        for method in sorted((rule.methods or set()) & WRITING)
    ]


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_write_fails_and_none_is_stored_without_a_right(
    site: Flask, archive: acsql.Archive, data: st.DataObject
) -> None:
    method, address = data.draw(st.sampled_from(written_to(site)))
    name = data.draw(st.sampled_from([None, *USERS]))
    has_form_token = data.draw(st.booleans())
    fields = data.draw(values)
    client = site.test_client()
    headers = {}
    with client.session_transaction() as session:
        session["csrf_token"] = "made"
        if name and (account := archive.accounts.find(name)):
            session.update(name=name, id=account.session_id)
    if has_form_token:
        with site.test_request_context():
            flask_session["csrf_token"] = "made"
            headers["X-CSRFToken"] = generate_csrf()
    sent = {"json": fields} if address.startswith("/api/") else {"data": _form(fields)}
    before = stored(archive)
    response = client.open(address, method=method, headers=headers, **sent)
    assert response.status_code < 500, response.text
    may = name is not None and USERS[name].includes(Role.ANNOTATE)
    if not (may and has_form_token):
        assert response.status_code == (400 if may else 401 if name is None else 403)
        assert stored(archive) == before


def _form(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as a form has them: texts alone."""
    return {name: str(value) for name, value in fields.items()}
