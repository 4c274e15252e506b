"""Headers as pages: complete, filtered, downloadable, and linked to searches."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from web_pages import address_of, content, document, follow, visible

import acsql
from acsql import export, query
from acsql.keywords import HeaderKey
from acsql.query import Column
from acsql.stored_observation import Header
from acsql.web import context


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
    """Of one observation of each detector with each set of filetypes."""
    observations = [(row, sample_archive.observation(row["rootname"])) for row in rows]
    chosen = {(row["detector"], *found.datasets): (row, found) for row, found in observations}
    filetypes = set()
    for row, observation in chosen.values():
        for filetype, headers in observation.headers.items():
            filetypes.add(filetype)
            for extension, header in headers.items():
                page = follow(client, f"{address_of(row)}headers/{filetype}/{extension}/")
                key = HeaderKey(row["detector"], filetype, extension)
                assert cards(page) == list(expected_cards(header, key, sample_archive))
                lists = {title.get_text() for title in page.select("h2")}
                assert lists >= {name.upper() for name in ("comment", "history") if name in header}
                assert ("Input images" in lists) == ("dnnn" in header)
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


@pytest.fixture(scope="module")
def row(sample_archive: acsql.Archive) -> dict[str, Any]:
    """An exposure with calibrated files that another one follows."""
    found = sample_archive.where(detector="WFC").thumbnails().rows
    return next(row for row in found if not row["no_thumbnail"])


@pytest.fixture(scope="module")
def place(row: dict[str, Any]) -> str:
    """The address below which the headers of the exposure are."""
    return f"/archive/{context.proposal_name(row['proposid'])}/{row['ipppssoot']}/headers/"


def shown(page: BeautifulSoup) -> list[str]:
    """Return the keywords that can be seen."""
    rows = page.select("#keywords tbody tr:not([hidden]) th")
    return [cell.get_text(strip=True) for cell in rows]


def test_a_filter_shows_the_keywords_that_contain_all_words(
    client: FlaskClient, row: dict[str, Any], place: str
) -> None:
    everything = follow(client, f"{place}flt/0/")
    cells = [tr.find_all(["th", "td"])[:4] for tr in everything.select("#keywords tbody tr")]
    texts = {tr[0].get_text(strip=True): " ".join(c.get_text() for c in tr) for tr in cells}
    assert len(shown(everything)) == len(cells)
    for asked_for in ("file", "EXPOSURE time", row["targname"], "no such words"):
        expected = [
            keyword
            for keyword, text in texts.items()
            if all(word in text.lower() for word in asked_for.lower().split())
        ]
        page = follow(client, f"{place}flt/0/?q={asked_for}")
        assert shown(page) == expected
        assert page.select_one("#filter")["value"] == asked_for
        # The filter stays when another header is looked at.
        other = page.select(".tabs a")[-1]["href"]
        assert parse_qs(urlsplit(other).query)["q"] == [asked_for]


def test_each_value_leads_to_the_observations_that_have_it(
    client: FlaskClient, sample_archive: acsql.Archive, row: dict[str, Any], place: str
) -> None:
    searches = []
    for part in ("flt/0/", "flt/1/", "spt/0/", "jit/1/"):
        for link in follow(client, place + part).select(".leads a"):
            address = urlsplit(link["href"])
            assert address.path == "/database/results"
            searches.append(parse_qs(address.query))
    found = [asked_for["q"][0] for asked_for in searches if "q" in asked_for]
    assert len(found) > 300
    assert any(text.startswith("detector=") for text in found)
    assert any(text.startswith("flt.1.") for text in found)
    assert any("missing(" in text for text in found)
    for text in dict.fromkeys(found):
        names = {hit["rootname"] for hit in sample_archive.where(text).columns("rootname").rows()}
        assert row["rootname"] in names, text
    plots = [asked_for for asked_for in searches if "x" in asked_for]
    assert plots
    for asked_for in plots:
        assert asked_for["view"] == ["plot"]
        (column,) = query.resolve_all(asked_for["x"], sample_archive.specs)
        assert column.spec.type in ("int", "float")


@pytest.mark.parametrize("part", ["flt/1/", "flt/"])
def test_headers_can_be_downloaded(
    client: FlaskClient, sample_archive: acsql.Archive, row: dict[str, Any], place: str, part: str
) -> None:
    observation = sample_archive.observation(row["rootname"])
    headers = observation.filetype_headers("flt")
    wanted = headers if part == "flt/" else {1: headers[1]}
    name = f"{row['ipppssoot']}_flt{'_1' if part == 'flt/1/' else ''}_header"
    response = client.get(f"{place}{part}?format=json")
    assert response.mimetype == "application/json"
    assert f'filename="{name}.json"' in response.headers["Content-Disposition"]
    assert response.json == {
        str(number): export.header_record(header.stored, sample_archive.specs)
        for number, header in wanted.items()
    }
    response = client.get(f"{place}{part}?format=txt")
    assert response.mimetype == "text/plain"
    assert f'filename="{name}.txt"' in response.headers["Content-Disposition"]
    lines = response.text.splitlines()
    for number, header in wanted.items():
        title = f"# {row['ipppssoot']}_flt.fits[{number}] {header.extension_name}".rstrip()
        expected = list(export.header_lines(header.stored, sample_archive.specs))
        start = lines.index(title) + 1
        assert lines[start : start + len(expected)] == expected


def test_a_file_leads_to_its_first_header(client: FlaskClient, place: str) -> None:
    assert client.get(f"{place}flt/?q=gain").location == f"{place}flt/0/?q=gain"


@pytest.mark.parametrize(
    ("part", "status"),
    [
        ("flt/99/", 404),
        ("flt/99999999999999999999/", 404),
        ("xyz/0/", 404),
        ("flt/0/?format=xml", 400),
        ("flt/0/?q=a&q=b", 400),
        ("flt/0/?$where=1", 400),
        ("%2e%2e%2f/0/", 404),
        ("flt/?format=x", 400),
    ],
)
def test_unknown_headers_and_parameters_are_errors(
    client: FlaskClient, place: str, part: str, status: int
) -> None:
    assert follow(client, place + part, status).find("h1")


def test_a_header_links_to_its_file_formats(client: FlaskClient, place: str) -> None:
    for link in follow(client, f"{place}flt/1/").select(".ways a[download]"):
        response = client.get(link["href"])
        assert response.status_code == 200
        assert "attachment" in response.headers["Content-Disposition"]
        if response.is_json:
            assert json.loads(response.text)


def test_a_header_is_filtered_while_typing(
    page: Page, client: FlaskClient, row: dict[str, Any], place: str
) -> None:
    whole = shown(follow(client, f"{place}flt/0/"))
    wanted = shown(follow(client, f"{place}flt/0/?q=exposure time"))
    assert 0 < len(wanted) < len(whole)
    page.goto(f"{place}flt/0/")
    expect(visible(page, "keywords")).to_have_count(len(whole))
    box = page.get_by_role("searchbox", name="Filter")
    expect(page.get_by_role("button", name="Filter")).to_be_hidden()
    box.press_sequentially("exposure TIME")
    expect(visible(page, "keywords")).to_have_text(wanted)
    expect(page.locator("#filtered")).to_have_text(f"{len(wanted)} of {len(whole)}")
    # What was typed stays when another header is chosen, and is in the address.
    page.get_by_role("navigation", name="Filetypes").get_by_role("link", name="raw").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{row['ipppssoot']}_raw.fits")
    expect(box).to_have_value("exposure TIME")
    expect(visible(page, "keywords")).to_have_text(
        shown(follow(client, f"{place}raw/0/?q=exposure time"))
    )
    page.get_by_role("link", name="1 SCI,1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Header 1: SCI,1")
    assert parse_qs(urlsplit(page.url).query) == {"q": ["exposure TIME"]}
    box.fill("no such keyword")
    expect(visible(page, "keywords")).to_have_count(0)
    box.fill("")
    expect(visible(page, "keywords")).to_have_count(len(shown(follow(client, f"{place}raw/1/"))))
    expect(page.locator("#filtered")).to_have_text("")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/raw/1/$"))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Header 0")
    expect(visible(page, "keywords")).to_have_text(
        shown(follow(client, f"{place}raw/0/?q=exposure time"))
    )


def walk_from_a_keyword(page: Page, archive: acsql.Archive, place: str) -> None:
    """Search by a value, and plot its keyword."""
    page.goto(f"{place}flt/0/")
    page.locator("#filter").fill("filter1")
    page.keyboard.press("Enter")
    expect(visible(page, "keywords")).to_have_text(["FILTER1"])
    value = page.locator("#keywords tbody tr:visible td").first.inner_text()
    page.get_by_role("link", name="same FILTER1 value").click()
    found = archive.count(filter1=value)
    expect(page.get_by_role("status")).to_have_text(f"{found} observations")
    page.go_back()
    page.locator("#filter").fill("exptime")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="plot EXPTIME").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_label("x axis")).to_have_value("exptime")


def walk_to_the_files(page: Page, client: FlaskClient, row: dict[str, Any], place: str) -> None:
    """Take a header and all headers of a file away, as text and as JSON."""
    page.goto(f"{place}flt/1/")
    name = f"{row['ipppssoot']}_flt"
    for link, suggested, address in (
        ("Text", f"{name}_1_header.txt", "flt/1/?format=txt"),
        ("JSON", f"{name}_1_header.json", "flt/1/?format=json"),
        (re.compile("All .* as text"), f"{name}_header.txt", "flt/?format=txt"),
        ("All as JSON", f"{name}_header.json", "flt/?format=json"),
    ):
        with page.expect_download() as download:
            page.get_by_role("link", name=link, exact=True).click()
        assert download.value.suggested_filename == suggested
        assert content(download.value) == client.get(place + address).text


def test_a_keyword_leads_to_a_search_and_to_a_plot(
    page: Page, sample_archive: acsql.Archive, place: str
) -> None:
    walk_from_a_keyword(page, sample_archive, place)


def test_a_browser_downloads_headers(
    page: Page, client: FlaskClient, row: dict[str, Any], place: str
) -> None:
    walk_to_the_files(page, client, row, place)


def test_headers_without_scripts(
    page_without_scripts: Page,
    client: FlaskClient,
    sample_archive: acsql.Archive,
    row: dict[str, Any],
    place: str,
) -> None:
    page = page_without_scripts
    page.goto(f"{place}flt/0/")
    page.locator("#filter").fill("exposure time")
    page.get_by_role("button", name="Filter").click()
    wanted = shown(follow(client, f"{place}flt/0/?q=exposure time"))
    expect(visible(page, "keywords")).to_have_text(wanted)
    page.get_by_role("link", name="1 SCI,1").click()
    expect(page.locator("#filter")).to_have_value("exposure time")
    walk_from_a_keyword(page, sample_archive, place)
    walk_to_the_files(page, client, row, place)
