"""Headers as pages: complete, filtered, downloadable, and linked to searches."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from web_pages import content, follow, visible

import acsql
from acsql import export
from acsql.paths import proposal_name


@pytest.fixture(scope="module")
def place(row: dict[str, Any]) -> str:
    """The address below which the headers of the exposure are."""
    return f"/archive/{proposal_name(row['proposid'])}/{row['ipppssoot']}/headers/"


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
        expected = list(export.header_lines(observation.header("flt", number)))
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
