"""Writes of observations: each marks an observation, writes it, and writes its headerless copy.

All writes of observations go through this module.  Where the server has transactions the three
are one transaction: a search finds all of them or none, and a kill leaves all of them or none.  A
standalone server has no transactions, and there they are made in this order.  A kill between the
last two leaves an older copy with a mark, by which `finish_interrupted` finds it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession

from . import lock
from .client import Store
from .derived import headerless
from .moment import max_age, new_token, of_block
from .repetition import repeated
from .schema import CHANGED, Document
from .transactions import in_transaction

# Observations that one transaction changes; MongoDB advises at most 1,000 documents.
# https://www.mongodb.com/docs/manual/core/transactions-production-consideration/
_AT_ONCE = 1000
# The longest transaction of a server (transactionLifetimeLimitSeconds, by default), in seconds.
# https://www.mongodb.com/docs/manual/core/transactions-production-consideration/
_TRANSACTION_SECONDS = 60

Changes = Mapping[str, Any]


@repeated
def replace(store: Store, document: Document, *, ingested: bool = False) -> None:
    """Write the document of an observation; it replaces an older one with the same rootname.

    Parameters
    ----------
    store : Store
        The open database.
    document : dict
        The document.
    ingested : bool
        Whether to set its date of ingest, and the first one if it is None, to the time of the
        server in whole seconds.

    Raises
    ------
    DatabaseError
        If the database does not answer or refuses the document.
    """
    key = {"_id": document["_id"]}

    def write(session: ClientSession | None) -> None:
        """Mark and replace the observation, and replace its copy."""
        mark(store, [document["_id"]], session)
        # After the begin of the transaction, on which `complete_until` relies.
        dated = _dated(document, store.server_time()) if ingested else document
        store.observations.replace_one(key, dated, upsert=True, session=session)
        copy = headerless.copy(dated)
        store.headerless.replace_one(key, copy, upsert=True, session=session)

    in_transaction(store, write)


def _dated(document: Document, when: datetime) -> Document:
    """Return a document with a date of ingest."""
    when = when.replace(microsecond=0)
    first = document["first_ingest_date"] or when
    return {**document, "first_ingest_date": first, "last_ingest_date": when}


def complete_until(store: Store) -> datetime:
    """Return the date of ingest up to which a search finds all observations from now on.

    Dates of ingest are those of the server when a transaction begins, and the transaction can end
    a minute later.  On a standalone server, which has no transactions, an observation of a worker
    that was killed can be found later still: searches find it after the next ingest.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    datetime
        The last whole second, or a minute before it while observations are written (UTC, naive).
        In a block of `acsql.store.moment.one_moment`, searches find what was written before it.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    with store.errors():
        now = store.server_time().replace(microsecond=0)
    # A process that takes the lock after the first look writes later dates.
    block = of_block(store)
    are_written = (block is not None and block.holder is not None) or lock.is_held(store)
    open_seconds = _TRANSACTION_SECONDS if are_written else 0
    return now - timedelta(seconds=open_seconds + 1 + max_age())


@repeated
def update(store: Store, changes: Mapping[str, Changes]) -> None:
    """Change fields of stored observations that their headerless copies have as well.

    Parameters
    ----------
    store : Store
        The open database.
    changes : mapping
        Rootnames to the MongoDB update of each, such as ``{"$set": {"proposal_type": "GO"}}``.

    Raises
    ------
    DatabaseError
        If the database fails; where it has transactions, up to 1,000 observations are changed
        together or not at all.
    """
    rootnames = list(changes)
    for start in range(0, len(rootnames), _AT_ONCE):
        _update(store, {name: changes[name] for name in rootnames[start : start + _AT_ONCE]})


@repeated
def set_statistics(store: Store, rootname: str, statistics: Mapping[str, Any]) -> None:
    """Store statistics of the images of an observation.

    Parameters
    ----------
    store : Store
        The open database.
    rootname : str
        The observation.
    statistics : mapping
        The statistics of some filetypes, as `acsql.images.image_statistics` returns them; others
        are kept.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    fields = {f"stats.{filetype}": values for filetype, values in statistics.items()}

    def write(session: ClientSession | None) -> None:
        """Mark and change the observation; its copy has no statistics."""
        mark(store, [rootname], session)
        store.observations.update_one({"_id": rootname}, {"$set": fields}, session=session)

    in_transaction(store, write)


def _update(store: Store, changes: Mapping[str, Changes]) -> None:
    updates = [UpdateOne({"_id": rootname}, change) for rootname, change in changes.items()]

    def write(session: ClientSession | None) -> None:
        """Mark and change the observations, and change their copies."""
        mark(store, changes, session)
        store.observations.bulk_write(updates, ordered=False, session=session)
        store.headerless.bulk_write(updates, ordered=False, session=session)

    in_transaction(store, write)


@repeated
def finish_interrupted(store: Store) -> None:
    """Write the copies of all marked observations again, unless the server has transactions.

    Parameters
    ----------
    store : Store
        The open database; the caller holds its lock, and nothing else writes.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    if store.has_transactions:
        return
    with store.errors():
        rootnames = [mark["_id"] for mark in store.database[CHANGED].find({}, {"_id": 1})]
        for start in range(0, len(rootnames), _AT_ONCE):
            some = {"_id": {"$in": rootnames[start : start + _AT_ONCE]}}
            copies = [
                ReplaceOne({"_id": document["_id"]}, headerless.copy(document), upsert=True)
                for document in store.observations.find(some)
            ]
            if copies:
                store.headerless.bulk_write(copies, ordered=False)


def mark(store: Store, rootnames: Iterable[str], session: ClientSession | None = None) -> None:
    """Mark observations as changed, each with a token that names this change.

    Parameters
    ----------
    store : Store
        The open database; the caller holds its lock.
    rootnames : iterable of str
        At least one.
    session : pymongo.client_session.ClientSession, optional
        The session of a transaction.
    """
    marks = [
        UpdateOne({"_id": rootname}, {"$set": {"token": new_token()}}, upsert=True)
        for rootname in rootnames
    ]
    store.database[CHANGED].bulk_write(marks, ordered=False, session=session)
