"""A database that is emptied for each example of hypothesis."""

from collections.abc import Callable

import pytest

from acsql.store.client import Store


@pytest.fixture
def emptied(store: Store) -> Callable[[], Store]:
    """Return a function that empties the database and returns it."""

    def empty() -> Store:
        """Remove all documents, and keep the collections, which take time to make."""
        for name in store.database.list_collection_names():
            store.database[name].delete_many({})
        return store

    return empty
