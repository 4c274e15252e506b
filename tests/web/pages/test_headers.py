"""Headers as pages: all that is stored, where it leads, and how two of them differ."""

import csv
import io
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from acsql.web.pages.archive.headers import DIFFERENCE_COLUMNS
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from playwright.sync_api import Download, Locator, Page, expect

import acsql
from acsql import export
from acsql.compare import Where
from acsql.keywords import KeywordSpec
from acsql.web import context


@pytest.fixture(scope="module")
def row(sample_archive: acsql.Archive) -> dict[str, Any]:
    """An exposure with calibrated files that another one follows."""
    found = sample_archive.gallery(detector="WFC").rows
    return next(row for row in found if not row["no_thumbnail"])


@pytest.fixture(scope="module")
def place(row: dict[str, Any]) -> str:
    """The address below which the headers of the exposure are."""
    return f"/archive/{context.proposal_name(row['proposid'])}/{row['ipppssoot']}/headers/"


def soup(client: FlaskClient, address: str, status: int = 200) -> BeautifulSoup:
    """Return a page, checking its status."""
    response = client.get(address, follow_redirects=True)
    assert response.status_code == status, response.text
    return BeautifulSoup(response.text, "html.parser")


def words(page: BeautifulSoup) -> str:
    """Return the text of a page, with its blanks made one."""
    return " ".join(page.get_text(" ").split())


def shown(page: BeautifulSoup) -> list[str]:
    """Return the keywords that can be seen."""
    rows = page.select("#keywords tbody tr:not([hidden]) th")
    return [cell.get_text(strip=True) for cell in rows]


# One header


def test_a_filter_shows_the_keywords_that_contain_all_words(
    client: FlaskClient, row: dict[str, Any], place: str
) -> None:
    everything = soup(client, f"{place}flt/0/")
    cells = [tr.find_all(["th", "td"])[:4] for tr in everything.select("#keywords tbody tr")]
    texts = {tr[0].get_text(strip=True): " ".join(c.get_text() for c in tr) for tr in cells}
    assert len(shown(everything)) == len(cells)
    for asked_for in ("file", "EXPOSURE time", row["targname"], "no such words"):
        expected = [
            keyword
            for keyword, text in texts.items()
            if all(word in text.lower() for word in asked_for.lower().split())
        ]
        page = soup(client, f"{place}flt/0/?q={asked_for}")
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
        for link in soup(client, place + part).select(".leads a"):
            address = urlsplit(link["href"])
            assert address.path == "/database/results"
            searches.append(parse_qs(address.query))
    found = [asked_for["q"][0] for asked_for in searches if "q" in asked_for]
    assert len(found) > 300
    assert any(text.startswith("detector=") for text in found)
    assert any(text.startswith("flt.1.") for text in found)
    assert any("missing(" in text for text in found)
    for text in dict.fromkeys(found):
        names = {hit["rootname"] for hit in sample_archive.iter(text, columns=["rootname"])}
        assert row["rootname"] in names, text
    plots = [asked_for for asked_for in searches if "x" in asked_for]
    assert plots
    for asked_for in plots:
        assert asked_for["view"] == ["plot"]
        (column,) = sample_archive.columns(asked_for["x"])
        assert column.spec.type in ("int", "float")


@pytest.mark.parametrize("part", ["flt/1/", "flt/"])
def test_headers_can_be_taken_away(
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
        str(number): export.header_record(header.values, sample_archive.specs)
        for number, header in wanted.items()
    }
    response = client.get(f"{place}{part}?format=txt")
    assert response.mimetype == "text/plain"
    assert f'filename="{name}.txt"' in response.headers["Content-Disposition"]
    lines = response.text.splitlines()
    for number, header in wanted.items():
        title = f"# {row['ipppssoot']}_flt.fits[{number}] {header.extension_name}".rstrip()
        expected = list(export.header_lines(header.values, sample_archive.specs))
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
def test_what_is_not_there_or_wrong_is_said(
    client: FlaskClient, place: str, part: str, status: int
) -> None:
    assert soup(client, place + part, status).find("h1")


# Differences


def rows_of(page: BeautifulSoup) -> list[list[str]]:
    """Return the cells of a comparison."""
    rows = page.select("#differences tbody tr:not(.section)")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


