"""A review shows each result of a search once, and goes on where it was left."""

import pytest
from forms import client_of, send
from web_pages import document, soup, words

import acsql
from acsql import permissions
from acsql.store import observation_writes

ROOTNAMES = [f"j8bt05n{number}" for number in range(4)]
START = "/review/?q=detector%3DWFC"


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with four observations of a detector, and one of another."""
    for name in ROOTNAMES:
        observation_writes.replace(empty_archive.store, document(name, detector="WFC"))
    observation_writes.replace(empty_archive.store, document("j8bt05nz", detector="HRC"))
    return empty_archive


def shown(page):
    """Return the rootname under review, None at the end."""
    field = page.select_one('.verdicts input[name="rootname"]')
    return field and field["value"]


def test_verdicts_lead_through_all_results(archive):
    client = client_of(archive)
    page = soup(client, START)
    seen = []
    while rootname := shown(page):
        seen.append(rootname)
        flag = {"flag": "other", "text": "why"} if len(seen) == 2 else {}
        where = page.select_one('.verdicts input[name="back"]')["value"]
        response = send(client, "/review/", rootname=rootname, back=where, **flag)
        page = soup(client, response.headers["Location"])
    assert seen == ROOTNAMES
    assert "0 of 4 observations left" in words(page)
    assert archive.count(f"viewed({permissions.user()})") == 4
    assert [each.target.rootname for each in archive.annotations(flag="other")] == [seen[1]]


def test_one_undo_takes_back_flag_and_mark(archive):
    client = client_of(archive)
    send(client, "/review/", rootname=ROOTNAMES[0], flag="other", back=START)
    page = soup(client, START)
    assert shown(page) == ROOTNAMES[1]
    written = page.select_one('.written input[name="written"]')["value"]
    send(client, "/annotations/undo", written=written, back=START)
    assert shown(soup(client, START)) == ROOTNAMES[0]
    assert archive.count("flagged()") == archive.count("viewed()") == 0


def test_verdicts_are_undone_one_after_another(archive):
    client = client_of(archive)
    for number in range(3):
        send(client, "/review/", rootname=ROOTNAMES[number], flag="other", back=START)
    for number in reversed(range(3)):
        (button,) = soup(client, START).select('[aria-keyshortcuts="u"]')
        assert button.text == f"Undo {ROOTNAMES[number]}"
        written = button.parent.select_one('[name="written"]')["value"]
        send(client, "/annotations/undo", written=written, back=START)
        assert archive.count("flagged()") == archive.count("viewed()") == number
    assert "Undo j8" not in words(soup(client, START))


def test_marks_of_many_or_of_other_results_are_not_undone_by_a_key(archive):
    client = client_of(archive)
    send(client, "/review/", rootname="j8bt05nz", back=START)
    assert "Undo j8" not in words(soup(client, START))
    archive.mark_viewed(ROOTNAMES[:3])
    assert "Undo j8" not in words(soup(client, START))


def test_what_is_left_for_later_comes_again(archive):
    client = client_of(archive)
    page = soup(client, START)
    later = page.select_one('.verdicts a[aria-keyshortcuts="l"]')["href"]
    page = soup(client, later)
    assert shown(page) == ROOTNAMES[1]
    for rootname in ROOTNAMES[1:]:
        send(client, "/review/", rootname=rootname, back=later)
    page = soup(client, later)
    assert "1 observation left for later" in words(page)
    assert shown(soup(client, START)) == ROOTNAMES[0]


def test_each_flag_has_its_own_key(archive, specs):
    keys = [each["aria-keyshortcuts"] for each in soup(client_of(archive), START).select(
        ".verdicts [aria-keyshortcuts]"
    )]  # fmt: skip
    assert len(keys) == len(set(keys))
    fitting = [flag for flag in specs.flags.values() if "WFC" in (flag.detectors or ("WFC",))]
    assert len(keys) == 2 + len(fitting)


def test_a_search_without_results_says_so(archive):
    page = soup(client_of(archive), "/review/?q=detector%3DSBC")
    assert "No observation meets these conditions" in words(page)
