"""What the page of a header shows is what the header has."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from web_pages import address_of, document, follow

import acsql
from acsql import export, query
from acsql.keywords import HeaderKey
from acsql.query import Column
from acsql.stored_header import Header

# The last cell of each row.
LEADS = re.compile(r'<td class="leads">.*?</td>', re.DOTALL)


def cards(page: BeautifulSoup) -> list[tuple[str, str, str]]:
    table = page.select_one("table.described tbody")
    return [
        (row.th.get_text(), *(cell.get_text() for cell in row.find_all("td")[:2]))
        for row in table.find_all("tr")
    ]


def expected_cards(
    header: Header, key: HeaderKey, archive: acsql.Archive
) -> Iterator[tuple[str, str, str]]:
    """Yield what a page has to show of the keywords that have one value."""
    for name, value in header.items():
        if isinstance(value, list | dict):
            continue
        spec = archive.specs.spec(name, key)
        column = Column(name, spec) if spec else None
        for number, one in enumerate([value, *header.get("_repeated", {}).get(name, [])]):
            again = " repeated" if number else ""
            keyword = f"{spec.keyword if spec else name.upper()}{again}"
            yield keyword, export.text(one, column), (spec.unit or "" if spec else "")


def test_every_keyword_of_every_header_is_shown(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    """Of one file of each detector, filetype and number of extensions."""
    chosen = {}
    for row in rows:
        for filetype, headers in sample_archive.observation(row["rootname"]).headers.items():
            chosen[row["detector"], filetype, len(headers)] = row, headers
    for (detector, filetype, _), (row, headers) in chosen.items():
        for extension, header in headers.items():
            response = client.get(f"{address_of(row)}headers/{filetype}/{extension}/")
            # Without the links of each value, which are most of a page that takes 0.1 s to parse.
            page = BeautifulSoup(LEADS.sub("", response.text), "html.parser")
            key = HeaderKey(detector, filetype, extension)
            assert cards(page) == list(expected_cards(header, key, sample_archive))
            lists = {title.get_text() for title in page.select("h2")}
            assert lists >= {name.upper() for name in ("comment", "history") if name in header}
            assert ("Input images" in lists) == ("dnnn" in header)
    filetypes = {filetype for _, filetype, _ in chosen}
    assert filetypes >= set(sample_archive.summary().filetypes)


def test_a_header_is_shown_as_its_file_has_it(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    primary = {
        "simple": True,
        "date_obs": datetime(2002, 4, 13),
        "exptime": 60.0,
        "targname": None,
        "dp1_axis_1": 1.0,
        "newkey": "new",
        "history": ["first line", "second line"],
        "_repeated": {"newkey": ["again", "and again"]},
        "dnnn": [
            {"block": 1, "data": "a.fits", "odd": 1},
            {"block": 2, "data": "b.fits", "dexp": 2.5},
        ],
    }
    headers = {"raw": {"0": primary, "10": {"extname": "SCI", "extver": 2}, "2": {}}}
    stored = document(headers=headers, detector="WFC")
    empty_archive.store.observations.insert_one(stored)
    address = "/archive/9019/j8bt05njq/headers/raw/0/"
    page = follow(empty_client, address)
    assert cards(page) == [
        ("SIMPLE", "T", ""),
        ("DATE-OBS", "2002-04-13", ""),
        ("EXPTIME", "60.0", "s"),
        ("TARGNAME", "", ""),
        ("DP1.AXIS.1", "1.0", ""),
        ("NEWKEY", "new", ""),
        ("NEWKEY repeated", "again", ""),
        ("NEWKEY repeated", "and again", ""),
    ]
    assert page.select_one("pre.lines").get_text() == "first line\nsecond line"
    blocks = [
        [cell.get_text() for cell in row.find_all(["th", "td"])]
        for row in page.select("table:not(.described) tr")
    ]
    assert blocks == [
        ["BLOCK", "DnnnDATA", "ODD", "DnnnDEXP"],
        ["1", "a.fits", "1", ""],
        ["2", "b.fits", "", "2.5"],
    ]
    extensions = [link.get_text() for link in page.select("[aria-label=Extensions] a")]
    assert extensions == ["0 primary", "2 primary", "10 SCI,2"]


def test_each_value_leads_to_the_observations_that_have_it(
    client: FlaskClient, sample_archive: acsql.Archive, row: dict[str, Any]
) -> None:
    searches = []
    for part in ("flt/0/", "flt/1/", "spt/0/", "jit/1/"):
        for link in follow(client, f"{address_of(row)}headers/{part}").select(".leads a"):
            address = urlsplit(link["href"])
            assert address.path == "/database/results"
            searches.append(parse_qs(address.query))
    found = [asked_for["q"][0] for asked_for in searches if "q" in asked_for]
    assert len(found) > 300
    assert any(text.startswith("detector=") for text in found)
    assert any(text.startswith("flt.1.") for text in found)
    assert any("missing(" in text for text in found)
    with sample_archive.one_moment():  # nothing changes, so look at it once
        for text in dict.fromkeys(found):
            hits = sample_archive.where(text).columns("rootname").rows()
            assert row["rootname"] in {hit["rootname"] for hit in hits}, text
    plots = [asked_for for asked_for in searches if "x" in asked_for]
    assert plots
    for asked_for in plots:
        assert asked_for["view"] == ["plot"]
        (column,) = query.resolve_all(asked_for["x"], sample_archive.specs)
        assert column.spec.type in ("int", "float")
