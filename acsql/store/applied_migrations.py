"""The migrations that were applied to a database, by number."""

from .client import Store
from .schema import MIGRATIONS


def applied(store: Store) -> set[int]:
    """Return the numbers of the migrations that are recorded as applied."""
    with store.errors():
        return {record["_id"] for record in store.database[MIGRATIONS].find({}, {"_id": 1})}
