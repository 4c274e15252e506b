"""The search box: where a text leads, and what is suggested while typing."""

import dataclasses
import time
from typing import Any

import pytest
import sesame
from flask.testing import FlaskClient
from web_pages import document, follow, parameters_in, table

import acsql
from acsql import query, search_text
from acsql.web.app import create_app


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
    assert parameters_in(location) == {"q": expected}
    page = follow(client, location)
    assert page.select_one("header input[name=name]")["value"] == expected


def test_a_filter_in_the_box_is_one_of_either_wheel(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    wheels = [set(sample_archive.where().distinct(wheel)) for wheel in ("filter1", "filter2")]
    for name in set.union(*wheels):
        text = parameters_in(goes_to(client, name))["q"]
        either = sample_archive.count(f'filter1="{name}" or filter2="{name}"')
        assert sample_archive.count(text) == either > 0


def test_two_names_in_the_box_are_compared(client: FlaskClient, rows: list[dict[str, Any]]) -> None:
    names = [row["ipppssoot"] for row in rows[:2]]
    assert goes_to(client, " ".join(names)) == f"/difference?a={names[0]}&b={names[1]}"


def test_the_box_lists_rootnames(client: FlaskClient, pictured: dict[str, Any]) -> None:
    beginning = pictured["rootname"][:4]
    for name in (beginning, f"{beginning.upper()}*"):
        assert parameters_in(goes_to(client, name)) == {"q": f"rootname={beginning}*"}


def test_the_box_lists_products_that_eight_characters_fit(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    products = [document(name) for name in ("jcp001010", "jcp001011")]
    empty_archive.store.observations.insert_many(products)
    page = follow(empty_client, goes_to(empty_client, "JCP00101"))
    assert [row[0] for row in table(page)] == ["jcp001010", "jcp001011"]


@pytest.mark.parametrize(
    ("text", "status", "named"),
    [
        ("99999", 404, "there is no observation of proposal 99999"),
        ("1999", 404, "there is no observation of proposal 1999 and none in the year 1999"),
        ("NGC1O4", 404, "Did you mean NGC104?"),
        ("nothing such", 404, 'No rootname, proposal or name matches "nothing such"'),
        ("exptime>abc", 400, "exptime: expected a number"),
        ("exptme>5", 400, "did you mean exptime"),
        ("detector=WFC or", 400, "at its end"),
        ("NGC9999 exptime>5", 400, "'NGC9999' lacks a comparison"),
        ("WFC or HRC", 404, 'No rootname, proposal or name matches "WFC or HRC"'),
        ("6.02 -95", 400, "dec: expected -90 to 90 degrees"),
        ("99999999999999999999", 400, "proposid"),
    ],
)
def test_errors_of_the_box_are_shown_beside_it(
    client: FlaskClient, text: str, status: int, named: str
) -> None:
    page = follow(client, "/go", status, name=text)
    typed = page.select_one("header input[name=name]")
    assert typed["value"] == text
    assert named in page.find(id=typed["aria-describedby"]).get_text()


def test_a_page_says_that_a_name_is_looked_up_and_is_loaded_again(sample_archive) -> None:
    with sesame.serving() as service:
        service.released.clear()
        config = dataclasses.replace(sample_archive.config, name_resolver=service.url)
        with acsql.connect(config) as archive:
            client = create_app(archive).test_client()
            response = client.get("/go?name=M87")
            assert (response.status_code, response.headers["Refresh"]) == (202, "2")
            assert "Its position is being looked up" in response.text
            service.released.set()
            while (response := client.get("/go?name=M87")).status_code == 202:
                time.sleep(0.01)
    ra, dec = sesame.M87
    assert parameters_in(response.location) == {"q": f"near({ra}, {dec}, 0.05)"}


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
def test_texts_are_continued_by_keywords_targets_and_values(
    client: FlaskClient, text: str, expected: str
) -> None:
    found = client.get("/suggest", query_string={"text": text}).json
    assert expected in [entry["value"] for entry in found]
    assert all(entry["label"] for entry in found)


def test_nothing_is_suggested_where_nothing_can_continue(client: FlaskClient) -> None:
    for text in ("", "exptime>", "exptime=", "detector=WFC ", "zzzzzz"):
        assert client.get("/suggest", query_string={"text": text}).json == []


def test_keywords_are_found_by_their_description(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    for of in ("keyword", "number"):
        found = client.get("/suggest", query_string={"text": "temperature", "of": of}).json
        columns = query.resolve_all([entry["value"] for entry in found], sample_archive.specs)
        assert columns
        assert all("temperature" in column.spec.description.lower() for column in columns)
        if of == "number":
            assert {column.spec.type for column in columns} <= {"int", "float"}


def test_the_radius_of_the_box_is_valid(sample_archive: acsql.Archive) -> None:
    search = sample_archive.where(f"near(6.02, -72.08, {search_text.RADIUS})")
    assert search.condition.radius == 0.05
