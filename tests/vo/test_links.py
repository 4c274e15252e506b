"""DataLink: all that belongs to a file or an observation, and why there is no link."""

from collections import Counter
from typing import Any

import pytest

import acsql
from acsql.vo.addresses import Addresses
from acsql.vo.links import MAX_IDENTIFIERS, links


@pytest.fixture(scope="module")
def observation(sample_archive: acsql.Archive) -> acsql.Observation:
    """An exposure with raw, flt and telemetry files and pictures."""
    (name,) = [
        row["rootname"]
        for row in sample_archive.where("exists(flt.0.filename)", detector="WFC").limit(1).rows()
    ]
    return sample_archive.observation(name)


def rows_of(
    archive: acsql.Archive, addresses: Addresses, *identifiers: str
) -> list[dict[str, Any]]:
    """Return the rows of some identifiers."""
    return [dict(row) for row in links(archive, identifiers, addresses).rows]


def test_each_file_has_a_link_that_says_what_it_is_to_the_one_of_the_request(
    sample_archive: acsql.Archive, observation: acsql.Observation, addresses: Addresses
) -> None:
    name = observation.datasets["flt"]
    rows = rows_of(sample_archive, addresses, addresses.identifier(name))
    semantics = {
        row["access_url"].rpartition("/")[2]: row["semantics"]
        for row in rows
        if row["content_type"] == "application/fits" and row["access_url"]
    }
    assert semantics.keys() == set(observation.datasets.values())
    assert semantics[name] == "#this"
    assert semantics[observation.datasets["raw"]] == "#progenitor"
    assert semantics[observation.datasets["spt"]] == "#auxiliary"
    (this,) = [row for row in rows if row["semantics"] == "#this"]
    assert this["content_length"] == observation.path("flt").stat().st_size


@pytest.mark.parametrize("form", ["identifier", "filename"])
def test_a_file_has_pictures_headers_a_page_and_a_service_that_cuts(
    sample_archive: acsql.Archive,
    observation: acsql.Observation,
    addresses: Addresses,
    form: str,
) -> None:
    name = observation.datasets["flt"]
    asked = addresses.identifier(name) if form == "identifier" else name
    answer = links(sample_archive, [asked], addresses)
    number = Counter(row["semantics"] for row in answer.rows)
    for semantics in (
        "#preview",
        "#thumbnail",
        "#detached-header",
        "#documentation",
        "#cutout",
    ):
        assert number[semantics] == 1
    (service,) = answer.frame.services
    assert [row["service_def"] for row in answer.rows if row["service_def"]] == [service.ID]
    assert service.inputs[0].value == addresses.identifier(name)
    assert {row["ID"] for row in answer.rows} == {asked}


def test_an_observation_has_the_links_of_all_its_files(
    sample_archive: acsql.Archive, observation: acsql.Observation, addresses: Addresses
) -> None:
    rows = rows_of(sample_archive, addresses, observation.rootname)
    urls = [row["access_url"] for row in rows]
    assert {addresses.file(name) for name in observation.datasets.values()} <= set(urls)
    assert len([row for row in rows if row["semantics"] == "#cutout"]) >= 2


@pytest.mark.parametrize("name", ["j8zz99zz", "../etc", "", "j8zz99zzq_flt.fits", "x\x00"])
def test_what_does_not_exist_has_a_row_with_the_reason(
    sample_archive: acsql.Archive, addresses: Addresses, name: str
) -> None:
    (row,) = rows_of(sample_archive, addresses, name)
    assert row["error_message"].startswith("NotFoundFault: ")
    assert not row["access_url"]


def test_no_identifier_is_no_row_and_too_many_are_cut(
    sample_archive: acsql.Archive, addresses: Addresses
) -> None:
    assert links(sample_archive, [], addresses).rows == []
    answer = links(sample_archive, ["x"] * (MAX_IDENTIFIERS + 1), addresses)
    assert answer.frame.status == "OVERFLOW"
    assert len(list(answer.rows)) == MAX_IDENTIFIERS
