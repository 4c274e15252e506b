"""The list of proposals: filtered, sorted and paged."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from web_pages import document, names, soup, words

import acsql
from acsql.errors import QueryError
from acsql.proposals import PicturedFilter
from acsql.store import observation_writes
from acsql.web.pages import proposals


def listed(page: BeautifulSoup) -> list[int]:
    return [int(cell.get_text()) for cell in page.select("tbody th")]


def test_every_proposal_is_listed(client: FlaskClient, sample_archive: acsql.Archive) -> None:
    page = soup(client, "/archive/")
    known = sample_archive.proposals()
    assert listed(page) == [proposal.proposid for proposal in known]
    text = words(page)
    for proposal in known:
        for part in (proposal.title, proposal.pi, proposal.type, *proposal.targets[:4]):
            assert (part or "") in text


@pytest.mark.parametrize("key", proposals.SORT_KEYS)
def test_proposals_can_be_sorted(
    client: FlaskClient, sample_archive: acsql.Archive, key: str
) -> None:
    up, down = (listed(soup(client, f"/archive/?sort={sign}{key}")) for sign in ("", "-"))
    values = {known.proposid: getattr(known, key) for known in sample_archive.proposals()}
    assert sorted(up) == sorted(down) == sorted(values)
    assert [values[proposid] for proposid in up] == sorted(values.values())
    assert [values[proposid] for proposid in down] == sorted(values.values(), reverse=True)


def test_proposals_have_pages(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = listed(soup(client, "/archive/?sort=-exptime"))
    monkeypatch.setattr(proposals, "PAGE_SIZE", 3)
    page = soup(client, "/archive/?sort=-exptime")
    found = listed(page)
    assert not page.select_one(".pager a[rel=prev]")
    while link := page.select_one(".pager a[rel=next]"):
        before, page = page, soup(client, link["href"])
        assert listed(soup(client, page.select_one("a[rel=prev]")["href"])) == listed(before)
        found += listed(page)
    assert found == whole


@pytest.mark.parametrize(
    ("detectors", "shown", "others"),
    [
        (["HRC"] * 6, ["HRC"] * 6, []),
        (["HRC"] * 7, ["HRC"] * 5, ["+2"]),
        ([None, *["HRC"] * 9, "SBC"], [None, "HRC", "SBC", "HRC", "HRC"], ["+6"]),
    ],
)
def test_of_many_thumbnails_the_list_shows_some_of_each_detector_and_the_number_of_others(
    client: FlaskClient,
    sample_archive: acsql.Archive,
    monkeypatch: pytest.MonkeyPatch,
    detectors: list[str | None],
    shown: list[str | None],
    others: list[str],
) -> None:
    pictures = {
        f"j8bt{number:04}": PicturedFilter(detector, "CLEAR1L", f"F{number}W", f"j8bt{number:04}")
        for number, detector in enumerate(detectors)
    }
    proposal = replace(sample_archive.proposals()[0], thumbnails=tuple(pictures.values()))
    monkeypatch.setattr(acsql.Archive, "proposals", lambda _: [proposal])
    (row,) = soup(client, "/archive/").select("tbody tr")
    names = [Path(urlsplit(image["src"]).path).stem for image in row.select("img")]
    assert [pictures[name].detector for name in names] == shown
    assert [each.get_text() for each in row.select(".more")] == others


def test_proposals_show_the_numbers_of_each_detector(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    text = words(soup(client, "/archive/"))
    for proposal in sample_archive.proposals():
        counted = {
            detector: sample_archive.count(proposid=proposal.proposid, detector=detector)
            for detector in proposal.detectors
        }
        assert proposal.detectors == counted
        assert ", ".join(f"{detector} {n}" for detector, n in counted.items()) in text


def test_proposals_are_found_by_their_words(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    proposal = sample_archive.proposals()[0]
    for text in (str(proposal.proposid), proposal.pi.upper(), proposal.title.lower()):
        page = soup(client, f"/archive/?find={text}&sort=-proposid")
        assert proposal.proposid in listed(page)
        # The order stays when other words are looked for, and the words when it is sorted anew.
        assert page.find("input", attrs={"name": "sort"})["value"] == "-proposid"
        assert parse_qs(urlsplit(page.select_one("thead a")["href"]).query)["find"] == [text]
    assert listed(soup(client, "/archive/?find=no+such+words")) == []


def test_observations_without_a_proposal_can_be_reached(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    assert "empty" in words(soup(empty_client, "/archive/"))
    without = [document(f"j8bt05n{letter}", proposid=None) for letter in "abc"]
    for each in (document("j8bt05nz"), *without):
        observation_writes.replace(empty_archive.store, each)
    page = soup(empty_client, "/archive/")
    link = page.find("a", string="without a proposal")
    assert "3 observations without a proposal" in words(page)
    assert names(soup(empty_client, link["href"])) == ["j8bt05naq", "j8bt05nbq", "j8bt05ncq"]
    page = soup(empty_client, "/archive/unknown/j8bt05nbq/")
    assert page.select_one("a[rel=prev]")["href"] == "/archive/unknown/j8bt05naq/"
    assert page.select_one("a[rel=next]")["href"] == "/archive/unknown/j8bt05ncq/"
    assert soup(empty_client, "/archive/unknown/j8bt05nbq/headers/raw/0/")
    assert empty_client.get("/archive/9019/j8bt05nbq/").location == "/archive/unknown/j8bt05nbq/"
    assert empty_client.get("/archive/unknown/j8bt05nzq/").location == "/archive/9019/j8bt05nzq/"


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "9999999999999"])
def test_pages_are_numbered_from_one(page: str) -> None:
    assert proposals.ProposalsParameters.parse({"page": ["3"]}).page == 3
    with pytest.raises(QueryError, match="page: expected a whole number from 1"):
        proposals.ProposalsParameters.parse({"page": [page]})
