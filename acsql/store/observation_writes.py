"""Writes of observations: each changes an observation and its headerless copy together.

All writes of observations go through this module.  Both changes are made in one transaction, so
that no search finds one without the other, and no kill leaves one without the other.  On a
standalone server, which has no transactions, only the observation is written; the copies are then
stale until they are refreshed (`acsql.store.derived.freshness`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pymongo
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from .client import Store
from .derived import headerless
from .schema import Document, DocumentCollection

# Observations that one transaction changes: it has to end within a minute, and its changes are in
# memory until then (MongoDB manual, "Production Considerations" of transactions).
_AT_ONCE = 1000

Changes = Mapping[str, Any]


def replace(store: Store, document: Document) -> None:
    """Write the document of an observation; it replaces an older one with the same rootname.

    Parameters
    ----------
    store : Store
        The open database.
    document : dict
        The document.

    Raises
    ------
    DatabaseError
        If the database does not answer or refuses the document.
    """
    key = {"_id": document["_id"]}

    def write(session: ClientSession | None) -> None:
        """Replace the observation and its copy."""
        store.observations.replace_one(key, document, upsert=True, session=session)
        if session:
            store.headerless.replace_one(
                key, headerless.copy(document), upsert=True, session=session
            )

    _in_transaction(store, write)


def update(store: Store, changes: Mapping[str, Changes]) -> None:
    """Change top-level fields of observations.

    Parameters
    ----------
    store : Store
        The open database.
    changes : mapping
        Rootnames to the MongoDB update of each, which changes no header.

    Raises
    ------
    DatabaseError
        If the database fails; some observations may be changed.
    """
    updates = [UpdateOne({"_id": rootname}, change) for rootname, change in changes.items()]
    for first in range(0, len(updates), _AT_ONCE):
        _in_transaction(store, partial(_bulk_write, store, updates[first : first + _AT_ONCE]))


def update_where(store: Store, filter_: Mapping[str, Any], changes: Changes) -> None:
    """Change top-level fields of all observations that a filter on such fields finds.

    Parameters
    ----------
    store : Store
        The open database.
    filter_ : mapping
        A MongoDB filter on top-level fields.
    changes : mapping
        The MongoDB update, which changes no header.

    Raises
    ------
    DatabaseError
        If the database fails.
    """

    def write(session: ClientSession | None) -> None:
        """Change the observations and their copies."""
        for collection in _collections(store, session):
            collection.update_many(filter_, changes, session=session)

    _in_transaction(store, write)


def _bulk_write(store: Store, updates: Sequence[UpdateOne], session: ClientSession | None) -> None:
    for collection in _collections(store, session):
        collection.bulk_write(updates, ordered=False, session=session)


def _collections(store: Store, session: ClientSession | None) -> Iterator[DocumentCollection]:
    """Yield the collections to write: the copies only in a transaction."""
    yield store.observations
    if session:
        yield store.headerless


def _in_transaction(store: Store, write: Callable[[ClientSession | None], None]) -> None:
    """Call a function in a transaction, again after a conflict with another; without, if none.

    A transaction is repeated by the driver for as long as the store waits for the server.
    """
    with store.errors(), pymongo.timeout(store.wait or None):
        if store.has_transactions:
            with store.client.start_session() as session:
                session.with_transaction(write)
        else:
            write(None)