def test_one_click_compares_an_observation_with_the_next(
    client: FlaskClient, sample_archive: acsql.Archive, row: dict[str, Any]
) -> None:
    name = row["ipppssoot"]
    rows = sample_archive.iter(columns=["ipppssoot"], proposid=row["proposid"], detector="WFC")
    exposures = [other["ipppssoot"] for other in rows if not other["ipppssoot"][-1].isdigit()]
    after = exposures[exposures.index(name) + 1]
    assert client.get(f"/difference?a={name}").location == f"/difference?a={name}&b={after}"
    page = soup(client, f"/difference?a={name}")
    found = sample_archive.differences(name, after)
    number = sum(len(compared.differences) for compared in found)
    assert number
    assert len(rows_of(page)) == number
    wheres = [d.where for compared in found for d in compared.differences]
    status = words(page.select_one("[role=status]"))
    assert f"{wheres.count(Where.BOTH)} keyword" in status
    assert f"{wheres.count(Where.ONLY_A)} only in {name}" in status
    assert f"{wheres.count(Where.ONLY_B)} only in {after}" in status
    for compared in found:
        if not (compared.a and compared.b):
            (part,) = (header for header in (compared.a, compared.b) if header)
            _, filetype, extension = part.name.split()
            assert f"{filetype} {extension} {part.extension_name or 'primary'}" in words(page)


def test_a_difference_has_values_units_and_descriptions(
    client: FlaskClient, sample_archive: acsql.Archive, row: dict[str, Any]
) -> None:
    name = row["ipppssoot"]
    observation = sample_archive.observation(name)
    raw, flt = (observation.stored_header(filetype, 0) for filetype in ("raw", "flt"))
    rows = {
        r[0]: r[1:] for r in rows_of(soup(client, f"/difference?a={name}.raw.0&b={name}.flt.0"))
    }
    assert rows
    for keyword, (a, b, unit, description) in rows.items():
        spec = sample_archive.specs.spec(keyword) or KeywordSpec(keyword, "str")
        assert (unit, description) == (spec.unit or "", spec.description or "")
        for shown_value, header in ((a, raw), (b, flt)):
            if shown_value == "not there":
                assert keyword not in header
            elif spec.name in header.get("_repeated", {}):
                assert shown_value.splitlines()[0] == str(header[keyword])
            elif not isinstance(header[keyword], list):
                column = acsql.query.Column(spec.name, spec)
                assert shown_value == (export.text(header[keyword], column) or "unknown")


def test_what_always_differs_is_hidden_until_asked_for(
    client: FlaskClient, row: dict[str, Any]
) -> None:
    address = f"/difference?a={row['ipppssoot']}.raw&b={row['ipppssoot']}.flt"
    assert "FILENAME" not in {cells[0] for cells in rows_of(soup(client, address))}
    page = soup(client, f"{address}&bookkeeping=yes")
    assert "FILENAME" in {cells[0] for cells in rows_of(page)}
    assert page.select_one("input[name=bookkeeping]").has_attr("checked")
    # Every way on keeps the choice.
    for link in page.select(".tabs a[href^='/difference']"):
        assert parse_qs(urlsplit(link["href"]).query)["bookkeeping"] == ["yes"]


def test_every_way_to_another_comparison_works(client: FlaskClient, row: dict[str, Any]) -> None:
    for start in (row["ipppssoot"], f"{row['ipppssoot']}.flt.1"):
        page = soup(client, f"/difference?a={start}")
        links = {link["href"] for link in page.select(".tabs a[href^='/difference']")}
        assert len(links) > 3
        for link in links:
            assert soup(client, link).select_one("#differences, .note")


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_differences_can_be_taken_away(
    client: FlaskClient, row: dict[str, Any], format_: str
) -> None:
    name = row["ipppssoot"]
    address = f"/difference?a={name}.raw&b={name}.flt"
    response = client.get(f"{address}&format={format_}")
    records = (
        response.json
        if format_ == "json"
        else list(csv.DictReader(io.StringIO(response.text, newline="")))
    )
    assert tuple(records[0]) == DIFFERENCE_COLUMNS
    assert [record["keyword"] for record in records] == [
        cells[0] for cells in rows_of(soup(client, address))
    ]
    assert f"{name}.raw_{name}.flt" in response.headers["Content-Disposition"]


def test_the_form_asks_for_what_is_missing(client: FlaskClient, row: dict[str, Any]) -> None:
    page = soup(client, "/difference")
    assert page.select_one("input[name=a]")["value"] == ""
    # Either box may be the one that is filled in.
    assert rows_of(soup(client, f"/difference?a=&b={row['ipppssoot']}"))


@pytest.mark.parametrize(
    ("a", "status", "said"),
    [
        ("x", 400, "is not a rootname"),
        ("../../etc/passwd", 400, "is not a rootname"),
        ("j8bt05njq.flt.1.2", 400, "is no header"),
        ("jzzzzzzzq", 404, "there is no observation"),
        ("{name}.crj", 404, "has no crj"),
        ("{name}.flt.77", 404, "no extension 77"),
        ("{name}.$where.1", 404, "has no $where"),
    ],
)
def test_what_cannot_be_compared_is_said_beside_what_was_typed(
    client: FlaskClient, row: dict[str, Any], a: str, status: int, said: str
) -> None:
    a = a.format(name=row["ipppssoot"])
    response = client.get("/difference", query_string={"a": a, "b": row["ipppssoot"]})
    page = BeautifulSoup(response.text, "html.parser")
    assert response.status_code == status
    assert said in words(page.select_one("[role=alert]"))
    assert page.select_one("input[name=a]")["value"] == a


