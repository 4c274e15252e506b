"""A database with two observations."""

import pytest
from stored_observation import DOCUMENT

from acsql.store import observations


@pytest.fixture
def filled(store):
    """A database with a whole document, and one without values."""
    observations.replace(store, DOCUMENT)
    observations.replace(store, {"_id": "jcp001010"})
    return store
