"""HTML for notebooks: facts of archives, observations and searches, in which nothing is markup."""

import pytest
from bs4 import BeautifulSoup
from web_pages import put_file

import acsql
from acsql import notebook


def test_facts_are_a_table_in_which_no_value_is_markup() -> None:
    html = notebook.facts("<b>", {"a&b": "<script>", "none": None}, 'x"y', b"\xff\xd8")
    page = BeautifulSoup(html, "html.parser")
    assert page.find("a")["href"] == 'x"y'
    assert page.find("a").get_text() == "<b>"
    assert [cell.get_text() for cell in page.select("th, td")] == ["a&b", "<script>"]
    assert page.find("img")["src"] == "data:image/jpeg;base64,/9g="
    assert page.find("script") is None


def test_an_observation_shows_its_thumbnail_and_facts(sample_archive: acsql.Archive) -> None:
    rows = sample_archive.where(detector="WFC").thumbnails().rows
    rootname = next(row["rootname"] for row in rows if not row["no_thumbnail"])
    observation = sample_archive.observation(rootname)
    page = BeautifulSoup(observation._repr_html_(), "html.parser")
    assert page.find("img") is not None
    assert "WFC" in page.get_text()
    assert str(observation["targname"]) in page.get_text()
    assert (
        page.find("th", string="date_obs").next.next.get_text() == f"{observation['date_obs']:%F}"
    )


def test_an_observation_without_a_picture_shows_its_facts(empty_archive: acsql.Archive) -> None:
    put_file(empty_archive, "j8bt05njq_raw.fits", b"content")
    page = BeautifulSoup(empty_archive.observation("j8bt05nj")._repr_html_(), "html.parser")
    assert page.find("img") is None
    assert page.find("table") is not None


def test_a_search_shows_its_number_and_first_rows(sample_archive: acsql.Archive) -> None:
    search = sample_archive.where("exptime<1e9", detector="WFC")
    page = BeautifulSoup(search._repr_html_(), "html.parser")
    assert f"detector=WFC: {search.count()}" in page.get_text()
    assert len(page.select("tr:has(td)")) == 10
    shorter = BeautifulSoup(search.limit(3)._repr_html_(), "html.parser")
    assert len(shorter.select("tr:has(td)")) == 3


def test_an_archive_shows_its_totals(sample_archive: acsql.Archive) -> None:
    text = BeautifulSoup(sample_archive._repr_html_(), "html.parser").get_text()
    assert str(sample_archive.count()) in text
    assert "WFC" in text


@pytest.mark.parametrize("part", ["observation", "header"])
def test_the_tab_key_completes_keywords(sample_archive: acsql.Archive, part: str) -> None:
    observation = sample_archive.observation(next(sample_archive.where().rows())["rootname"])
    filetype = next(iter(observation.headers))
    completed = {
        "observation": observation,
        "header": observation.headers[filetype][0],
    }[part]._ipython_key_completions_()
    assert "exptime" in completed or "rootname" in completed
