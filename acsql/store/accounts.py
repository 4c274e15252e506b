"""Stored accounts: one document for each name, with hashes in place of secrets."""

from collections.abc import Mapping
from typing import Any

from pymongo.errors import DuplicateKeyError

from .client import Store
from .schema import Document


def find(store: Store, name: str) -> Document | None:
    """Return the account of a name."""
    with store.errors():
        return store.accounts.find_one({"_id": name})


def find_by_token(store: Store, digest: str) -> Document | None:
    """Return the account that has a token."""
    with store.errors():
        return store.accounts.find_one({"tokens.digest": digest})


def listed(store: Store) -> list[Document]:
    """Return all accounts by name."""
    with store.errors():
        return list(store.accounts.find(sort=[("_id", 1)]))


def exist(store: Store) -> bool:
    """Return whether there is any account."""
    with store.errors():
        return store.accounts.find_one({}, {"_id": 1}) is not None


def insert(store: Store, document: Document) -> bool:
    """Store a new account.

    Parameters
    ----------
    store : Store
        The open database.
    document : dict
        ``_id``, the name, and the fields of `acsql.accounts.accounts.Account`.

    Returns
    -------
    bool
        False if there is an account of this name, which is left as it is.
    """
    with store.errors():
        try:
            store.accounts.insert_one(document)
        except DuplicateKeyError:
            return False
    return True


def update(
    store: Store, name: str, changes: Mapping[str, Any], where: Mapping[str, Any] | None = None
) -> bool:
    """Change an account.

    Parameters
    ----------
    store : Store
        The open database.
    name : str
        The name of the account.
    changes : mapping
        Update operators of MongoDB.
    where : mapping, optional
        The filter that the account must meet.

    Returns
    -------
    bool
        Whether there is such an account.
    """
    with store.errors():
        result = store.accounts.update_one({"_id": name, **(where or {})}, changes)
    return result.matched_count == 1


def delete(store: Store, name: str) -> bool:
    """Remove an account, and return whether there was one."""
    with store.errors():
        return store.accounts.delete_one({"_id": name}).deleted_count == 1