def test_a_header_names_where_it_can_be_had_as_a_file(client: FlaskClient, place: str) -> None:
    for link in soup(client, f"{place}flt/1/").select(".ways a[download]"):
        response = client.get(link["href"])
        assert response.status_code == 200
        assert "attachment" in response.headers["Content-Disposition"]
        if response.is_json:
            assert json.loads(response.text)


# The browser


def visible(page: Page, table: str) -> Locator:
    """Return the keywords of a table that can be seen."""
    return page.locator(f"#{table} tbody tr:not(.section):visible th[scope=row]")


def content(download: Download) -> str:
    """Return what a browser was given as a file."""
    return download.path().read_text()


def test_a_header_is_filtered_while_typing(
    page: Page, client: FlaskClient, row: dict[str, Any], place: str
) -> None:
    whole = shown(soup(client, f"{place}flt/0/"))
    wanted = shown(soup(client, f"{place}flt/0/?q=exposure time"))
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
        shown(soup(client, f"{place}raw/0/?q=exposure time"))
    )
    page.get_by_role("link", name="1 SCI,1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Header 1: SCI,1")
    assert parse_qs(urlsplit(page.url).query) == {"q": ["exposure TIME"]}
    box.fill("no such keyword")
    expect(visible(page, "keywords")).to_have_count(0)
    box.fill("")
    expect(visible(page, "keywords")).to_have_count(len(shown(soup(client, f"{place}raw/1/"))))
    expect(page.locator("#filtered")).to_have_text("")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/raw/1/$"))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Header 0")
    expect(visible(page, "keywords")).to_have_text(
        shown(soup(client, f"{place}raw/0/?q=exposure time"))
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
    expect(page.get_by_label("Across")).to_have_value("exptime")


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


def walk_through_differences(page: Page, client: FlaskClient, row: dict[str, Any]) -> None:
    """Compare two files of an observation, and then it with another one."""
    name = row["ipppssoot"]
    page.goto("/difference")
    page.get_by_label("First").fill(f"{name}.raw")
    page.get_by_label("Second").fill(f"{name}.flt")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{name}.raw and {name}.flt")
    told = rows_of(soup(client, f"/difference?a={name}.raw&b={name}.flt"))
    expect(visible(page, "differences")).to_have_text([cells[0] for cells in told])
    page.get_by_label("also what always differs").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("rowheader", name="FILENAME", exact=True).first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert len(list(csv.DictReader(io.StringIO(content(download.value))))) > len(told)
    page.goto(f"/difference?a={name}.flt.1")
    heading = page.get_by_role("heading", level=1).inner_text().splitlines()[0]
    other = heading.removeprefix(f"{name}.flt.1 and ").removesuffix(".flt.1")
    expect(page.get_by_label("Second")).to_have_value(f"{other}.flt.1")
    page.get_by_role("link", name="exchange the two").click()
    expect(page.get_by_label("First")).to_have_value(f"{other}.flt.1")
    expect(page.get_by_label("Second")).to_have_value(f"{name}.flt.1")


def test_a_keyword_leads_to_a_search_and_to_a_plot(
    page: Page, sample_archive: acsql.Archive, place: str
) -> None:
    walk_from_a_keyword(page, sample_archive, place)


def test_a_browser_takes_headers_away(
    page: Page, client: FlaskClient, row: dict[str, Any], place: str
) -> None:
    walk_to_the_files(page, client, row, place)


def test_a_browser_compares(page: Page, client: FlaskClient, row: dict[str, Any]) -> None:
    walk_through_differences(page, client, row)


def test_differences_are_filtered_while_typing(page: Page, row: dict[str, Any]) -> None:
    name = row["ipppssoot"]
    page.goto(f"/difference?a={name}.raw&b={name}.flt")
    number = visible(page, "differences").count()
    page.get_by_role("searchbox", name="Filter").press_sequentially("bunit")
    expect(visible(page, "differences")).to_have_text(["BUNIT"] * 4)
    expect(page.locator("#filtered")).to_have_text(f"4 of {number}")
    # Headers of which nothing is left are not there either.
    sections = page.locator("#differences tr.section:visible")
    expect(sections).to_have_text([re.compile("raw [1245] ")] * 4)


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
    wanted = shown(soup(client, f"{place}flt/0/?q=exposure time"))
    expect(visible(page, "keywords")).to_have_text(wanted)
    page.get_by_role("link", name="1 SCI,1").click()
    expect(page.locator("#filter")).to_have_value("exposure time")
    walk_from_a_keyword(page, sample_archive, place)
    walk_to_the_files(page, client, row, place)
    walk_through_differences(page, client, row)
