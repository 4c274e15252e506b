"""The addresses of a site."""

import pytest

import acsql
from acsql.vo.addresses import Addresses
from acsql.vo.catalog import Catalog
from acsql.vo.tables import TapTable


@pytest.fixture(scope="session")
def addresses() -> Addresses:
    """Those of a site that no test asks."""
    return Addresses("https://acs.example.org/")


@pytest.fixture(scope="session")
def tables(sample_archive: acsql.Archive, addresses: Addresses) -> dict[str, TapTable]:
    """The tables of the sample archive."""
    return Catalog(sample_archive).tables(sample_archive.specs, addresses)
