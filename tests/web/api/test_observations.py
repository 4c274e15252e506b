"""Searches, counts and facets of the API have the rows and numbers of the library."""

import json

import pytest
from flask.testing import FlaskClient
from web_pages import document, get_json

import acsql
from acsql.store import observation_writes
from acsql.web.app import create_app


def test_pages_of_a_search_have_the_rows_of_the_library(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    expected = [
        {"rootname": row["rootname"]}
        for row in sample_archive.where("exptime>0").columns("rootname").sort("-exptime").rows()
    ]
    found, query = [], {"q": "exptime>0", "columns": "rootname", "sort": "-exptime", "size": 7}
    answer = get_json(client, "observations", **query)
    found += answer["observations"]
    while answer["next"]:
        following = json.loads(client.get(answer["next"]).data)
        assert following == get_json(client, "observations", **query, after=answer["after"])
        answer = following
        found += answer["observations"]
    assert found == expected
    assert get_json(client, "count", q="exptime>0") == {
        "observations": len(expected),
        "exact": True,
        "notes": [],
    }


@pytest.mark.parametrize("address", ["observations", "count", "facets/detector"])
def test_a_search_that_met_type_mismatches_says_so(
    empty_client: FlaskClient, empty_archive: acsql.Archive, address: str
) -> None:
    met = document("j8bt05nj", type_mismatches=["raw.0.exptime"])
    observation_writes.replace(empty_archive.store, met)
    (note,) = get_json(empty_client, address, q="exptime>=0")["notes"]
    assert note.startswith("exptime has type mismatches in raw.0.exptime")
    assert get_json(empty_client, address, q="detector=WFC")["notes"] == []


def test_a_search_can_be_downloaded_in_any_format(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    total = int(sample_archive.count())
    response = client.get("/api/observations?format=csv&columns=rootname")
    assert response.mimetype == "text/csv"
    assert len(response.text.splitlines()) == total + 1
    assert client.get("/api/observations?format=csv&size=3").status_code == 400


def test_an_observation_is_as_stored(
    client: FlaskClient, sample_archive: acsql.Archive, rootname: str
) -> None:
    known = sample_archive.observation(rootname)
    found = get_json(client, f"observations/{rootname}")
    assert found["exptime"] == known["exptime"]
    assert found["date_obs"] == known["date_obs"].date().isoformat()
    assert found["datasets"] == known.datasets


def test_facets_have_the_numbers_of_the_library(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    facets = get_json(client, "facets/detector")["values"]
    expected = sample_archive.facets("detector")
    assert {row["value"]: row["observations"] for row in facets} == expected


def test_a_timeout_is_503_and_not_400(
    empty_archive: acsql.Archive,
) -> None:
    header = {"raw": {"0": {"exptime": 1.0, "history": ["x" * 500]}}}
    empty_archive.store.observations.insert_many(
        {"_id": f"j{number:07d}", "headers": header} for number in range(20_000)
    )
    empty_archive.time_limit = 0.001
    client = create_app(empty_archive).test_client()
    # On the way of a download, of a page and of facets; a count comes as an estimate then.
    for address in ("observations?", "observations?format=csv&", "facets/raw.0.exptime?"):
        response = client.get(f"/api/{address}q=raw.0.exptime=7")
        assert response.status_code == 503
        assert "time limit" in json.loads(response.data)["message"]


def test_the_statistics_of_images_are_as_stored(
    client: FlaskClient, sample_archive: acsql.Archive, rootname: str
) -> None:
    answer = get_json(client, f"observations/{rootname}/statistics")
    assert answer == sample_archive.observation(rootname).image_statistics
    assert answer["raw"]["1"]["all"]["pixels"] > 0
