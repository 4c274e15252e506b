"""A database with two observations."""

import pytest
from stored_observation import DOCUMENT

from acsql.store import observation_writes


@pytest.fixture
def filled(store):
    """A database with a whole document, and one without values."""
    observation_writes.replace(store, DOCUMENT)
    observation_writes.replace(store, {"_id": "jcp001010"})
    return store
