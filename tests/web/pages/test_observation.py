"""The page of an observation: preview, metadata, files and neighbours."""

import itertools
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from web_pages import address_of, document, names, soup, words

import acsql
from acsql import export, query
from acsql.observation import Observation
from acsql.permissions import denied


def test_every_observation_has_its_page(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    for row in rows:
        observation = sample_archive.observation(row["rootname"])
        page = soup(client, address_of(row))
        assert observation.ipppssoot in page.h1.get_text()
        files = words(page.select_one("[aria-labelledby=files]"))
        assert [name for name in observation.datasets.values() if name not in files] == []


def test_every_file_has_a_page_with_its_preview_or_the_reason_for_its_absence(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    seen = set()
    viewed: Counter[str] = Counter()
    for row in rows:
        observation = sample_archive.observation(row["rootname"])
        for filetype in observation.datasets:
            viewed[filetype] += 1
            if viewed[filetype] > 3 and not sample_archive.specs.filetypes[filetype].preview:
                continue
            page = soup(client, f"{address_of(row)}{filetype}/")
            assert filetype in page.h1.get_text()
            image = page.select_one(".viewer img")
            made = bool(observation.previews.get(filetype, {}).get("jpeg"))
            seen.add(made)
            assert bool(image) == made
            if sample_archive.specs.header_groups.get(filetype) or filetype == "asn":
                assert page.select_one("#members, [data-plot], #group-1")
            elif made:
                with client.get(image["src"]) as response:
                    assert response.data == observation.jpeg(filetype).read_bytes()
            else:
                assert (
                    f"jpegs are not made of {filetype} files"
                    in page.select_one(".reason").get_text()
                )
    assert seen == {True, False}


def test_the_page_says_where_a_higher_percentile_is_white(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    (dark, *_) = sample_archive.where(detector="SBC", imagetyp="DARK").thumbnails().rows
    picture = sample_archive.observation(dark["rootname"]).previews["raw"]
    assert picture["high_percent"] > 99
    assert picture["low"] < picture["high"]
    caption = words(soup(client, f"{address_of(dark)}raw/").figcaption)
    assert "because the 1st and the 99th percentile are equal" in caption


def test_the_reason_for_a_missing_preview_is_shown(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    given = {"reason": "all pixels are the same"}
    failed = document("j8bt05na", previews={"raw": given})
    empty_archive.store.observations.insert_many([failed, document("j8bt05nb")])
    page = soup(empty_client, "/archive/9019/j8bt05naq/")
    assert "all pixels are the same" in page.select_one(".reason").get_text()
    page = soup(empty_client, "/archive/9019/j8bt05nbq/")
    assert "no longer exists" in page.select_one(".reason").get_text()
    assert "no longer exists" in words(soup(empty_client, "/previews/j8bt05nb/raw.jpg", 404))


def test_a_preview_that_may_not_be_read_leaves_the_rest_of_the_page(
    client: FlaskClient, sample_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    rootname = sample_archive.search("exists(flt.0.filename)", limit=1)["rootname"][0]
    observation = sample_archive.observation(rootname)

    def refuse(*_: object) -> None:
        raise denied("the preview")

    monkeypatch.setattr(Observation, "jpeg", refuse)
    page = client.get(f"/archive/{observation['proposid']}/{observation.ipppssoot}/")
    assert page.status_code == 200
    assert "may not be read by the user" in page.text
    assert f"{observation.ipppssoot}_flt.fits" in page.text


def test_metadata_are_complete(
    client: FlaskClient, sample_archive: acsql.Archive, pictured: dict[str, Any]
) -> None:
    observation = sample_archive.observation(pictured["rootname"])
    table = soup(client, address_of(pictured)).select("[aria-labelledby=metadata] tbody tr")
    shown = {row.th.get_text(): row.td.get_text() for row in table}
    columns = query.resolve_all(observation.metadata, sample_archive.specs)
    assert shown == {
        column.spec.keyword: export.text(observation[column.address], column) for column in columns
    }


def test_files_lead_to_their_headers(
    client: FlaskClient, sample_archive: acsql.Archive, pictured: dict[str, Any]
) -> None:
    observation = sample_archive.observation(pictured["rootname"])
    for address in (address_of(pictured), f"{address_of(pictured)}headers/"):
        links = [link["href"] for link in soup(client, address).select(".extensions a:not(.table)")]
        assert links == [
            f"{address_of(pictured)}headers/{filetype}/{extension}/"
            for filetype, headers in observation.headers.items()
            for extension in headers
        ]


def test_a_vanished_file_is_marked(empty_client: FlaskClient, empty_archive: acsql.Archive) -> None:
    gone = {"path": "j8bt/x", "size": 2880, "vanished": datetime(2026, 3, 4, 5)}
    empty_archive.store.observations.insert_one(document(files={"raw": gone}))
    files = soup(empty_client, "/archive/9019/j8bt05njq/").select_one("[aria-labelledby=files]")
    assert "j8bt05njq_raw.fits no longer on disk since 2026-03-04 2.9 kB" in words(files)


def test_next_and_previous_walk_through_the_proposal(
    client: FlaskClient, rows: list[dict[str, Any]], proposid: int
) -> None:
    own = [address_of(row) for row in rows if row["proposid"] == proposid]
    for rel, expected in (("next", own), ("prev", own[::-1])):
        walked = [expected[0]]
        while link := soup(client, walked[-1]).select_one(f".viewer a[rel={rel}]"):
            walked.append(link["href"])
        assert walked == expected


def test_next_keeps_the_filetype_where_it_can(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    kept = 0
    for row, after in itertools.pairwise(rows):
        observation = sample_archive.observation(row["rootname"])
        if row["proposid"] != after["proposid"] or "raw" not in observation.datasets:
            continue
        link = soup(client, f"{address_of(row)}raw/").select_one(".viewer a[rel=next]")
        has_it = "raw" in sample_archive.observation(after["rootname"]).datasets
        assert link["href"] == address_of(after) + ("raw/" if has_it else "")
        kept += has_it
    assert kept


@pytest.mark.parametrize(
    "below",
    ["nop/", "FLT/", "flt.fits/", "headers/nop/0/", "headers/flt/99/", "headers/flt/-1/"],
)
def test_unknown_filetypes_are_not_found(
    client: FlaskClient, pictured: dict[str, Any], below: str
) -> None:
    soup(client, f"{address_of(pictured)}{below}", 404)


def test_an_association_leads_to_its_members(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    row = next(row for row in rows if row["rootname"][-3:-1] == "01" and len(row["rootname"]) == 9)
    asn_id = sample_archive.observation(row["rootname"])["asn_id"]
    link = soup(client, address_of(row)).select_one(".facts").find("a", string=asn_id)
    found = names(soup(client, link["href"]))
    members = sample_archive.search(asn_id=asn_id, columns=["ipppssoot"])
    assert found == list(members["ipppssoot"])
