"""A search whose conditions meet type mismatches says so."""

import pytest

import acsql
from acsql.store import observation_writes


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    document = {"_id": "j8bt05nj", "headers": {"flt": {"1": {"goodmean": "n/a"}}}}
    listed = ["flt.1.goodmean", "raw.0.exptime"]
    observation_writes.replace(empty_archive.store, document | {"type_mismatches": listed})
    return empty_archive


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("flt.1.goodmean>0", "flt.1.goodmean has type mismatches: values that are not of"),
        ("flt.SCI.1.goodmean>0 detector=WFC", "flt.1.goodmean has type mismatches"),
        ("exptime>0", "exptime has type mismatches in raw.0.exptime: "),
        ("not exptime>0", "exptime has type mismatches"),
    ],
)  # fmt: skip
def test_a_condition_on_a_keyword_with_type_mismatches_has_a_note(
    archive: acsql.Archive, condition: str, expected: str
) -> None:
    (note,) = archive.where(condition).notes()
    assert note.startswith(expected)


@pytest.mark.parametrize("condition", ["detector=WFC", "raw.1.goodmean>0", "near(0, 0, 1deg)"])
def test_other_conditions_have_none(archive: acsql.Archive, condition: str) -> None:
    assert archive.where(condition).notes() == []


def test_a_table_has_the_notes_as_its_comments(archive: acsql.Archive) -> None:
    search = archive.where("exptime>0")
    assert search.table().meta == {"comments": search.notes()}
    assert archive.where("detector=WFC").table().meta == {}


def test_many_headers_are_named_in_part(archive: acsql.Archive) -> None:
    listed = [f"flt.{number}.exptime" for number in range(5)]
    observation_writes.replace(archive.store, {"_id": "j8bt05nj", "type_mismatches": listed})
    (note,) = archive.where("exptime>0").notes()
    assert "in flt.0.exptime, flt.1.exptime, flt.2.exptime and 2 more: " in note


def test_notes_of_each_moment_are_those_of_what_is_stored(archive: acsql.Archive) -> None:
    for listed in (["flt.1.goodmean"], ["raw.0.exptime"], []):
        observation_writes.replace(archive.store, {"_id": "j8bt05nj", "type_mismatches": listed})
        with archive.one_moment():
            for _ in range(2):
                noted = len(archive.where("exptime>0").notes())
                assert noted == ("raw.0.exptime" in listed)
