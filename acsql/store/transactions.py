"""Transactions: several writes that take effect together or not at all."""

from collections.abc import Callable
from typing import TypeVar

import pymongo
from pymongo.client_session import ClientSession

from .client import Store

Result = TypeVar("Result")


def in_transaction(store: Store, write: Callable[[ClientSession | None], Result]) -> Result:
    """Call a function in a transaction, again after a conflict.

    Parameters
    ----------
    store : Store
        The open database.
    write : callable
        Takes the session for its reads and writes.  On a standalone server, which has no
        transactions, it is called once, with None.

    Returns
    -------
    object
        The result of the function.

    Raises
    ------
    DatabaseError
        If the database fails.  The driver repeats a transaction for two minutes unless a time
        limit is set around it.
    """
    with store.errors(), pymongo.timeout(store.wait or None):
        if store.has_transactions:
            with store.client.start_session() as session:
                return session.with_transaction(write)
        return write(None)
