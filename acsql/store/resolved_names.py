"""Stored answers of a name resolver: the positions of objects by name."""

from .client import Store
from .schema import RESOLVED_NAMES, now


def find(store: Store, name: str) -> tuple[float, float] | None:
    """Return the right ascension and declination of a name in degrees, None if not stored."""
    with store.errors():
        found = store.database[RESOLVED_NAMES].find_one({"_id": {"$eq": name}})
    return None if found is None else (found["ra"], found["dec"])


def keep(store: Store, name: str, position: tuple[float, float]) -> None:
    """Store the right ascension and declination of a name in degrees, and when it was resolved."""
    ra, dec = position
    with store.errors():
        store.database[RESOLVED_NAMES].replace_one(
            {"_id": name}, {"ra": ra, "dec": dec, "resolved": now()}, upsert=True
        )
