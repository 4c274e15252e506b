"""All rows of the sample archive, and a large archive for searches that take long."""

from typing import Any

import pytest
from half_folded import fill

import acsql

COLUMNS = ["rootname", "detector", "targname", "exptime", "expstart", "date_obs", "filter1"]


@pytest.fixture(scope="package")
def everything(sample_archive: acsql.Archive) -> list[dict[str, Any]]:
    """All observations of the sample archive."""
    return list(sample_archive.where().columns(*COLUMNS).rows())


@pytest.fixture
def large(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive in which a search without an index takes more than a millisecond."""
    empty_archive.store.make_indexes()
    empty_archive.store.observations.insert_many(
        (
            {
                "_id": f"j{n:07d}",
                "proposid": n % 7,
                "headers": {"raw": {"0": {"exptime": float(n % 4), "history": ["x" * 500]}}},
            }
            for n in range(20_000)
        ),
        ordered=False,
    )
    return empty_archive


@pytest.fixture
def half_folded(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive of which some observations are in columns."""
    fill(empty_archive.store)
    return empty_archive
