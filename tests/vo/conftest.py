"""The addresses of a site."""

import pytest

from acsql.vo.addresses import Addresses


@pytest.fixture(scope="session")
def addresses() -> Addresses:
    """Those of a site that no test asks."""
    return Addresses("https://acs.example.org/")
