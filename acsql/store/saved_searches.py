"""Stored saved searches, and the dates of ingest up to which each person has seen them."""

from datetime import datetime
from typing import Any

from .client import Store
from .schema import SAVED_SEARCH_VISITS, SAVED_SEARCHES, Document


def insert(store: Store, document: Document) -> None:
    """Store a saved search, unless its ``_id`` is stored already."""
    with store.errors():
        store.database[SAVED_SEARCHES].update_one(
            {"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True
        )


def find(store: Store, key: str) -> Document | None:
    """Return the saved search with an id, or None."""
    with store.errors():
        return store.database[SAVED_SEARCHES].find_one({"_id": {"$eq": key}})


def visible(store: Store, person: str) -> list[Document]:
    """Return the saved searches of a person and those that others share, by name."""
    either: list[dict[str, Any]] = [{"owner": person}, {"shared": True}]
    with store.errors():
        found = store.database[SAVED_SEARCHES].find({"$or": either})
        return list(found.sort([("name", 1), ("_id", 1)]))


def share(store: Store, key: str, shared: bool) -> None:
    """Let everyone see a saved search, or its owner alone."""
    with store.errors():
        store.database[SAVED_SEARCHES].update_one({"_id": key}, {"$set": {"shared": shared}})


def delete(store: Store, key: str) -> None:
    """Remove a saved search."""
    with store.errors():
        store.database[SAVED_SEARCHES].delete_one({"_id": key})


def visits(store: Store, person: str) -> dict[str, datetime]:
    """Return the date of ingest up to which a person has seen each saved search, by its id."""
    with store.errors():
        found = store.database[SAVED_SEARCH_VISITS].find({"_id.person": person})
        return {visit["_id"]["search"]: visit["when"] for visit in found}


def visit(store: Store, key: str, person: str, when: datetime) -> None:
    """Record up to which date of ingest a person has seen; an earlier one changes nothing."""
    with store.errors():
        store.database[SAVED_SEARCH_VISITS].update_one(
            {"_id": {"search": key, "person": person}}, {"$max": {"when": when}}, upsert=True
        )
