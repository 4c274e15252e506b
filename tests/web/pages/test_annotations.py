"""Readers flag, comment, mark and undo with plain forms."""

import uuid

import pytest
from forms import client_of, send
from web_pages import document, soup, words

import acsql
from acsql import permissions
from acsql.accounts.roles import Role, User
from acsql.store import observation_writes
from acsql.web import identity

PAGE = "/archive/9019/j8bt05njq/"
ME = permissions.user()


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with two observations."""
    for name in ("j8bt05nj", "j8bt05nk"):
        observation_writes.replace(empty_archive.store, document(name, detector="WFC"))
    return empty_archive


@pytest.fixture
def client(archive):
    """A client of its site."""
    return client_of(archive)


def state(archive):
    """Return what holds of the observation."""
    return archive.annotation_state(rootname="j8bt05nj")


def test_a_flag_of_a_region_is_set_shown_and_cleared(archive, client):
    place = {"filetype": "flt", "extension": "1", "region": "circle(512, 300, 20)"}
    flag = {"rootname": "j8bt05nj", "flag": "other", "text": "odd <b>", "back": PAGE}
    response = send(client, "/annotations/flag", **flag, **place)
    assert response.headers["Location"] == PAGE
    (placed,) = state(archive).flags
    assert (placed.by, placed.why, placed.target.region) == (ME, "odd <b>", place["region"])
    page = soup(client, PAGE)
    shown = page.select_one(".annotations .flags li")
    assert "Other flt, extension 1, circle(512, 300, 20) odd <b>" in words(shown)
    form = shown.select_one("form")
    fields = {field["name"]: field["value"] for field in form.select("input")}
    assert client.post(form["action"], data=fields | {"change": "clear"}).status_code == 303
    assert state(archive).flags == ()


def test_a_form_that_is_sent_twice_writes_once(archive, client):
    once = {"rootname": "j8bt05nj", "text": "Seen.", "key": uuid.uuid4().hex}
    for _ in range(2):
        send(client, "/annotations/comment", **once)
    assert len(state(archive).comments) == 1


def test_a_form_that_is_sent_again_with_another_text_is_undone_alone(archive, client):
    key = uuid.uuid4().hex
    for text in ("First.", "Second."):
        send(client, "/annotations/comment", rootname="j8bt05nj", text=text, key=key, back=PAGE)
    batch = soup(client, PAGE).select('.written input[name="written"]')[-1]["value"]
    send(client, "/annotations/undo", written=batch)
    assert [comment.text for comment in state(archive).comments] == ["First."]


def test_a_form_that_is_sent_again_after_its_undo_writes_again(archive, client):
    once = {"rootname": "j8bt05nj", "flag": "other", "key": uuid.uuid4().hex, "back": PAGE}
    for _ in range(3):
        for _ in range(2):
            send(client, "/annotations/flag", **once)
        assert len(state(archive).flags) == 1
        batch = soup(client, PAGE).select('.written input[name="written"]')[-1]["value"]
        send(client, "/annotations/undo", written=batch)
        assert state(archive).flags == ()


def test_line_ends_of_a_text_count_once_as_in_the_browser(archive, client):
    text = ("x" * 99 + "\n") * 99 + "x" * 100
    sent_by_browsers = text.replace("\n", "\r\n")
    send(client, "/annotations/comment", rootname="j8bt05nj", text=sent_by_browsers)
    assert state(archive).comments[0].text == text


@pytest.mark.parametrize(
    ("subject", "address"),
    [({"rootname": "j8bt05nj"}, PAGE), ({"proposid": 9019}, "/archive/9019/")],
)
def test_comments_are_edited_with_their_history_and_resolved(archive, client, subject, address):
    send(client, "/annotations/comment", text="As J8BT05NKQ.", **subject)
    (comment,) = archive.annotation_state(**subject).comments
    link = soup(client, address).select_one(".comment .text a")
    assert (link.text, link["href"]) == ("J8BT05NKQ", "/go?name=J8BT05NKQ")
    change = {"comment": comment.id}
    send(client, "/annotations/comment/change", **change, change="edit", text="As no other.")
    send(client, "/annotations/comment/change", **change, change="resolve")
    shown = soup(client, address).select_one(".comment")
    assert "resolved" in shown["class"]
    assert "1 earlier text As J8BT05NKQ ." in words(shown)
    send(client, "/annotations/comment/change", **change, change="reopen")
    assert "resolved" not in soup(client, address).select_one(".comment")["class"]


@pytest.mark.parametrize(("role", "status"), [("annotate", 403), ("administer", 303)])
def test_a_comment_of_another_person_is_edited_by_an_administrator_alone(
    archive, client, monkeypatch, role, status
):
    (id_,) = archive.comment("First.", "j8bt05nj", by="ann").annotations
    monkeypatch.setattr(identity, "_identify", lambda: User(ME, Role(role)))
    edit = {"comment": id_, "change": "edit", "text": "Second."}
    send(client, "/annotations/comment/change", status, **edit)
    assert (state(archive).comments[0].text == "Second.") == (status == 303)


def test_viewed_marks_are_those_of_the_reader(archive, client):
    archive.mark_viewed("j8bt05nj", by="ann")
    send(client, "/annotations/viewed", rootname="j8bt05nj", change="mark")
    assert state(archive).viewed.keys() == {"ann", ME}
    send(client, "/annotations/viewed", rootname="j8bt05nj", change="unmark")
    assert state(archive).viewed.keys() == {"ann"}


def test_an_observation_is_chosen_as_an_example_of_its_flag(archive, client):
    archive.flag("j8bt05nj", "other", by="ann")
    for change, examples in (("mark", ("other",)), ("unmark", ())):
        form = soup(client, PAGE).select_one('form[action="/annotations/example"]')
        assert form.button["value"] == change
        fields = {field["name"]: field["value"] for field in form.select("input")}
        assert client.post(form["action"], data=fields | {"change": change}).status_code == 303
        assert state(archive).examples == examples


def test_each_form_is_followed_by_one_undo(archive, client):
    send(client, "/annotations/flag", rootname="j8bt05nj", flag="other", back=PAGE)
    page = soup(client, PAGE)
    assert words(page.select_one(".note.written")) == "Other: set. Undo"
    batch = page.select_one('.written input[name="written"]')["value"]
    send(client, "/annotations/undo", written=batch, back=PAGE)
    assert state(archive).flags == ()
    again = soup(client, PAGE)
    assert words(again.select_one(".note.written")) == "Undone. Undo"
    undo = again.select_one('.written input[name="written"]')["value"]
    send(client, "/annotations/undo", written=undo, back=PAGE)
    assert state(archive).flag_names == ["other"]
    assert soup(client, PAGE).select(".note.written")[0].span.text == "Done again."


@pytest.mark.parametrize(
    ("address", "fields", "status", "message"),
    [
        ("flag", {"rootname": "j8bt05nj", "flag": "nothing"}, 400, "there is no flag"),
        ("flag", {"flag": "other"}, 400, "names no observation"),
        ("flag", {"rootname": "j8bt05nx", "flag": "other"}, 404, "no observation j8bt05nx"),
        ("flag", {"rootname": "j8bt05nj", "flag": "other", "region": "dot(1)"}, 400, "region"),
        ("comment", {"rootname": "j8bt05nj"}, 400, "text is missing"),
        ("comment", {"rootname": "j8bt05nj", "text": "x" * 10_001}, 400, "text"),
        ("comment", {"text": "x"}, 400, "comment on one of"),
        ("comment", {"rootname": "j8bt05nj", "proposid": 1, "text": "x"}, 400, "comment on one of"),
        ("comment/change", {"comment": "x", "change": "resolve"}, 400, "no annotation"),
        ("viewed", {"rootname": "j8bt05nj", "change": "x"}, 400, "expected"),
        ("undo", {"written": "x"}, 400, "nothing with the id"),
        ("flag", {"rootname": "j8bt05nj", "flag": "other", "back": "//evil"}, 400, "back"),
    ],
)
def test_a_wrong_form_writes_nothing(archive, client, address, fields, status, message):
    response = send(client, f"/annotations/{address}", status, **fields)
    assert message in response.text
    assert list(archive.annotations()) == []
