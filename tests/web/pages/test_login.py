"""The log-in: what it accepts, where it leads, and what it leaves in the audit log."""

import logging

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import acsql
from acsql.accounts import audit
from acsql.accounts.roles import Role
from acsql.web.app import create_app

PASSWORD = "correct horse battery"


@pytest.fixture
def client(empty_archive: acsql.Archive) -> FlaskClient:
    """A client of a site with an account."""
    empty_archive.accounts.add("anna", Role.ANNOTATE, PASSWORD)
    return create_app(empty_archive, host="0.0.0.0").test_client()


def submitted(client: FlaskClient, address: str = "/login", **values: str) -> TestResponse:
    """Fill in the form of a page and submit it, as a browser without scripts does."""
    page = BeautifulSoup(client.get(address).text, "html.parser")
    form = page.find("form", class_="log-in")
    filled = {field["name"]: field.get("value", "") for field in form.find_all("input")}
    return client.post(form["action"], data=filled | values)


def test_a_log_in_returns_to_the_page_and_shows_the_user(client: FlaskClient) -> None:
    response = submitted(client, "/login?back=/ingest/?before=5", name="Anna", password=PASSWORD)
    assert (response.status_code, response.location) == (303, "/ingest/?before=5")
    page = client.get("/ingest/").text
    assert "anna" in page
    assert "Log out" in page
    assert "Log in" not in page


def test_a_log_out_ends_the_session(client: FlaskClient) -> None:
    submitted(client, name="anna", password=PASSWORD)
    page = BeautifulSoup(client.get("/").text, "html.parser")
    form = page.find("form", action="/logout")
    filled = {field["name"]: field["value"] for field in form.find_all("input")}
    response = client.post("/logout", data=filled)
    assert (response.status_code, response.location) == (303, "/")
    assert client.get("/api/user").json["name"] is None


@pytest.mark.parametrize(
    ("name", "password", "status"),
    [
        ("anna", "another one", 403),
        ("nobody", PASSWORD, 403),
        ("$ne", PASSWORD, 403),
        ("anna", "", 400),
        ("", PASSWORD, 400),
        ("x" * 65, PASSWORD, 400),
        ("anna", "x" * 1001, 400),
    ],
)
def test_a_wrong_name_or_password_shows_the_form_again(
    client: FlaskClient, name: str, password: str, status: int
) -> None:
    response = submitted(client, "/login?back=/ingest/", name=name, password=password)
    assert response.status_code == status
    page = BeautifulSoup(response.text, "html.parser")
    assert page.find("input", attrs={"name": "back"})["value"] == "/ingest/"
    assert page.find(class_=["wrong", "error"])
    if password:
        assert password not in response.text
    assert client.get("/api/user").json["name"] is None


def test_a_wrong_name_and_a_wrong_password_read_the_same(client: FlaskClient) -> None:
    texts = [
        submitted(client, name=name, password="wrong").text.replace(name, "")
        for name in ("anna", "nobody")
    ]
    pages = [BeautifulSoup(text, "html.parser").find("main").get_text() for text in texts]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "https://evil.example", "x"])
def test_the_log_in_leads_to_no_other_site(client: FlaskClient, back: str) -> None:
    assert client.get("/login", query_string={"back": back}).status_code == 400
    response = submitted(client, name="anna", password=PASSWORD, back=back)
    assert response.status_code == 400
    assert client.get("/api/user").json["name"] is None


def test_the_page_is_not_kept_by_caches(client: FlaskClient) -> None:
    assert client.get("/login").cache_control.no_store


def test_the_form_works_by_keyboard_and_with_password_managers(client: FlaskClient) -> None:
    form = BeautifulSoup(client.get("/login").text, "html.parser").find("form", class_="log-in")
    fields = form.find_all("input", type=lambda kind: kind != "hidden")
    assert [field["autocomplete"] for field in fields] == ["username", "current-password"]
    assert all(form.find("label", attrs={"for": field["id"]}) for field in fields)
    assert form.find("button").get("type", "submit") == "submit"


def test_log_ins_are_audited_without_passwords(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, audit.LOGGER):
        submitted(client, name="anna", password="wrong password")
        submitted(client, name="anna", password=PASSWORD)
    lines = [record.msg for record in caplog.records if record.name == audit.LOGGER]
    assert [(line["action"], line["by"]) for line in lines] == [
        ("log-in refused", "anna"),
        ("log in", "anna"),
    ]
    assert all(line["client"] == "127.0.0.1" and line["request_id"] for line in lines)
    assert PASSWORD not in str(lines)
    assert "wrong password" not in str(lines)


def test_a_site_without_accounts_says_so(empty_archive: acsql.Archive) -> None:
    page = create_app(empty_archive, host="0.0.0.0").test_client().get("/login").text
    assert "acsql users add NAME" in page
    assert '<form class="log-in' not in page
