"""Facets: their numbers, the searches that they lead to, and what is shown without them."""

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from web_pages import follow, parameters_in, table, words

import acsql
from acsql.errors import QueryTimeout
from acsql.search import Search
from acsql.web import query_form


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
def test_facets_count_and_narrow(
    client: FlaskClient, sample_archive: acsql.Archive, text: str
) -> None:
    conditions = [text] if text else []
    found = facets(follow(client, "/database/results", q=text, counts="all"))
    labels = {field.label: field.keyword for field in query_form.FIELDS}
    assert found
    for label, values in found.items():
        if label != "Year":
            numbers = sample_archive.facets(labels[label], *conditions)
            assert {name: number for name, (number, _) in values.items()} == {
                str(value): number for value, number in numbers.items()
            }
    for number, address in [next(iter(values.values())) for values in found.values()]:
        assert f"{number} observation" in words(follow(client, address).select_one("[role=status]"))


def test_years_come_in_their_order(client: FlaskClient, sample_archive: acsql.Archive) -> None:
    years = facets(follow(client, "/database/results", q="exptime>0", counts="all"))["Year"]
    assert list(years) == sorted(years)
    for year, (number, address) in years.items():
        assert number == sample_archive.count("exptime>0", f"date_obs={year}")
        assert parameters_in(address)["q"] == f"exptime>0.0 date_obs={year}"
        chips = [chip.span.get_text() for chip in follow(client, address).select(".conditions li")]
        assert chips == ["exptime>0.0", f"date_obs={year}"]


def test_a_slow_facet_is_replaced_by_a_link(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object, **__: object) -> None:
        raise QueryTimeout("too long")

    monkeypatch.setattr(Search, "facets_of", late)
    page = follow(client, "/database/results?q=exptime>5")
    assert table(page)
    link = page.find("a", string="Count")
    assert parameters_in(link["href"]) == {"q": "exptime>5", "counts": "all"}
    # The parts that a script takes from there.
    assert all(page.find(id=part) for part in link["data-later"].split())
