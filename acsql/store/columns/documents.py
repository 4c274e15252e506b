"""Fields of observations read from documents, where the columns do not have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bson import Timestamp

from ..client import Store
from ..derived.headerless import LEFT_OUT
from ..moment import read_at
from ..schema import Document, DocumentCollection


def documents_of(
    store: Store, filter_: Mapping[str, Any], paths: Iterable[str]
) -> tuple[Document, ...]:
    """Return the observations that a MongoDB filter selects, with some of their fields.

    Parameters
    ----------
    store : Store
        The open database.
    filter_ : mapping
        As `acsql.store.filters.to_filter` returns it.
    paths : iterable of str
        The MongoDB field paths to read.

    Returns
    -------
    tuple of dict
        Read from the headerless observations if these have all fields.
    """
    fields = list(paths) or ["_id"]
    return tuple(_collection_with(store, fields).find(filter_, dict.fromkeys(fields, 1)))


def documents_at(
    store: Store, at: Timestamp, rootnames: Sequence[str], paths: Sequence[str]
) -> list[Document]:
    """Return some observations as they were at a moment, with some of their fields.

    Parameters
    ----------
    store : Store
        The open database.
    at : bson.Timestamp
        As for `acsql.store.moment.read_at`.
    rootnames : sequence of str
        The observations.
    paths : sequence of str
        At least one MongoDB field path.

    Returns
    -------
    list of dict
        As `documents_of` returns them, without those that are not stored.

    Raises
    ------
    pymongo.errors.OperationFailure, pymongo.errors.AutoReconnect
        As of `acsql.store.moment.read_at`.
    """
    named = {"_id": {"$in": list(rootnames)}}
    return read_at(store, at, _collection_with(store, paths).name, named, paths)


def _collection_with(store: Store, fields: Iterable[str]) -> DocumentCollection:
    """Return the headerless observations if these have all fields, else the observations."""
    are_left_out = any(field.partition(".")[0] in LEFT_OUT for field in fields)
    return store.observations if are_left_out else store.headerless
