"""Readers save searches, see what is new in them, and follow their feeds."""

from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from forms import client_of, send
from web_pages import document, soup, words

import acsql
from acsql import permissions
from acsql.accounts.roles import Role
from acsql.store import observation_writes, schema

ME = permissions.user()
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with one old observation."""
    old = document("j8bt05nj", detector="WFC", first_ingest_date=datetime(2020, 1, 1))
    observation_writes.replace(empty_archive.store, old)
    return empty_archive


def ingest(archive):
    """Store a new observation."""
    when = schema.now() - timedelta(seconds=9)
    dates = {"first_ingest_date": when, "last_ingest_date": when}
    new = document("j8bt05nk", detector="WFC", **dates)
    observation_writes.replace(archive.store, new)


def rows(client):
    """Return the texts of the list of saved searches."""
    return [words(row) for row in soup(client, "/saved/").select("tbody tr")]


def test_a_search_is_saved_from_its_results(archive):
    client = client_of(archive)
    results = soup(client, "/database/results?q=detector%3DWFC&sort=exptime")
    address = results.find("a", string="Save")["href"]
    form = soup(client, address).select_one("form.annotate")
    fields = {each["name"]: each.get("value", "") for each in form.select("input")}
    fields |= {"name": "Mine <b>"}
    fields.pop("shared")
    for _ in range(2):
        assert client.post(form["action"], data=fields).status_code == 303
    (saved,) = archive.saved_searches.visible(ME)
    assert (saved.name, saved.q, saved.view) == ("Mine <b>", "detector=WFC", {"sort": "exptime"})
    link = soup(client, "/saved/").select_one("tbody th a")
    assert link["href"] == "/database/results?q=detector%3DWFC&sort=exptime"


def test_what_is_new_is_counted_until_it_is_seen(archive):
    saved = archive.saved_searches.add("WFC", "detector=WFC")
    client = client_of(archive)
    assert "detector=WFC 0" in rows(client)[0]
    ingest(archive)
    assert "detector=WFC 1 new in WFC" in rows(client)[0]
    link = soup(client, "/saved/").select_one("td.number a")["href"]
    assert "j8bt05nkq" in client.get(link, follow_redirects=True).text
    send(client, f"/saved/{saved.id}/", change="seen")
    assert archive.saved_searches.last_looks(ME).keys() == {saved.id}


@pytest.mark.parametrize(("change", "shared"), [("share", True), ("unshare", False)])
def test_an_owner_shares_and_removes_a_search(archive, change, shared):
    saved = archive.saved_searches.add("all", shared=not shared)
    client = client_of(archive)
    send(client, f"/saved/{saved.id}/", change=change)
    assert archive.saved_searches.find(saved.id).shared == shared
    send(client, f"/saved/{saved.id}/", change="remove")
    assert archive.saved_searches.find(saved.id) is None


def test_a_feed_has_the_newest_results_first(archive):
    ingest(archive)
    saved = archive.saved_searches.add("<WFC>", "detector=WFC", by="ann", shared=True)
    response = client_of(archive).get(f"/saved/{saved.id}/feed.atom")
    assert response.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(response.data)
    assert feed.findtext(f"{ATOM}title") == "<WFC>"
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["j8bt05nkq", "j8bt05njq"]
    assert entries[0].find(f"{ATOM}link").get("href").endswith("/archive/9019/j8bt05nkq/")
    assert entries[1].findtext(f"{ATOM}updated") == "2020-01-01T00:00:00+00:00"


def test_a_feed_has_no_characters_that_xml_has_not(archive):
    odd = document("j8bt05nk", detector="WFC", targname="A\x07", first_ingest_date=schema.now())
    observation_writes.replace(archive.store, odd)
    q = 'detector=WFC not targname="\x0b"'
    saved = archive.saved_searches.add("a\x0bb", q, shared=True)
    feed = ElementTree.fromstring(client_of(archive).get(f"/saved/{saved.id}/feed.atom").data)
    assert feed.findtext(f"{ATOM}title") == "a\\x0bb"
    assert feed.findtext(f"{ATOM}entry/{ATOM}summary").startswith("A\\x07 · WFC")


def test_in_a_shared_search_me_is_the_person_who_reads_it(archive):
    saved = archive.saved_searches.add("mine", "not viewed(me)", by="ann", shared=True)
    archive.mark_viewed("j8bt05njq", by="ann")
    address = f"/saved/{saved.id}/feed.atom"
    tokens = {}
    for name in ("ann", "bob"):
        archive.accounts.add(name, Role.READ)
        tokens[name] = archive.accounts.add_token(name, "feed")
    client = client_of(archive)
    for name, expected in (("ann", 0), ("bob", 1)):
        response = client.get(address, headers={"Authorization": f"Bearer {tokens[name]}"})
        assert len(ElementTree.fromstring(response.data).findall(f"{ATOM}entry")) == expected
    refused = client.get(address)
    assert refused.status_code == 401
    assert "Log in first, or send a token" in refused.text


def test_what_came_after_the_page_was_shown_has_not_been_seen(archive):
    saved = archive.saved_searches.add("WFC", "detector=WFC")
    client = client_of(archive)
    form = soup(client, "/saved/").select_one("tbody form")
    fields = {field["name"]: field["value"] for field in form.select("input")}
    ingest(archive)
    assert client.post(form["action"], data=fields | {"change": "seen"}).status_code == 303
    assert "detector=WFC 1 new in WFC" in rows(client)[0]
    send(client, f"/saved/{saved.id}/", change="seen", shown=10**11)
    assert archive.saved_searches.last_looks(ME)[saved.id] == archive.saved_searches.newest()
    assert "detector=WFC 0" in rows(client)[0]


def test_a_private_search_of_another_person_does_not_exist(archive):
    saved = archive.saved_searches.add("secret", by="ann")
    client = client_of(archive)
    assert rows(client) == []
    assert client.get(f"/saved/{saved.id}/feed.atom").status_code == 404
    send(client, f"/saved/{saved.id}/", 404, change="seen")


def test_a_search_whose_keyword_no_longer_exists_is_still_listed(archive):
    saved = archive.saved_searches.add("old")
    archive.store.database[schema.SAVED_SEARCHES].update_one(
        {"_id": saved.id}, {"$set": {"q": "gone=1"}}
    )
    assert "gone=1 invalid" in rows(client_of(archive))[0]
