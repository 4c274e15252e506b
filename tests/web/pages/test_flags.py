"""The pages of flags show what each looks like and the observations that have it."""

import pytest
from forms import client_of
from web_pages import document, names, soup, words

import acsql
from acsql.store import observation_writes


@pytest.fixture
def client(empty_archive: acsql.Archive):
    """A client of a site with one flagged observation, and one that has vanished."""
    for name in ("j8bt05nj", "j8bt05nk", "j8bt05nl"):
        observation_writes.replace(empty_archive.store, document(name))
    empty_archive.flag(["j8bt05nj", "j8bt05nl"], "other", by="ann")
    for collection in (empty_archive.store.observations, empty_archive.store.headerless):
        collection.delete_one({"_id": "j8bt05nl"})
    return client_of(empty_archive)


def test_all_flags_are_listed_with_their_numbers(client, specs):
    rows = soup(client, "/flags/").select("tbody tr")
    assert len(rows) == len(specs.flags)
    assert words(rows[-1]) == f"Other {specs.flags['other'].description} all 1"


def test_the_page_of_a_flag_shows_every_image_that_has_it(client):
    page = soup(client, "/flags/other/")
    assert names(page) == ["j8bt05njq"]
    assert words(page.select_one("#vanished").parent) == "No longer in the archive j8bt05nl"
    assert names(soup(client, "/flags/crosstalk/")) == []
    assert client.get("/flags/nothing/").status_code == 404


def test_the_example_of_a_flag_is_shown_or_named(client, empty_archive):
    page = words(soup(client, "/flags/satellite_trail/"))
    assert "Example: jc8m32j5 (not in this archive)." in page
    observation_writes.replace(empty_archive.store, document("jc8m32j5"))
    (example,) = soup(client, "/flags/satellite_trail/").select("p a:has(img)")
    assert words(example) == "jc8m32j5q"


def test_people_choose_the_examples_of_a_flag(client, empty_archive):
    assert "No example yet." in words(soup(client, "/flags/other/").main)
    batch = empty_archive.mark_example("j8bt05nj", "other", by="ann")
    page = soup(client, "/flags/other/")
    (example,) = page.select("[aria-labelledby=examples] .gallery a")
    assert words(example.select_one(".name")) == "j8bt05njq"
    assert "No example yet." not in words(page.main)
    empty_archive.undo(batch.id, by="ann")
    assert not soup(client, "/flags/other/").select("#examples")


@pytest.mark.parametrize("address", ["/", "/statistics/"])
def test_numbers_of_flagged_observations_link_to_the_flags(client, address):
    counts = soup(client, address).select_one('[aria-label="Flags"]')
    assert words(counts) == "Other 1"
    assert counts.a["href"] == "/flags/other/"
