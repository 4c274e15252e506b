"""Differences between headers: shown, exported and filtered."""

import csv
import io
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from web_pages import content, difference_rows, follow, visible, words

import acsql
from acsql.compare import Presence
from acsql.web.comparison_view import COLUMNS


def test_one_click_compares_an_observation_with_the_next(
    client: FlaskClient, sample_archive: acsql.Archive, row: dict[str, Any]
) -> None:
    name = row["ipppssoot"]
    search = sample_archive.where(proposid=row["proposid"], detector="WFC")
    rows = search.columns("ipppssoot").rows()
    exposures = [other["ipppssoot"] for other in rows if not other["ipppssoot"][-1].isdigit()]
    after = exposures[exposures.index(name) + 1]
    assert client.get(f"/difference?a={name}").location == f"/difference?a={name}&b={after}"
    page = follow(client, f"/difference?a={name}")
    found = sample_archive.differences(name, after)
    number = sum(len(compared.differences) for compared in found)
    assert number
    assert len(difference_rows(page)) == number
    wheres = [d.presence for compared in found for d in compared.differences]
    status = words(page.select_one("[role=status]"))
    assert f"{wheres.count(Presence.BOTH)} keyword" in status
    assert f"{wheres.count(Presence.ONLY_A)} only in {name}" in status
    assert f"{wheres.count(Presence.ONLY_B)} only in {after}" in status
    for compared in found:
        if not (compared.a and compared.b):
            (part,) = (header for header in (compared.a, compared.b) if header)
            _, filetype, extension = part.name.split()
            assert f"{filetype} {extension} {part.extension_name or 'primary'}" in words(page)


def test_bookkeeping_keywords_are_hidden_by_default(
    client: FlaskClient, row: dict[str, Any]
) -> None:
    address = f"/difference?a={row['ipppssoot']}.raw&b={row['ipppssoot']}.flt"
    assert "FILENAME" not in {cells[0] for cells in difference_rows(follow(client, address))}
    page = follow(client, f"{address}&bookkeeping=yes")
    assert "FILENAME" in {cells[0] for cells in difference_rows(page)}
    assert page.select_one("input[name=bookkeeping]").has_attr("checked")
    # Every way on keeps the choice.
    for link in page.select(".tabs a[href^='/difference']"):
        assert parse_qs(urlsplit(link["href"]).query)["bookkeeping"] == ["yes"]


def test_every_link_to_another_comparison_works(client: FlaskClient, row: dict[str, Any]) -> None:
    for start in (row["ipppssoot"], f"{row['ipppssoot']}.flt.1"):
        page = follow(client, f"/difference?a={start}")
        links = {link["href"] for link in page.select(".tabs a[href^='/difference']")}
        assert len(links) > 3
        for link in links:
            assert follow(client, link).select_one("#differences, .note")


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_differences_can_be_downloaded(
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
    assert list(records[0]) == [column.address for column in COLUMNS]
    assert [record["keyword"] for record in records] == [
        cells[0] for cells in difference_rows(follow(client, address))
    ]
    assert f"{name}.raw_{name}.flt" in response.headers["Content-Disposition"]


def test_the_form_asks_for_what_is_missing(client: FlaskClient, row: dict[str, Any]) -> None:
    page = follow(client, "/difference")
    assert page.select_one("input[name=a]")["value"] == ""
    # Either box may be the one that is filled in.
    assert difference_rows(follow(client, f"/difference?a=&b={row['ipppssoot']}"))


@pytest.mark.parametrize(
    ("a", "status", "said"),
    [
        ("x", 400, "is not a rootname"),
        ("../../etc/passwd", 400, "is not a rootname"),
        ("j8bt05njq.flt.1.2", 400, "invalid header address"),
        ("jzzzzzzzq", 404, "there is no observation"),
        ("{name}.crj", 404, "has no crj"),
        ("{name}.flt.77", 404, "no extension 77"),
        ("{name}.$where.1", 404, "has no $where"),
    ],
)
def test_errors_of_a_comparison_are_shown_beside_the_input(
    client: FlaskClient, row: dict[str, Any], a: str, status: int, said: str
) -> None:
    a = a.format(name=row["ipppssoot"])
    response = client.get("/difference", query_string={"a": a, "b": row["ipppssoot"]})
    page = BeautifulSoup(response.text, "html.parser")
    assert response.status_code == status
    assert said in words(page.select_one("[role=alert]"))
    assert page.select_one("input[name=a]")["value"] == a


def walk_through_differences(page: Page, client: FlaskClient, row: dict[str, Any]) -> None:
    """Compare two files of an observation, and then it with another one."""
    name = row["ipppssoot"]
    page.goto("/difference")
    page.get_by_label("First").fill(f"{name}.raw")
    page.get_by_label("Second").fill(f"{name}.flt")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{name}.raw and {name}.flt")
    expected = difference_rows(follow(client, f"/difference?a={name}.raw&b={name}.flt"))
    expect(visible(page, "differences")).to_have_text([cells[0] for cells in expected])
    page.get_by_label("include file names and dates of processing").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("rowheader", name="FILENAME", exact=True).first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert len(list(csv.DictReader(io.StringIO(content(download.value))))) > len(expected)
    page.goto(f"/difference?a={name}.flt.1")
    heading = page.get_by_role("heading", level=1).inner_text().splitlines()[0]
    other = heading.removeprefix(f"{name}.flt.1 and ").removesuffix(".flt.1")
    expect(page.get_by_label("Second")).to_have_value(f"{other}.flt.1")
    page.get_by_role("link", name="swap the two").click()
    expect(page.get_by_label("First")).to_have_value(f"{other}.flt.1")
    expect(page.get_by_label("Second")).to_have_value(f"{name}.flt.1")


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


def test_differences_without_scripts(
    page_without_scripts: Page, client: FlaskClient, row: dict[str, Any]
) -> None:
    walk_through_differences(page_without_scripts, client, row)
