"""The page of a proposal: thumbnails, filters and order."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from web_pages import address_of, names, put_file, soup, words

import acsql
from acsql.web import selection


def test_a_proposal_shows_each_observation_once(
    client: FlaskClient, rows: list[dict[str, Any]]
) -> None:
    for proposid in {row["proposid"] for row in rows}:
        page = soup(client, f"/archive/{proposid}/")
        own = [row for row in rows if row["proposid"] == proposid]
        assert names(page) == [row["ipppssoot"] for row in own]
        assert f"{len(own)} observation" in words(page.select_one("[role=status]"))
        assert [link["href"] for link in page.select(".gallery a")] == list(map(address_of, own))


def test_thumbnails_load_lazily(client: FlaskClient, proposid: int) -> None:
    page = soup(client, f"/archive/{proposid}/")
    images = page.select(".gallery img")
    assert images
    for image in images:
        assert image["loading"] == "lazy"
        assert image["width"] == image["height"] == "128"
        with client.get(image["src"]) as response:
            assert response.status_code == 200


def test_the_reason_for_a_missing_thumbnail_is_shown(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    put_file(empty_archive, "j8bt05njq_raw.fits", b"content")
    page = soup(empty_client, "/archive/9019/")
    reason = "No thumbnail: this observation has only raw files"
    assert reason in words(page.select_one(".gallery"))


@pytest.mark.parametrize("match", selection.MATCHES)
def test_filters_find_what_a_search_finds(
    client: FlaskClient, rows: list[dict[str, Any]], match: str
) -> None:
    combine = {"all": all, "any": any}[match]
    for row in rows:
        query = {
            "visit": row["visit"],
            "target": row["targname"],
            "detector": row["detector"],
            "filter": row["filter2"],
        }
        expected = [
            other["ipppssoot"]
            for other in rows
            if other["proposid"] == row["proposid"]
            and combine(
                (
                    other["visit"] == row["visit"],
                    other["targname"] == row["targname"],
                    other["detector"] == row["detector"],
                    row["filter2"] in (other["filter1"], other["filter2"]),
                )
            )
        ]
        response = client.get(f"/archive/{row['proposid']}/", query_string=query | {"match": match})
        page = BeautifulSoup(response.text, "html.parser")
        assert names(page) == expected
        assert row["ipppssoot"] in expected
        chosen = {(box["name"], box["value"]) for box in page.select("input[checked]")}
        assert chosen == set(query.items()) | {("match", match)}


def test_options_are_what_the_proposal_has(client: FlaskClient, rows: list[dict[str, Any]]) -> None:
    for proposid in {row["proposid"] for row in rows}:
        page = soup(client, f"/archive/{proposid}/")
        for filter_ in selection.FILTERS:
            offered = [b["value"] for b in page.select(f"input[name={filter_.parameter}]")]
            occurring = {
                row[keyword]
                for row in rows
                for keyword in filter_.keywords
                if row["proposid"] == proposid and row[keyword]
            }
            assert offered == sorted(occurring)


@pytest.mark.parametrize("sort", selection.SORTS)
def test_a_proposal_can_be_sorted(
    client: FlaskClient, rows: list[dict[str, Any]], proposid: int, sort: str
) -> None:
    page = soup(client, f"/archive/{proposid}/?sort={sort}")
    keyword = sort.removeprefix("-")
    own = {row["ipppssoot"]: row[keyword] for row in rows if row["proposid"] == proposid}
    shown = [own[name] for name in names(page)]
    assert shown == sorted(own.values(), reverse=sort.startswith("-"))
    assert page.select_one("select option[selected]")["value"] == sort


def test_the_selection_is_kept_from_the_proposal_to_observations_and_back(
    client: FlaskClient, rows: list[dict[str, Any]], proposid: int
) -> None:
    own = [row for row in rows if row["proposid"] == proposid]
    visit = own[0]["visit"]
    query = f"visit={visit}&sort=-expstart"
    page = soup(client, f"/archive/{proposid}/?{query}")
    chosen = names(page)
    address = page.select_one(".gallery a")["href"]
    walked = []
    while address:
        page = soup(client, address)
        back = page.select(".trail a")[1]["href"]
        assert parse_qs(urlsplit(back).query) == parse_qs(query.replace("-", "-", 1))
        walked.append(urlsplit(address).path.split("/")[3])
        link = page.select_one(".viewer a[rel=next]")
        address = link and link["href"]
    assert walked == chosen
    assert chosen == [row["ipppssoot"] for row in reversed(own) if row["visit"] == visit]


@pytest.mark.parametrize("match", selection.MATCHES)
def test_a_selection_links_to_its_search_and_its_files(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]], match: str
) -> None:
    for row in rows[::5]:
        query = {
            "visit": row["visit"],
            "filter": row["filter2"],
            "match": match,
            "sort": "-exptime",
        }
        response = client.get(f"/archive/{row['proposid']}/", query_string=query)
        page = BeautifulSoup(response.text, "html.parser")
        ways = {link.get_text(): link["href"] for link in page.select(".ways a")}
        q = parse_qs(urlsplit(ways["Download FITS files"]).query)["q"][0]
        found = sample_archive.where(q).columns("ipppssoot").sort("-exptime").rows()
        assert [other["ipppssoot"] for other in found] == names(page) != []
        assert parse_qs(urlsplit(ways["Show as search results"]).query) == {
            "q": [q],
            "sort": ["-exptime"],
        }


def test_a_filter_without_matches_stays_selected(client: FlaskClient, proposid: int) -> None:
    page = soup(client, f"/archive/{proposid}/?target=NOWHERE")
    assert names(page) == []
    assert "No observation matches the filters" in words(page)
    assert page.select_one("input[value=NOWHERE][checked]")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/archive/99999/", 404),
        ("/archive/999999999999999999/", 404),
        ("/archive/9999999999999999999999/", 404),
        ("/archive/-1/", 404),
        ("/archive/abc/", 404),
        ("/archive/unknown/", 200),
        ("/archive/99999/j8bt05nzz/", 404),
        ("/archive/99999/x/", 400),
        ("/archive/9019/?match=most", 400),
        ("/archive/9019/?sort=targname", 400),
        ("/archive/9019/?sort=expstart&sort=exptime", 400),
        ("/archive/?sort=nonsense", 400),
    ],
)
def test_wrong_addresses(client: FlaskClient, address: str, status: int) -> None:
    soup(client, address, status)
