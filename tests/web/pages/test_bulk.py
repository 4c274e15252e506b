"""All results of a search are annotated at once, and that is undone at once."""

import uuid

import pytest
from forms import client_of, send
from web_pages import document, soup, words

import acsql
from acsql.store import observation_writes
from acsql.web.pages import bulk


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with five observations."""
    for number in range(5):
        observation_writes.replace(empty_archive.store, document(f"j8bt05n{number}"))
    return empty_archive


@pytest.mark.parametrize(
    ("action", "fields", "condition"),
    [
        ("flag", {"flag": "other"}, "flag=other"),
        ("comment", {"text": "Look."}, "comment=look*"),
        ("view", {}, "viewed()"),
    ],
)
def test_all_results_are_annotated_and_that_is_undone(archive, action, fields, condition):
    client = client_of(archive)
    address = "/annotations/bulk?q=proposid%3D9019"
    assert soup(client, address).h1.text == "Annotate 5 observations"
    send(client, "/annotations/bulk", q="proposid=9019", number=5, action=action, **fields)
    assert archive.count(condition) == 5
    page = soup(client, "/flags/")
    assert words(page.select_one(".written")).startswith("5 observations ")
    written = page.select_one('.written input[name="written"]')["value"]
    send(client, "/annotations/undo", written=written)
    assert archive.count(condition) == 0


def test_a_flag_is_cleared_of_all_results(archive):
    archive.flag(archive.where(), "other", by="ann")
    client = client_of(archive)
    send(client, "/annotations/bulk", q="flag=other", number=5, action="clear", flag="other")
    assert archive.count("flagged()") == 0


def test_a_form_whose_search_now_finds_others_writes_nothing(archive):
    client = client_of(archive)
    form = {"q": "proposid=9019", "number": 4, "action": "view"}
    response = send(client, "/annotations/bulk", 409, **form)
    assert "had 4 results and now has 5" in response.text
    assert list(archive.annotations()) == []


def test_a_form_that_is_sent_twice_writes_once_even_if_its_search_finds_nothing_more(archive):
    client = client_of(archive)
    form = {"q": "not flagged()", "number": 5, "action": "flag", "flag": "other"}
    for _ in range(2):
        send(client, "/annotations/bulk", **form, key="0123456789abcdef")
    assert len(list(archive.annotations())) == 5


def test_a_page_annotates_a_limited_number(archive, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_OBSERVATIONS", 4)
    client = client_of(archive)
    assert "at most 4" in words(soup(client, "/annotations/bulk?q=proposid%3D9019"))
    form = {"q": "proposid=9019", "number": 5, "action": "view", "key": uuid.uuid4().hex}
    response = client.post("/annotations/bulk", data=form)
    assert response.status_code == 400
    assert list(archive.annotations()) == []
