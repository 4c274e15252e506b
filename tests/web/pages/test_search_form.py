"""The query form: its options, and the search that it states and is filled in from."""

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from web_pages import follow, parameters_in, words

import acsql
from acsql.query import conjuncts
from acsql.search.criteria import DEFAULT_COLUMNS
from acsql.web import query_form


def test_the_form_offers_what_is_in_the_archive(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    page = follow(client, "/database/")
    for field in query_form.FIELDS:
        boxes = page.select(f"[name={field.keyword}]")
        assert boxes, field
        if field.kind(sample_archive.specs) == "choices":
            assert [b["value"] for b in boxes] == sample_archive.where().distinct(field.keyword)
    columns = [box["value"] for box in page.select("input[type=checkbox][name=columns]")]
    assert columns == list(sample_archive.specs.top_level)
    checked = {box["value"] for box in page.select("input[name=columns][checked]")}
    assert checked == set(DEFAULT_COLUMNS)
    assert len(page.select(".row input[name=keyword]")) == query_form.ROWS


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


QUERY = {
    "q": "targname=NGC* exptime=1.0..1000.0 detector=HRC,WFC raw.0.exptime>5.0 "
    "(filter1=F606W or filter2=F606W)",
    "columns": "rootname,exptime,raw.0.date",
    "sort": "-exptime",
    "view": "thumbnails",
}


@pytest.mark.parametrize("query", [{}, QUERY])
def test_the_form_is_filled_in_as_its_address_says(
    client: FlaskClient, sample_archive: acsql.Archive, query: dict[str, str]
) -> None:
    page = follow(client, "/database/", **query)
    response = client.get("/database/results", query_string=filled_in(page))
    assert response.status_code == 302
    sent, expected = parameters_in(response.location), dict(query)
    meant, wanted = (
        sample_archive.where(given.pop("q", "everything()")).condition for given in (sent, expected)
    )
    assert set(conjuncts(meant)) == set(conjuncts(wanted))
    assert sent == expected


def test_results_lead_back_to_the_form_as_it_was(client: FlaskClient) -> None:
    page = follow(client, "/database/results", **QUERY)
    link = page.find("a", string="Edit the search")
    assert parameters_in(link["href"]) == QUERY


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
        ("view=plot&x=targname", "targname is not a number"),
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
def test_invalid_input_is_shown_at_the_form(client: FlaskClient, query: str, named: str) -> None:
    page = follow(client, f"/database/results?pr_inv_l=B*&detector=HRC&{query}", 400)
    assert named in words(page.find(role="alert"))
    assert page.select_one("h1").get_text() == "Search"
    name, value = query.rpartition("&")[2].split("=", 1)
    if name in ("date_obs", "exptime", "proposid", "rootname"):
        assert page.select_one(f"input[name={name}]")["value"] in query
        assert page.select_one("input[name=pr_inv_l]")["value"] == "B*"
        assert page.select_one("input[name=detector][value=HRC]").has_attr("checked")
    if name == "where":
        assert page.select_one("textarea").get_text() == value


def test_an_invalid_query_stays_in_the_search_box(client: FlaskClient) -> None:
    page = follow(client, "/database/results", 400, q="detector=WFC and or")
    assert page.select_one("header input[name=name]")["value"] == "detector=WFC and or"
    assert page.select_one("textarea").get_text() == "detector=WFC and or"
