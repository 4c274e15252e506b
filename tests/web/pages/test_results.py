"""Results as table, thumbnails, map and files, with facets and pages."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Route, expect
from web_pages import document, follow, parameters_in, table, words

import acsql
from acsql import export, query
from acsql.errors import QueryTimeout
from acsql.formatting import rounded
from acsql.search import Search
from acsql.search.criteria import DEFAULT_COLUMNS
from acsql.store import observation_writes
from acsql.store.derived import headerless
from acsql.web import results_parameters
from acsql.web.app import create_app
from acsql.web.pages import proposal, results
from acsql.web.results_parameters import ResultsParameters

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
    query: dict[str, str], archive: acsql.Archive, more: tuple[str, ...] = ()
) -> tuple[list[Any], list[dict[str, Any]]]:
    """Return the columns and the rows of a search."""
    parameters = ResultsParameters.parse({k: [v] for k, v in query.items()})
    sort = query["sort"].split(",") if "sort" in query else []
    conditions = [query["q"]] if "q" in query else []
    search = archive.where(*conditions).columns(*more, *parameters.addresses).sort(*sort)
    return search.selected_columns, list(search.rows())


@pytest.mark.parametrize("query", SEARCHES)
def test_files_are_what_the_search_finds(
    client: FlaskClient, sample_archive: acsql.Archive, query: dict[str, Any]
) -> None:
    columns, found = expected_of(query, sample_archive)
    assert found
    response = client.get("/database/results", query_string=query | {"format": "csv"})
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == 'attachment; filename="acsql.csv"'
    assert list(csv.reader(io.StringIO(response.text))) == [
        [column.address for column in columns],
        *([export.text(row[c.address], c) for c in columns] for row in found),
    ]
    response = client.get("/database/results", query_string=query | {"format": "json"})
    assert response.mimetype == "application/json"
    assert json.loads(response.text) == [
        {c.address: export.plain(row[c.address], c) for c in columns} for row in found
    ]


@pytest.mark.parametrize("name", export.FORMATS)
def test_results_can_be_downloaded_in_every_format(
    client: FlaskClient, sample_archive: acsql.Archive, name: str
) -> None:
    page = follow(client, "/database/results?q=detector=WFC")
    links = [link["href"] for link in page.select("a") if f"format={name}" in link["href"]]
    response = client.get(links[0])
    columns, found = expected_of({"q": "detector=WFC"}, sample_archive)
    assert response.mimetype == export.FORMATS[name].media_type
    if name in ("csv", "json", "jsonl", "table"):
        assert response.data == b"".join(export.FORMATS[name].write(found, columns))


def test_a_text_table_has_a_maximum_length(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MAX_TEXT_ROWS", 3)
    page = follow(client, "/database/results?format=table", 400)
    assert "at most 3 rows" in words(page.find(role="alert"))


@pytest.mark.parametrize("query", SEARCHES)
@pytest.mark.parametrize("size", [7, 50])
def test_pages_show_each_result_once(
    client: FlaskClient,
    sample_archive: acsql.Archive,
    monkeypatch: pytest.MonkeyPatch,
    query: dict[str, Any],
    size: int,
) -> None:
    monkeypatch.setattr(results, "PAGE_SIZE", size)
    columns, found = expected_of(query, sample_archive, ("rootname",))
    expected = [[export.text(rounded(row[c.address], c), c) for c in columns] for row in found]
    page = follow(client, "/database/results", **query)
    shown: list[list[str]] = []
    while True:
        assert f"{len(found)} observation" in words(page.select_one("[role=status]"))
        before = page.select_one(".pager a[rel=prev]")
        assert bool(before) == bool(shown)
        if before:
            assert table(follow(client, before["href"])) == shown[-size:]
            assert table(follow(client, page.find("a", string="First")["href"])) == expected[:size]
        shown += table(page)
        link = page.select_one(".pager a[rel=next]")
        if not link:
            break
        page = follow(client, link["href"])
    assert shown == expected


def test_thumbnails_of_results_have_pages(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(results, "PAGE_SIZE", 7)
    page = follow(client, "/database/results?view=thumbnails")
    shown = [name.get_text() for name in page.select(".gallery .name")]
    while link := page.select_one(".pager a[rel=next]"):
        page = follow(client, link["href"])
        shown += [name.get_text() for name in page.select(".gallery .name")]
    assert shown == [row["ipppssoot"] for row in rows]


def test_results_can_be_sorted_by_every_column(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    page = follow(client, "/database/results?q=detector=WFC")
    links = {link.get_text(): link["href"] for link in page.select("thead a")}
    assert list(links) == list(DEFAULT_COLUMNS)
    for keyword, address in links.items():
        # It comes in this order, so that a click turns it round.
        turned = "-" if keyword == "expstart" else ""
        assert parameters_in(address) == {"q": "detector=WFC", "sort": f"{turned}{keyword}"}
        address = address.replace("sort=-", "sort=")
        up = follow(client, address)
        down = follow(client, up.select_one("th[aria-sort] a")["href"])
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
def test_the_default_order_is_marked_and_a_click_reverses_it(
    client: FlaskClient, text: str, keyword: str
) -> None:
    page = follow(client, "/database/results", q=text)
    (heading,) = page.select("th[aria-sort]")
    assert (heading.a.get_text(), heading["aria-sort"]) == (keyword, "ascending")
    place = page.select("thead th").index(heading)

    def column(page: BeautifulSoup) -> list[str | float]:
        cells = [row[place] for row in table(page)]
        return cells if keyword == "targname" else list(map(float, cells))

    assert column(page) == sorted(column(page))
    turned = follow(client, heading.a["href"])
    assert turned.select_one("th[aria-sort]")["aria-sort"] == "descending"
    assert column(turned) == column(page)[::-1]


@pytest.mark.parametrize(
    ("sort", "marked"),
    [
        ("", "Earliest first"),
        ("-exptime", "Longest exposure first"),
        ("targname", "By targname"),
        ("-targname", "By targname, descending"),
    ],
)
def test_thumbnails_show_their_order_and_can_be_sorted(
    client: FlaskClient, sample_archive: acsql.Archive, sort: str, marked: str
) -> None:
    query = {"q": "detector=WFC", "view": "thumbnails", "sort": sort}
    page = follow(client, "/database/results", **query)
    (chosen,) = page.select("#sort option[selected]")
    assert chosen.get_text() == marked
    form = page.select_one("form:has(#sort)")
    kept = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    assert kept == {"q": "detector=WFC", "view": "thumbnails"}
    turned = follow(client, form["action"], **kept, sort="-exptime")
    expected = sample_archive.where("detector=WFC").sort("-exptime").thumbnails(size=3).rows
    shown = [figure.get_text() for figure in turned.select(".gallery li")][:3]
    assert all(row["ipppssoot"] in text for row, text in zip(expected, shown, strict=True))


def test_a_column_with_several_values_is_shown_but_cannot_be_sorted(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    query = {"q": "flt.0.history=*BIASCORR*", "columns": "rootname,flt.0.history"}
    page = follow(client, "/database/results", **query)
    rows = sample_archive.where(query["q"]).columns("rootname", "flt.0.history").rows()
    expected = [[row["rootname"], "; ".join(row["flt.0.history"])] for row in rows]
    assert expected
    assert table(page) == expected
    assert [link.get_text() for link in page.select("thead a")] == ["rootname"]
    assert "flt.0.history" in [head.get_text(strip=True) for head in page.select("thead th")]


def test_columns_can_be_moved_removed_and_added(client: FlaskClient) -> None:
    page = follow(client, "/database/results?columns=rootname,targname,exptime")
    moves = {a.select_one(".hidden").get_text(): a["href"] for a in page.select(".columns-list a")}
    for words_of_link, columns in (
        ("Move exptime to the left", "rootname,exptime,targname"),
        ("Move rootname to the right", "targname,rootname,exptime"),
        ("Remove targname", "rootname,exptime"),
    ):
        assert parameters_in(moves[words_of_link]) == {"columns": columns}
    form = page.select_one(".menu form")
    sent = [(field["name"], field.get("value", "")) for field in form.select("input")]
    sent = [*sent[:-1], ("columns", "flt.1.goodmean")]
    response = client.get("/database/results", query_string=sent)
    assert parameters_in(response.location) == {
        "columns": "rootname,targname,exptime,flt.1.goodmean"
    }


def test_columns_say_what_they_are(client: FlaskClient, sample_archive: acsql.Archive) -> None:
    page = follow(client, "/database/results?columns=exptime,flt.1.goodmean")
    for head, column in zip(
        page.select("thead th"),
        query.resolve_all(["rootname", "exptime", "flt.1.goodmean"], sample_archive.specs),
        strict=True,
    ):
        assert (column.spec.description or column.address) in head["title"]
        assert (column.spec.unit or "") in head.get_text()


@pytest.mark.parametrize("query", [{}, {"q": "detector=WFC", "sort": "-exptime"}])
def test_next_walks_through_the_results(
    client: FlaskClient, sample_archive: acsql.Archive, query: dict[str, str]
) -> None:
    _, rows = expected_of(query, sample_archive)
    page = follow(client, "/database/results", **query)
    address = page.select_one("tbody th a")["href"]
    walked = []
    while address:
        page = follow(client, address)
        walked.append(page.h1.get_text().split()[0][:8])
        link = page.select_one(".viewer a[rel=next]")
        address = link and link["href"]
    assert walked == [row["rootname"][:8] for row in rows]
    back = page.select(".trail a")[0]["href"]
    assert parameters_in(back) == query
    proposal = page.select(".trail a")[1]["href"]
    assert not urlsplit(proposal).query


@pytest.mark.parametrize("text", ["", "exptime>5 (detector=HRC or targname=NGC*)"])
def test_results_lead_to_their_files(
    client: FlaskClient, sample_archive: acsql.Archive, text: str
) -> None:
    page = follow(client, "/database/results", q=text, sort="-exptime", view="thumbnails")
    choice = follow(client, page.find("a", string="FITS files")["href"])
    number = len(list(sample_archive.where(*([text] if text else [])).files()))
    assert f"{number} files" in words(choice.h1)


def test_a_click_removes_a_condition(client: FlaskClient) -> None:
    page = follow(client, "/database/results", q="detector=WFC exptime>5", sort="-exptime")
    chips = {c.span.get_text(): c.a["href"] for c in page.select(".conditions li")}
    assert {text: parameters_in(address) for text, address in chips.items()} == {
        "detector=WFC": {"q": "exptime>5.0", "sort": "-exptime"},
        "exptime>5.0": {"q": "detector=WFC", "sort": "-exptime"},
    }
    page = follow(client, "/database/results", q="detector=WFC or exptime>5")
    (chip,) = page.select(".conditions li")
    assert parameters_in(chip.a["href"]) == {}


def test_slow_counts_are_loaded_by_the_script(
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


def test_a_timeout_is_shown_with_the_form(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object, **__: object) -> None:
        raise QueryTimeout("the search took longer than its time limit: no index serves exptime")

    monkeypatch.setattr(Search, "page", late)
    page = follow(client, "/database/results", 503, q="exptime>5")
    assert "no index serves exptime" in words(page.find(role="alert"))
    assert page.select_one("input[name=exptime]")["value"] == "5.0"


def test_an_empty_result_is_explained(client: FlaskClient) -> None:
    page = follow(client, "/database/results", q="targname=NOWHERE exptime>5")
    text = words(page.select_one("[role=status]"))
    assert "No observation meets these conditions" in text
    assert "targname=NOWHERE no observation meets this" in text
    link = page.find("a", string="without it there are results")
    assert parameters_in(link["href"]) == {"q": "exptime>5.0"}
    assert parameters_in(page.find("a", string="Edit the conditions")["href"]) == {
        "q": "targname=NOWHERE exptime>5"
    }


def test_results_of_an_empty_archive(empty_client: FlaskClient) -> None:
    assert "The archive is empty" in words(follow(empty_client, "/database/results"))
    response = empty_client.get("/database/results?format=csv")
    assert response.text.split("\r\n") == [",".join(DEFAULT_COLUMNS), ""]
    for view in results_parameters.VIEWS:
        assert follow(empty_client, "/database/results", view=view)


def test_the_map_shows_external_exposures(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    columns = ["detector", "ra_targ", "dec_targ", *sample_archive.specs.internal_exposures]
    rows = sample_archive.where().columns(*columns).rows()
    outside = [row for row in rows if not sample_archive.specs.is_internal(row)]
    page = follow(client, "/database/results?view=map")
    assert f"{len(outside)} of {sample_archive.count()} observations" in words(page.figcaption)
    for detector in sample_archive.specs.detectors:
        number = sum(row["detector"] == detector for row in outside)
        assert f"{detector} {number}" in words(page.figcaption)
    assert page.select("path.dots")


@pytest.fixture
def large_client(empty_archive: acsql.Archive) -> Iterator[FlaskClient]:
    """A proposal of many observations."""
    documents = [
        document(f"j8bt{number:04d}", expstart=52000.0 + number, exptime=float(number % 7))
        for number in range(3000)
    ]
    empty_archive.store.observations.insert_many(documents)
    empty_archive.store.headerless.insert_many(map(headerless.copy, documents))
    app = create_app(empty_archive)
    app.testing = True
    yield app.test_client()


def test_a_large_proposal_and_a_large_download_are_whole(large_client: FlaskClient) -> None:
    expected = [f"j8bt{number:04d}q" for number in range(3000)]
    page, shown = follow(large_client, "/archive/9019/"), []
    assert "3,000 observations" in words(page.select_one("[role=status]"))
    while page:
        names = [name.get_text() for name in page.select(".gallery .name")]
        assert len(names) <= proposal.PAGE_SIZE
        shown += names
        link = page.select_one("a[data-more]")
        page = link and follow(large_client, link["href"])
    assert shown == expected
    response = large_client.get("/database/results?format=csv&columns=ipppssoot")
    assert response.text.split("\r\n") == ["ipppssoot", *expected, ""]


def test_results_link_to_the_same_search_in_the_api(client: FlaskClient) -> None:
    page = client.get("/database/results?q=detector%3DWFC").text
    assert 'href="/api/observations?q=detector%3DWFC"' in page
    found = client.get("/api/observations?q=detector%3DWFC").json
    assert found["observations"]


def test_a_search_that_met_type_mismatches_says_so(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    for listed, notes in (([], 0), (["raw.0.exptime"], 1)):
        met = document("j8bt05nj", type_mismatches=listed)
        observation_writes.replace(empty_archive.store, met)
        shown = follow(empty_client, "/database/results?q=exptime%3E%3D0").select("p.note")
        assert len(shown) == notes
    assert shown[0].text.startswith("exptime has type mismatches in raw.0.exptime")
    assert follow(empty_client, "/database/results?q=detector%3DWFC").select_one("p.note") is None
