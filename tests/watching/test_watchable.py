"""Observations ingested since a moment come in the order of their ingest."""

from datetime import timedelta

import pytest

import acsql
from acsql.errors import QueryError


@pytest.fixture(scope="module")
def dates(sample_archive: acsql.Archive) -> dict:
    """The date of ingest of each observation."""
    rows = sample_archive.where().columns("rootname", "last_ingest_date").rows()
    return {row["rootname"]: row["last_ingest_date"] for row in rows}


def test_all_observations_come_in_the_order_of_ingest(sample_archive, dates) -> None:
    rootnames = [observation.rootname for observation in sample_archive.since("2026-01-01")]
    assert sorted(rootnames) == sorted(dates)
    assert [dates[name] for name in rootnames] == sorted(dates.values())


def test_the_moment_itself_is_included(sample_archive, dates) -> None:
    newest = max(dates.values())
    assert {observation.rootname for observation in sample_archive.since(newest)} == {
        name for name, date in dates.items() if date == newest
    }
    assert list(sample_archive.since(newest + timedelta(days=1))) == []


def test_conditions_select_observations(sample_archive) -> None:
    observations = sample_archive.since("2026-01-01", detector="WFC")
    assert {observation["detector"] for observation in observations} == {"WFC"}


def test_an_invalid_moment_is_named(sample_archive) -> None:
    with pytest.raises(QueryError, match="last_ingest_date"):
        sample_archive.since("yesterday")
