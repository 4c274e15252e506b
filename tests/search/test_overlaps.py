"""Searches for overlaps look up the footprint of the observation that they name."""

import pytest

import acsql
from acsql.errors import ObservationNotFound, QueryError
from acsql.query import And, Equals, Not, Or, Overlaps

# A square of 0.1 degrees, as [ra, dec].
SQUARE = [[6.0, -72.0], [6.1, -72.0], [6.1, -71.9], [6.0, -71.9], [6.0, -72.0]]


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """Two observations that overlap, a third one elsewhere, and one without a footprint."""
    empty_archive.store.make_indexes()
    for number, shift in enumerate([0.0, 0.05, 1.0]):
        ring = [[ra + shift, dec] for ra, dec in SQUARE]
        document = {
            "_id": f"j000000{number}",
            "footprint": {"type": "Polygon", "coordinates": [ring]},
        }
        empty_archive.store.observations.insert_one(document)
    empty_archive.store.observations.insert_one({"_id": "j0000009"})
    return empty_archive


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Overlaps("J0000000Q"), {"j0000000", "j0000001"}),
        ("overlaps(j0000000)", {"j0000000", "j0000001"}),
        (
            Or((And((Overlaps("j0000002"),)), Equals("rootname", "j0000009"))),
            {"j0000002", "j0000009"},
        ),
        (Not(Overlaps("j0000000")), {"j0000002", "j0000009"}),
    ],
)
def test_overlapping_observations_are_found(archive, condition, expected) -> None:
    assert {row["rootname"] for row in archive.where(condition).rows()} == expected


def test_an_observation_without_a_footprint_is_named(archive) -> None:
    with pytest.raises(QueryError, match="j0000009 has no footprint"):
        archive.count(Overlaps("j0000009"))


def test_an_observation_that_does_not_exist_is_named(archive) -> None:
    with pytest.raises(ObservationNotFound, match="j8zz99zz"):
        archive.count(Overlaps("j8zz99zz"))
