"""Searching: the box knows what is meant, and results are what the archive finds, in every way."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Route, expect

import acsql
from acsql import export
from acsql.errors import QueryTimeout
from acsql.search.criteria import DEFAULT_COLUMNS
from acsql.store.derived import counts, freshness
from acsql.web import params, sky_map
from acsql.web import search_box as box
from acsql.web.app import create_app
from acsql.web.pages.archive import archive as pages
from acsql.web.pages.archive import search


def soup(client: FlaskClient, address: str, status: int = 200, **query: Any) -> BeautifulSoup:
    """Return a page, checking its status; what the form sends leads to the results."""
    response = client.get(address, query_string=query or None, follow_redirects=True)
    assert response.status_code == status, response.text
    return BeautifulSoup(response.text, "html.parser")


def words(page: BeautifulSoup) -> str:
    """Return the text of a page, with its blanks made one."""
    return " ".join(page.get_text(" ").split())


def table(page: BeautifulSoup) -> list[list[str]]:
    """Return the cells of the results."""
    found = page.select("table.results tbody tr")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in found]


def asked_by(address: str) -> dict[str, str]:
    """Return the parameters of an address, each of which stands once."""
    return {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}


def document(rootname: str = "j8bt05nj", **fields: Any) -> dict[str, Any]:
    """Return a small document of an observation."""
    ipppssoot = rootname if len(rootname) == 9 else f"{rootname}q"
    return {
        "_id": rootname,
        "ipppssoot": ipppssoot,
        "proposid": 9019,
        "datasets": {"raw": f"{ipppssoot}_raw.fits"},
        "files": {"raw": {"path": f"j8bt/{ipppssoot}/{ipppssoot}_raw.fits", "size": 2880}},
        "headers": {"raw": {"0": {"exptime": 60.0}}},
        "previews": {"raw": {"reason": "constant"}},
        "last_ingest_date": datetime(2026, 1, 1),
    } | fields


# The box


def goes_to(client: FlaskClient, name: str) -> str:
    """Return where the box leads."""
    response = client.get("/go", query_string={"name": name})
    assert response.status_code == 302, response.text
    return response.location


def test_the_box_finds_observations_and_proposals(
    client: FlaskClient, pictured: dict[str, Any]
) -> None:
    address = f"/archive/{pictured['proposid']}/{pictured['ipppssoot']}/"
    for name in (pictured["rootname"], pictured["ipppssoot"], f" {pictured['rootname'].upper()} "):
        assert goes_to(client, name) == address
    assert goes_to(client, str(pictured["proposid"])) == f"/archive/{pictured['proposid']}/"
    assert goes_to(client, "") == "/database/"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NGC104", "targname=NGC104"),
        ("ngc 104", "targname=NGC104"),
        ("ngc-104", "targname=NGC104"),
        ("ngc*", "targname=NGC*"),
        ("6.02 -72.08", "near(6.02, -72.08, 3arcmin)"),
        ("6.02, -72.08", "near(6.02, -72.08, 3arcmin)"),
        ("00:24:05.7 -72:04:52", "near(6.02375, -72.081111111111, 3arcmin)"),
        ("00h24m05.7s -72d04m52s", "near(6.02375, -72.081111111111, 3arcmin)"),
        ("detector=WFC  exptime>=500", "detector=WFC exptime>=500"),
        ("near(6.02, -72.08, 5arcmin)", "near(6.02, -72.08, 5arcmin)"),
        ("F814W", "filter2=F814W"),
        ("wfc f606w", "detector=WFC filter1=F606W"),
        ("CLEAR1L NGC 104", "filter1=CLEAR1L targname=NGC104"),
        ("NGC 104 exptime>300", "targname=NGC104 exptime>300.0"),
        ("NGC104 exptime > 5 or exptime < 1", "targname=NGC104 (exptime>5.0 or exptime<1.0)"),
        ("WFC near(6.02, -72.08, 1)", "detector=WFC near(6.02, -72.08, 1.0)"),
        ("WFC date_obs=2004", "detector=WFC date_obs=2004"),
        ("not exptime>300", "not exptime>300"),
        ("exptime > 300", "exptime > 300"),
    ],
)
def test_the_box_takes_targets_positions_and_conditions(
    client: FlaskClient, text: str, expected: str
) -> None:
    location = goes_to(client, text)
    assert asked_by(location) == {"q": expected}
    page = soup(client, location)
    assert page.select_one("header input[name=name]")["value"] == expected


def test_a_filter_in_the_box_is_one_of_either_wheel(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    wheels = [set(sample_archive.distinct(wheel)) for wheel in ("filter1", "filter2")]
    for name in set.union(*wheels):
        asked = asked_by(goes_to(client, name))["q"]
        either = sample_archive.count(f'filter1="{name}" or filter2="{name}"')
        assert sample_archive.count(asked) == either > 0


def test_two_names_in_the_box_are_compared(client: FlaskClient, rows: list[dict[str, Any]]) -> None:
    names = [row["ipppssoot"] for row in rows[:2]]
    assert goes_to(client, " ".join(names)) == f"/difference?a={names[0]}&b={names[1]}"


def test_the_box_lists_rootnames(client: FlaskClient, pictured: dict[str, Any]) -> None:
    beginning = pictured["rootname"][:4]
    for name in (beginning, f"{beginning.upper()}*"):
        assert asked_by(goes_to(client, name)) == {"q": f"rootname={beginning}*"}


def test_the_box_lists_products_that_eight_characters_fit(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    products = [document(name) for name in ("jcp001010", "jcp001011")]
    empty_archive.store.observations.insert_many(products)
    page = soup(empty_client, goes_to(empty_client, "JCP00101"))
    assert [row[0] for row in table(page)] == ["jcp001010", "jcp001011"]


@pytest.mark.parametrize(
    ("text", "status", "named"),
    [
        ("99999", 404, "there is no observation of proposal 99999"),
        ("NGC1O4", 404, "did you mean NGC104?"),
        ("nothing such", 404, "nothing here is called 'nothing such'"),
        ("exptime>abc", 400, "exptime: expected a number"),
        ("exptme>5", 400, "did you mean exptime"),
        ("detector=WFC or", 400, "at its end"),
        ("NGC9999 exptime>5", 400, "'NGC9999' is compared with nothing"),
        ("WFC or HRC", 404, "nothing here is called 'WFC or HRC'"),
        ("6.02 -95", 400, "dec: expected -90 to 90 degrees"),
        ("99999999999999999999", 400, "proposid"),
    ],
)
def test_the_box_says_what_is_wrong_beside_itself(
    client: FlaskClient, text: str, status: int, named: str
) -> None:
    page = soup(client, "/go", status, name=text)
    typed = page.select_one("header input[name=name]")
    assert typed["value"] == text
    assert named in page.find(id=typed["aria-describedby"]).get_text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("expti", "exptime"),
        ("detector=WFC expti", "detector=WFC exptime"),
        ("flt.1.goodme", "flt.1.goodmean"),
        ("ngc1", "NGC104"),
        ("detector=", "detector=HRC"),
        ("exptime>5 detector=WFC,", "exptime>5 detector=WFC,HRC"),
        ("targname=ngc10", "targname=NGC104"),
        ("flt.0.hist", "flt.0.history"),
    ],
)
def test_a_text_can_go_on(client: FlaskClient, text: str, expected: str) -> None:
    found = client.get("/suggest", query_string={"text": text}).json
    assert expected in [entry["value"] for entry in found]
    assert all(entry["label"] for entry in found)


def test_nothing_is_suggested_without_reason(client: FlaskClient) -> None:
    for text in ("", "exptime>", "exptime=", "detector=WFC ", "zzzzzz"):
        assert client.get("/suggest", query_string={"text": text}).json == []


def test_keywords_are_found_by_their_description(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    for of in ("keyword", "number"):
        found = client.get("/suggest", query_string={"text": "temperature", "of": of}).json
        columns = sample_archive.columns([entry["value"] for entry in found])
        assert columns
        assert all("temperature" in column.spec.description.lower() for column in columns)
        if of == "number":
            assert {column.spec.type for column in columns} <= {"int", "float"}


# The form


def test_the_form_offers_what_is_in_the_archive(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    page = soup(client, "/database/")
    for field in params.FIELDS:
        boxes = page.select(f"[name={field.keyword}]")
        assert boxes, field
        if field.kind(sample_archive.specs) == "choices":
            assert [b["value"] for b in boxes] == sample_archive.distinct(field.keyword)
    columns = [box["value"] for box in page.select("input[type=checkbox][name=columns]")]
    assert columns == list(sample_archive.specs.top_level)
    checked = {box["value"] for box in page.select("input[name=columns][checked]")}
    assert checked == set(DEFAULT_COLUMNS)
    assert len(page.select(".row input[name=keyword]")) == params.ROWS


def filled_in(page: BeautifulSoup) -> list[tuple[str, str]]:
    """Return what a browser would send if the form was sent as it is."""
    form = page.select_one("form.query")
    sent = []
    for field in form.find_all(["input", "select", "textarea"]):
        if field.name == "textarea":
            # The line break behind the tag is not part of its text (HTML, 13.1.2.5).
            sent.append((field["name"], field.get_text().replace("\n", "\r\n")))
        elif field.name == "select":
            chosen = field.find("option", selected=True) or field.find("option")
            sent.append((field["name"], chosen["value"]))
        elif field.get("type") not in ("checkbox", "radio") or field.has_attr("checked"):
            sent.append((field["name"], field.get("value", "")))
    return sent


ASKED = {
    "q": "targname=NGC* exptime=1.0..1000.0 detector=HRC,WFC raw.0.exptime>5.0 "
    "(filter1=F606W or filter2=F606W)",
    "columns": "rootname,exptime,raw.0.date",
    "sort": "-exptime",
    "view": "thumbnails",
}


@pytest.mark.parametrize("query", [{}, ASKED])
def test_the_form_is_filled_in_as_its_address_says(
    client: FlaskClient, sample_archive: acsql.Archive, query: dict[str, str]
) -> None:
    page = soup(client, "/database/", **query)
    response = client.get("/database/results", query_string=filled_in(page))
    assert response.status_code == 302
    sent, expected = asked_by(response.location), dict(query)
    meant, wanted = (
        sample_archive.condition(asked.pop("q", "everything()")) for asked in (sent, expected)
    )
    assert set(params.parts_of(meant)) == set(params.parts_of(wanted))
    assert sent == expected


def test_results_lead_back_to_the_form_as_it_was(client: FlaskClient) -> None:
    page = soup(client, "/database/results", **ASKED)
    link = page.find("a", string="Change the search")
    assert asked_by(link["href"]) == ASKED


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("date_obs=2003-02-30", "2003-02-30"),
        ("exptime=abc", "exptime: expected a number in s"),
        ("exptime=1&exptime_op=like", "like"),
        ("exptime=1&exptime=2", "exptime"),
        ("columns=rootname,nonsense", "nonsense"),
        ("columns=goodmean", "several headers"),
        ("sort=nonsense", "nonsense"),
        ("format=pdf", "pdf"),
        ("view=globe", "globe"),
        ("view=plot&x=targname", "targname holds no numbers"),
        ("view=plot&x=nonsense", "nonsense"),
        ("after=nonsense", "nonsense"),
        ("after=W10=", "invalid cursor"),
        ("bogus=1", "bogus"),
        ("q=nonsense", "nonsense"),
        ("q=detector=WFC&q=detector=HRC", "q"),
        ("proposid=99999999999999999999", "proposid"),
        ("rootname=$where", "$where"),
        ("targname=a%00b", "targname: expected text"),
        ("where=nonsense", "nonsense"),
        ("where=exptime>abc", "exptime"),
        ("keyword=exptme&operator=eq&value=1", "did you mean exptime"),
        ("format=csv&exptime=abc", "exptime"),
        ("format=csv&q=exptime>0&columns=nonsense", "nonsense"),
    ],
)
def test_wrong_input_is_told_at_the_form(client: FlaskClient, query: str, named: str) -> None:
    page = soup(client, f"/database/results?pr_inv_l=B*&detector=HRC&{query}", 400)
    assert named in words(page.find(role="alert"))
    assert page.select_one("h1").get_text() == "Search"
    name, value = query.rpartition("&")[2].split("=", 1)
    if name in ("date_obs", "exptime", "proposid", "rootname"):
        assert page.select_one(f"input[name={name}]")["value"] in query
        assert page.select_one("input[name=pr_inv_l]")["value"] == "B*"
        assert page.select_one("input[name=detector][value=HRC]").has_attr("checked")
    if name == "where":
        assert page.select_one("textarea").get_text() == value


def test_a_wrong_text_stays_where_it_can_be_changed(client: FlaskClient) -> None:
    page = soup(client, "/database/results", 400, q="detector=WFC and or")
    assert page.select_one("header input[name=name]")["value"] == "detector=WFC and or"
    assert page.select_one("textarea").get_text() == "detector=WFC and or"


# Results

SEARCHES = [
    {},
    {"q": "detector=HRC"},
    {"q": "detector=HRC,SBC exptime>100"},
    {"q": "targname=NGC*,ABELL*", "sort": "-exptime"},
    {"q": "raw.0.exptime>=100", "columns": "rootname,raw.0.exptime,date_obs,subarray"},
    {"q": "2003-01-01<=date_obs<=2010-01-01"},
    {"columns": "targname,exptime", "sort": "targname,-exptime"},
    {"columns": "flt.1.goodmean,first_ingest_date", "sort": "flt.1.goodmean"},
]


def expected_of(
    asked: dict[str, str], archive: acsql.Archive, more: tuple[str, ...] = ()
) -> tuple[list[Any], list[dict[str, Any]]]:
    """Return the columns and the rows of a search."""
    columns = archive.columns([*more, *params.Search({k: [v] for k, v in asked.items()}).columns])
    sort = asked["sort"].split(",") if "sort" in asked else None
    addresses = [column.address for column in columns]
    conditions = [asked["q"]] if "q" in asked else []
    return columns, list(archive.iter(*conditions, columns=addresses, sort=sort))


@pytest.mark.parametrize("asked", SEARCHES)
def test_files_are_what_the_search_finds(
    client: FlaskClient, sample_archive: acsql.Archive, asked: dict[str, Any]
) -> None:
    columns, found = expected_of(asked, sample_archive)
    assert found
    response = client.get("/database/results", query_string=asked | {"format": "csv"})
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == 'attachment; filename="acsql.csv"'
    assert list(csv.reader(io.StringIO(response.text))) == [
        [column.address for column in columns],
        *([export.text(row[c.address], c) for c in columns] for row in found),
    ]
    response = client.get("/database/results", query_string=asked | {"format": "json"})
    assert response.mimetype == "application/json"
    assert json.loads(response.text) == [
        {c.address: export.plain(row[c.address], c) for c in columns} for row in found
    ]


@pytest.mark.parametrize("name", export.FORMATS)
def test_results_can_be_had_in_every_format(
    client: FlaskClient, sample_archive: acsql.Archive, name: str
) -> None:
    page = soup(client, "/database/results?q=detector=WFC")
    links = [link["href"] for link in page.select("a") if f"format={name}" in link["href"]]
    response = client.get(links[0])
    columns, found = expected_of({"q": "detector=WFC"}, sample_archive)
    assert response.mimetype == export.FORMATS[name].media_type
    if name in ("csv", "json", "jsonl", "table"):
        assert response.data == b"".join(export.FORMATS[name].write(found, columns))


def test_a_text_table_has_an_end(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_TEXT_ROWS", 3)
    page = soup(client, "/database/results?format=table", 400)
    assert "at most 3 rows" in words(page.find(role="alert"))


@pytest.mark.parametrize("asked", SEARCHES)
@pytest.mark.parametrize("size", [7, 50])
def test_pages_show_each_result_once(
    client: FlaskClient,
    sample_archive: acsql.Archive,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, Any],
    size: int,
) -> None:
    monkeypatch.setattr(search, "PAGE_SIZE", size)
    columns, found = expected_of(asked, sample_archive, ("rootname",))
    expected = [[export.text(row[c.address], c) for c in columns] for row in found]
    page = soup(client, "/database/results", **asked)
    shown: list[list[str]] = []
    while True:
        assert f"{len(found)} observation" in words(page.select_one("[role=status]"))
        before = page.select_one(".pager a[rel=prev]")
        assert bool(before) == bool(shown)
        if before:
            assert table(soup(client, before["href"])) == shown[-size:]
            assert table(soup(client, page.find("a", string="First")["href"])) == expected[:size]
        shown += table(page)
        link = page.select_one(".pager a[rel=next]")
        if not link:
            break
        page = soup(client, link["href"])
    assert shown == expected


def test_thumbnails_of_results_go_on_over_pages(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(search, "PAGE_SIZE", 7)
    page = soup(client, "/database/results?view=thumbnails")
    shown = [name.get_text() for name in page.select(".gallery .name")]
    while link := page.select_one(".pager a[rel=next]"):
        page = soup(client, link["href"])
        shown += [name.get_text() for name in page.select(".gallery .name")]
    assert shown == [row["ipppssoot"] for row in rows]


def test_results_can_be_sorted_by_every_column(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    page = soup(client, "/database/results?q=detector=WFC")
    links = {link.get_text(): link["href"] for link in page.select("thead a")}
    assert list(links) == list(DEFAULT_COLUMNS)
    for keyword, address in links.items():
        # It comes in this order, so that a click turns it round.
        turned = "-" if keyword == "expstart" else ""
        assert asked_by(address) == {"q": "detector=WFC", "sort": f"{turned}{keyword}"}
        address = address.replace("sort=-", "sort=")
        up = soup(client, address)
        down = soup(client, up.select_one("th[aria-sort] a")["href"])
        for found, sort, direction in (
            (up, keyword, "ascending"),
            (down, f"-{keyword}", "descending"),
        ):
            _, rows = expected_of({"q": "detector=WFC", "sort": sort}, sample_archive)
            assert [row[0] for row in table(found)] == [row["rootname"] for row in rows]
            assert found.select_one("th[aria-sort]")["aria-sort"] == direction


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("", "expstart"),
        ("detector=WFC", "expstart"),
        ("exptime>5", "exptime"),
        ("targname=N* exptime>5", "targname"),
        ("not exptime>500", "expstart"),
    ],
)
def test_the_usual_order_is_marked_and_a_click_turns_it_round(
    client: FlaskClient, text: str, keyword: str
) -> None:
    page = soup(client, "/database/results", q=text)
    (heading,) = page.select("th[aria-sort]")
    assert (heading.a.get_text(), heading["aria-sort"]) == (keyword, "ascending")
    place = page.select("thead th").index(heading)

    def column(page: BeautifulSoup) -> list[str | float]:
        cells = [row[place] for row in table(page)]
        return cells if keyword == "targname" else list(map(float, cells))

    assert column(page) == sorted(column(page))
    turned = soup(client, heading.a["href"])
    assert turned.select_one("th[aria-sort]")["aria-sort"] == "descending"
    assert column(turned) == column(page)[::-1]


@pytest.mark.parametrize(
    ("sort", "marked"),
    [
        ("", "Earliest first"),
        ("-exptime", "Longest exposure first"),
        ("targname", "By targname"),
        ("-targname", "By targname, downwards"),
    ],
)
def test_thumbnails_say_how_they_are_sorted_and_can_be_sorted_anew(
    client: FlaskClient, sample_archive: acsql.Archive, sort: str, marked: str
) -> None:
    asked = {"q": "detector=WFC", "view": "thumbnails", "sort": sort}
    page = soup(client, "/database/results", **asked)
    (chosen,) = page.select("#sort option[selected]")
    assert chosen.get_text() == marked
    form = page.select_one("form:has(#sort)")
    kept = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    assert kept == {"q": "detector=WFC", "view": "thumbnails"}
    turned = soup(client, form["action"], **kept, sort="-exptime")
    expected = sample_archive.gallery("detector=WFC", sort="-exptime", size=3).rows
    shown = [figure.get_text() for figure in turned.select(".gallery li")][:3]
    assert all(row["ipppssoot"] in text for row, text in zip(expected, shown, strict=True))


def test_a_column_of_many_values_is_shown_and_leads_to_no_order(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    asked = {"q": "flt.0.history=*BIASCORR*", "columns": "rootname,flt.0.history"}
    page = soup(client, "/database/results", **asked)
    rows = sample_archive.iter(asked["q"], columns=["rootname", "flt.0.history"])
    expected = [[row["rootname"], "; ".join(row["flt.0.history"])] for row in rows]
    assert expected
    assert table(page) == expected
    assert [link.get_text() for link in page.select("thead a")] == ["rootname"]
    assert "flt.0.history" in [head.get_text(strip=True) for head in page.select("thead th")]


def test_columns_can_be_moved_removed_and_added(client: FlaskClient) -> None:
    page = soup(client, "/database/results?columns=rootname,targname,exptime")
    moves = {a.select_one(".hidden").get_text(): a["href"] for a in page.select(".columns-list a")}
    for words_of_link, columns in (
        ("Move exptime to the left", "rootname,exptime,targname"),
        ("Move rootname to the right", "targname,rootname,exptime"),
        ("Remove targname", "rootname,exptime"),
    ):
        assert asked_by(moves[words_of_link]) == {"columns": columns}
    form = page.select_one(".menu form")
    sent = [(field["name"], field.get("value", "")) for field in form.select("input")]
    sent = [*sent[:-1], ("columns", "flt.1.goodmean")]
    response = client.get("/database/results", query_string=sent)
    assert asked_by(response.location) == {"columns": "rootname,targname,exptime,flt.1.goodmean"}


def test_columns_say_what_they_are(client: FlaskClient, sample_archive: acsql.Archive) -> None:
    page = soup(client, "/database/results?columns=exptime,flt.1.goodmean")
    for head, column in zip(
        page.select("thead th"),
        sample_archive.columns(["rootname", "exptime", "flt.1.goodmean"]),
        strict=True,
    ):
        assert (column.spec.description or column.address) in head["title"]
        assert (column.spec.unit or "") in head.get_text()


@pytest.mark.parametrize("query", [{}, {"q": "detector=WFC", "sort": "-exptime"}])
def test_one_can_walk_through_results_and_back(
    client: FlaskClient, sample_archive: acsql.Archive, query: dict[str, str]
) -> None:
    _, rows = expected_of(query, sample_archive)
    page = soup(client, "/database/results", **query)
    address = page.select_one("tbody th a")["href"]
    walked = []
    while address:
        page = soup(client, address)
        walked.append(page.h1.get_text().split()[0][:8])
        link = page.select_one(".viewer a[rel=next]")
        address = link and link["href"]
    assert walked == [row["rootname"][:8] for row in rows]
    back = page.select(".trail a")[0]["href"]
    assert asked_by(back) == query
    proposal = page.select(".trail a")[1]["href"]
    assert not urlsplit(proposal).query


# What stands beside the results


@pytest.mark.parametrize("text", ["", "exptime>5 (detector=HRC or targname=NGC*)"])
def test_results_lead_to_their_files(
    client: FlaskClient, sample_archive: acsql.Archive, text: str
) -> None:
    page = soup(client, "/database/results", q=text, sort="-exptime", view="thumbnails")
    choice = soup(client, page.find("a", string="FITS files of these")["href"])
    number = len(list(sample_archive.datasets(*([text] if text else []))))
    assert f"{number} files" in words(choice.h1)


def test_a_click_removes_a_condition(client: FlaskClient) -> None:
    page = soup(client, "/database/results", q="detector=WFC exptime>5", sort="-exptime")
    chips = {c.span.get_text(): c.a["href"] for c in page.select(".conditions li")}
    assert {text: asked_by(address) for text, address in chips.items()} == {
        "detector=WFC": {"q": "exptime>5.0", "sort": "-exptime"},
        "exptime>5.0": {"q": "detector=WFC", "sort": "-exptime"},
    }
    page = soup(client, "/database/results", q="detector=WFC or exptime>5")
    (chip,) = page.select(".conditions li")
    assert asked_by(chip.a["href"]) == {}


def facets(page: BeautifulSoup) -> dict[str, dict[str, tuple[int, str]]]:
    """Return, for each facet, its values with their numbers and where they lead."""
    return {
        facet["aria-label"]: {
            entry.a.get_text(): (
                int(entry.select_one(".number").get_text().replace(",", "")),
                entry.a["href"],
            )
            for entry in facet.select("li")
        }
        for facet in page.select(".facet")
    }


@pytest.mark.parametrize("text", ["", "detector=WFC", "exptime>100", "filter1=F606W or exptime<9"])
@pytest.mark.parametrize("ahead", [True, False])
def test_facets_count_and_narrow(
    client: FlaskClient, sample_archive: acsql.Archive, text: str, ahead: bool
) -> None:
    if ahead:
        counts.recount(sample_archive.store, sample_archive.specs)
    else:
        freshness.mark_stale(sample_archive.store)
    conditions = [text] if text else []
    found = facets(soup(client, "/database/results", q=text, counts="all"))
    labels = {field.label: field.keyword for field in params.FIELDS}
    counts.recount(sample_archive.store, sample_archive.specs)
    assert found
    for label, values in found.items():
        if label != "Year":
            numbers = sample_archive.facets(labels[label], *conditions)
            assert {name: number for name, (number, _) in values.items()} == {
                str(value): number for value, number in numbers.items()
            }
    for number, address in [next(iter(values.values())) for values in found.values()]:
        assert f"{number} observation" in words(soup(client, address).select_one("[role=status]"))


def test_years_come_in_their_order(client: FlaskClient, sample_archive: acsql.Archive) -> None:
    years = facets(soup(client, "/database/results", q="exptime>0", counts="all"))["Year"]
    assert list(years) == sorted(years)
    for year, (number, address) in years.items():
        assert number == sample_archive.count("exptime>0", f"date_obs={year}")
        assert asked_by(address)["q"] == f"exptime>0.0 date_obs={year}"
        chips = [chip.span.get_text() for chip in soup(client, address).select(".conditions li")]
        assert chips == ["exptime>0.0", f"date_obs={year}"]


def test_a_facet_that_takes_long_is_left_out(
    client: FlaskClient, sample_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object, **__: object) -> None:
        raise QueryTimeout("too long")

    monkeypatch.setattr(sample_archive, "facets_of", late)
    page = soup(client, "/database/results?q=exptime>5")
    assert table(page)
    link = page.find("a", string="Count them")
    assert asked_by(link["href"]) == {"q": "exptime>5", "counts": "all"}
    # The parts that a script takes from there.
    assert all(page.find(id=part) for part in link["data-later"].split())


def test_years_that_take_long_come_later_than_what_is_counted_ahead(
    client: FlaskClient, sample_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_time = sample_archive.facets_of

    def late(keywords: list[str], *given: object, **limits: object) -> object:
        if "date_obs" in keywords:
            raise QueryTimeout("too long")
        return in_time(keywords, *given, **limits)

    monkeypatch.setattr(sample_archive, "facets_of", late)
    page = soup(client, "/database/results?q=detector=WFC")
    assert "Aperture" in facets(page)
    link = page.find("a", string="Count them")
    assert words(link.find_previous("h2")) == "Year"
    assert asked_by(link["href"]) == {"q": "detector=WFC", "counts": "all"}


def test_what_takes_long_comes_by_itself(
    chromium: Browser, site: str, sample_archive: acsql.Archive
) -> None:
    def without_facets(route: Route) -> None:
        response = route.fetch()
        shown = BeautifulSoup(response.text(), "html.parser")
        later = {"href": f"{route.request.url}&counts=all", "data-later": "total facets"}
        shown.find(id="facets").clear()
        shown.find(id="facets").append(shown.new_tag("a", attrs=later))
        shown.find(id="total").string = "about 7 observations"
        route.fulfill(response=response, body=str(shown))

    context = chromium.new_context(base_url=site)
    page = context.new_page()
    page.route("**/results?q=detector=WFC", without_facets)
    page.goto("/database/results?q=detector=WFC")
    number = sample_archive.count(detector="WFC")
    expect(page.get_by_role("status")).to_have_text(f"{number} observations")
    page.get_by_role("region", name="Aperture").get_by_role("link").first.click()
    expect(page.locator(".conditions .code")).to_have_count(2)
    context.close()


def test_a_search_that_takes_too_long_says_so(
    client: FlaskClient, sample_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object, **__: object) -> None:
        raise QueryTimeout("the search took longer than its time limit: no index serves exptime")

    monkeypatch.setattr(sample_archive, "page", late)
    page = soup(client, "/database/results", 503, q="exptime>5")
    assert "no index serves exptime" in words(page.find(role="alert"))
    assert page.select_one("input[name=exptime]")["value"] == "5.0"


def test_nothing_found_says_why(client: FlaskClient) -> None:
    page = soup(client, "/database/results", q="targname=NOWHERE exptime>5")
    text = words(page.select_one("[role=status]"))
    assert "No observation meets these conditions" in text
    assert "targname=NOWHERE no observation meets this" in text
    link = page.find("a", string="without it there are results")
    assert asked_by(link["href"]) == {"q": "exptime>5.0"}
    assert asked_by(page.find("a", string="Change them")["href"]) == {
        "q": "targname=NOWHERE exptime>5"
    }


def test_results_of_an_empty_archive(empty_client: FlaskClient) -> None:
    assert "The archive is empty" in words(soup(empty_client, "/database/results"))
    response = empty_client.get("/database/results?format=csv")
    assert response.text.split("\r\n") == [",".join(DEFAULT_COLUMNS), ""]
    for view in params.VIEWS:
        assert soup(empty_client, "/database/results", view=view)


# Map and plot


def test_the_map_shows_what_points_at_the_sky(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    columns = ["detector", "ra_targ", "dec_targ", *sample_archive.specs.internal_exposures]
    rows = sample_archive.iter(columns=columns)
    outside = [row for row in rows if not sample_archive.specs.is_internal(row)]
    page = soup(client, "/database/results?view=map")
    assert f"{len(outside)} of {sample_archive.count()} observations" in words(page.figcaption)
    for detector in sample_archive.specs.detectors:
        number = sum(row["detector"] == detector for row in outside)
        assert f"{detector} {number}" in words(page.figcaption)
    assert page.select("path.dots")


def test_the_projection_keeps_areas_and_the_sense_of_the_sky() -> None:
    x, y = sky_map.project(np.array([180, 90, 270, 180, 180]), np.array([0, 0, 0, 90, -90]))
    assert x.tolist() == pytest.approx([500, 750, 250, 500, 500])
    assert y.tolist() == pytest.approx([250, 250, 250, 0, 500])
    # The caps around the poles that have half of the sphere have half of the map.
    _, edges = sky_map.project(np.array([180, 180]), np.array([30, -30]))
    half = np.abs(1 - edges / 250)
    shares = 2 / np.pi * (np.arcsin(half) + half * np.sqrt(1 - half**2))
    assert shares.tolist() == pytest.approx([0.5, 0.5])


def test_the_galactic_plane_is_where_it_is() -> None:
    moves = " ".join(sky_map.galactic_plane()).replace("M", " ").replace("L", " ").split()
    drawn = np.array(moves, float).reshape(-1, 2)
    known = SkyCoord(np.arange(0, 360, 1.5), 0, unit="deg", frame="galactic").icrs
    x, y = sky_map.project(known.ra.deg, known.dec.deg)
    assert len(drawn) == len(x) + 1
    for place in np.column_stack([x, y]):
        assert np.hypot(*(drawn - place).T).min() < 0.2


def test_dots_of_one_place_are_one() -> None:
    assert sky_map.dots(np.array([180, 180, 90]), np.array([0, 0, 0])) == "M500 250h0M750 250h0"


def plotted(client: FlaskClient, address: str) -> dict[str, Any]:
    """Return the data of a figure."""
    item = client.get(address).json
    text = json.dumps(item)
    assert item["root_id"] in text
    return item


def test_a_plot_has_its_figure(client: FlaskClient) -> None:
    for query, label in (
        ({"view": "plot"}, "expstart against exptime"),
        ({"view": "plot", "x": "exptime"}, "Plot of exptime"),
        ({"view": "plot", "x": "exptime", "y": "flt.1.goodmean", "q": "detector=WFC"}, "goodmean"),
    ):
        page = soup(client, "/database/results", **query)
        plot = page.select_one("[data-plot]")
        assert label in plot["aria-label"]
        assert "scatter" in json.dumps(plotted(client, plot["data-plot"])).lower() or "x" in query


def test_a_histogram_counts_every_value(client: FlaskClient, sample_archive: acsql.Archive) -> None:
    item = json.dumps(plotted(client, "/database/plot?x=exptime&q=detector=WFC"))
    assert "Quad" in item
    numbers, edges = np.histogram(
        [row["exptime"] for row in sample_archive.iter(detector="WFC", columns=["exptime"])],
        bins=search.BINS,
    )
    assert numbers.sum() == sample_archive.count(detector="WFC")
    assert str(float(edges[0])) in item


def test_the_numbers_behind_a_plot_come_as_csv(client: FlaskClient) -> None:
    page = soup(client, "/database/results?view=plot&x=exptime&y=ra_targ&q=detector=WFC")
    response = client.get(page.find("a", string="The numbers as CSV")["href"])
    assert response.text.startswith("exptime,ra_targ\r\n")


@pytest.fixture
def large_client(empty_archive: acsql.Archive) -> Iterator[FlaskClient]:
    """A proposal of many observations."""
    documents = [
        document(f"j8bt{number:04d}", expstart=52000.0 + number, exptime=float(number % 7))
        for number in range(3000)
    ]
    empty_archive.store.observations.insert_many(documents)
    app = create_app(empty_archive)
    app.testing = True
    yield app.test_client()


def test_a_large_proposal_and_a_large_download_are_whole(large_client: FlaskClient) -> None:
    expected = [f"j8bt{number:04d}q" for number in range(3000)]
    page, shown = soup(large_client, "/archive/9019/"), []
    assert "3,000 observations" in words(page.select_one("[role=status]"))
    while page:
        names = [name.get_text() for name in page.select(".gallery .name")]
        assert len(names) <= pages.GALLERY_SIZE
        shown += names
        link = page.select_one("a[data-more]")
        page = link and soup(large_client, link["href"])
    assert shown == expected
    response = large_client.get("/database/results?format=csv&columns=ipppssoot")
    assert response.text.split("\r\n") == ["ipppssoot", *expected, ""]


def test_the_radius_of_the_box_is_one(sample_archive: acsql.Archive) -> None:
    assert sample_archive.condition(f"near(6.02, -72.08, {box.RADIUS})").radius == 0.05


def test_results_name_their_address_in_the_api(client: FlaskClient) -> None:
    page = client.get("/database/results?q=detector%3DWFC").text
    assert 'href="/api/observations?q=detector%3DWFC"' in page
    found = client.get("/api/observations?q=detector%3DWFC").json
    assert found["observations"]
