"""A database with observations in columns, and others beside them."""

import random

import pytest
from column_conditions import write

from acsql.store.columns.fold import fold_all


@pytest.fixture
def filled(store):
    """Two parts with moved rows, and changed observations beside them."""
    chance = random.Random(1)
    write(store, range(120), chance)
    fold_all(store)
    write(store, range(100, 140), chance)
    fold_all(store)
    write(store, range(130, 150), chance)
    return store
