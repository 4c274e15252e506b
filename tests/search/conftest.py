"""All rows of the sample archive, and a large archive for searches that take long."""

from collections.abc import Iterator
from typing import Any

import pytest
from half_folded import fill
from private_server import new_database

import acsql
from acsql.config import Config
from acsql.keywords import KeywordSpecs
from acsql.store.client import Store

COLUMNS = ["rootname", "detector", "targname", "exptime", "expstart", "date_obs", "filter1"]


@pytest.fixture(scope="package")
def everything(sample_archive: acsql.Archive) -> list[dict[str, Any]]:
    """All observations of the sample archive."""
    return list(sample_archive.where().columns(*COLUMNS).rows())


@pytest.fixture(scope="package")
def large_database(database_uri: str, specs: KeywordSpecs) -> str:
    """The connection string of 20,000 observations; read-only."""
    uri = new_database(database_uri)
    with Store(uri, specs) as store:
        store.make_indexes()
        store.observations.insert_many(
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
    return uri


@pytest.fixture
def large(config: Config, large_database: str) -> Iterator[acsql.Archive]:
    """An archive in which a search without an index takes more than a millisecond; read-only."""
    with acsql.connect(config.at(large_database)) as archive:
        yield archive


@pytest.fixture
def half_folded(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive of which some observations are in columns."""
    fill(empty_archive.store)
    return empty_archive
