"""Aggregations list files, extensions and combinations of values."""

import pytest

from acsql import keywords
from acsql.query import And, Equals
from acsql.store import aggregations
from acsql.store.client import Store
from acsql.store.derived import headerless
from acsql.store.sorting import SortKey

SPECS = keywords.load()
EVERYTHING = And()
SCIENCE = {"extname": "SCI", "extver": 1, "goodmean": 5.5}


@pytest.fixture
def filled(store: Store) -> Store:
    """A database with two observations of WFC and one of HRC."""
    primary = {"biasfile": "jref$x_bia.fits"}
    store.observations.insert_many(
        [
            {
                "_id": f"j000000{number}",
                "detector": detector,
                "datasets": {"raw": f"j000000{number}q_raw.fits"},
                "headers": {"raw": {"0": primary if number else {}, "1": SCIENCE}},
            }
            for number, detector in enumerate(["WFC", "HRC", "WFC"])
        ]
    )
    return store


def rows(store: Store, stages: list[aggregations.Stage]) -> list[dict]:
    return list(aggregations.aggregate(store, stages, EVERYTHING))


def test_files_are_listed_in_the_order_of_their_observations(filled: Store) -> None:
    stages = aggregations.files(Equals("detector", "WFC"), [SortKey("rootname", True)])
    assert rows(filled, stages) == [
        {"rootname": name, "filetype": "raw", "filename": f"{name}q_raw.fits"}
        for name in ("j0000002", "j0000000")
    ]


def test_files_are_listed_by_the_reference_file_of_their_primary_header(filled: Store) -> None:
    name = "jref$x_bia.fits"
    stages = aggregations.files_by_reference(
        Equals("raw.0.biasfile", name), "biasfile", ["raw"], Equals("reference_file", name)
    )
    found = rows(filled, stages)
    assert [row["rootname"] for row in found] == ["j0000001", "j0000002"]
    assert {row["reference_file"] for row in found} == {name}


def test_extensions_are_listed_with_a_keyword(filled: Store) -> None:
    stages = aggregations.extensions(Equals("rootname", "j0000001"), "SCI", "goodmean")
    expected = {"rootname": "j0000001", "filetype": "raw", "extension": 1, **SCIENCE}
    assert rows(filled, stages) == [expected]


def test_every_row_has_the_same_columns(filled: Store) -> None:
    stages = aggregations.files(EVERYTHING, [SortKey("rootname")])
    found = aggregations.rows(filled, stages, EVERYTHING, ["filename", "exptime"])
    assert next(found) == {"filename": "j0000000q_raw.fits", "exptime": None}


@pytest.mark.parametrize("copied", [True, False])
def test_a_distribution_is_the_same_from_copies_and_observations(
    filled: Store, copied: bool
) -> None:
    if copied:
        headerless.make_all(filled)
    found = aggregations.distribution_rows(filled, EVERYTHING, ["detector"])
    assert list(found) == [
        {"detector": "WFC", "observations": 2, "percentage": pytest.approx(200 / 3)},
        {"detector": "HRC", "observations": 1, "percentage": pytest.approx(100 / 3)},
    ]
