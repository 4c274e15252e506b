"""The API returns the vocabulary of flags, and what holds of an observation."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from forms import client_of
from web_pages import document, get_json

import acsql
from acsql.store import observation_writes


@pytest.fixture
def client(empty_archive: acsql.Archive) -> FlaskClient:
    """A client of a site with two observations, one of which has annotations."""
    for name in ("j8bt05nj", "j8bt05nk"):
        observation_writes.replace(empty_archive.store, document(name))
    place: dict[str, Any] = {"filetype": "flt", "extension": 4, "region": "circle(5, 6, 7)"}
    empty_archive.flag("j8bt05nj", "crosstalk", by="ann")
    empty_archive.flag("j8bt05nj", "crosstalk", clear=True, by="ann")
    empty_archive.flag("j8bt05nj", "other", "odd", by="ann", **place)
    (comment,) = empty_archive.comment("Lost.", "j8bt05nj", by="bob").annotations
    empty_archive.change_comment(comment, "Found.", by="bob")
    empty_archive.mark_viewed("j8bt05nj", by="bob")
    return client_of(empty_archive)


def test_the_vocabulary_of_flags_has_numbers_of_observations(client, specs) -> None:
    flags = get_json(client, "flags")["flags"]
    assert [flag["name"] for flag in flags] == list(specs.flags)
    assert {flag["name"]: flag["observations"] for flag in flags if flag["observations"]} == {
        "other": 1
    }


def test_what_holds_of_an_observation_is_what_was_neither_cleared_nor_edited(client) -> None:
    held = get_json(client, "observations/J8BT05NJQ/annotations")
    assert held["rootname"] == "j8bt05nj"
    (flag,) = held["flags"]
    assert (flag["flag"], flag["text"], flag["by"]) == ("other", "odd", "ann")
    assert (flag["filetype"], flag["extension"], flag["region"]) == ("flt", 4, "circle(5, 6, 7)")
    (comment,) = held["comments"]
    assert (comment["text"], comment["history"], comment["resolved"]) == (
        "Found.",
        ["Lost."],
        False,
    )
    assert [mark["by"] for mark in held["viewed"]] == ["bob"]


def test_an_observation_without_annotations_has_empty_lists(client) -> None:
    held = get_json(client, "observations/j8bt05nk/annotations")
    assert held == {
        "rootname": "j8bt05nk",
        "flags": [],
        "comments": [],
        "viewed": [],
        "examples": [],
    }


def test_an_observation_without_annotations_that_does_not_exist_is_not_found(client) -> None:
    assert client.get("/api/observations/j8bt05nz/annotations").status_code == 404


def test_the_annotations_of_a_vanished_observation_are_returned(client, empty_archive) -> None:
    for collection in (empty_archive.store.observations, empty_archive.store.headerless):
        collection.delete_one({"_id": "j8bt05nj"})
    held = get_json(client, "observations/j8bt05nj/annotations")
    assert [flag["flag"] for flag in held["flags"]] == ["other"]
