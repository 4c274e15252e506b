"""Queries: rows of the observations that meet a condition, in order, at random, or if any.

Most of a document is headers, so a query reads the fields it returns and no more, and searches
the headerless observations where these have what it takes.  Queries go through the pymongo
collection: a mongoengine object for each row costs three times a plain read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..query import Condition
from .client import Store
from .derived import headerless
from .fields import field_path, value_at
from .schema import Document
from .sorting import SortKey, rows_after, sort_document, total_order
from .spellings import to_stored_filter
from .time_limit import explained_timeout, milliseconds

# Rows that are fetched together; the server closes a cursor that rests for ten minutes.
BATCH_ROWS = 1000
# The largest share of a collection that is sampled: beyond one document in twenty the server
# reads all of them (MongoDB manual, "$sample").
SAMPLE_SHARE = 0.04


def find(
    store: Store,
    condition: Condition,
    addresses: Sequence[str],
    order: Sequence[SortKey] = (),
    limit: int = 0,
    after: Sequence[Any] | None = None,
    time_limit: float | None = None,
) -> Iterator[Document]:
    """Yield rows: the values of keywords in the observations that meet a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    addresses : sequence of str
        The keywords to read.
    order : sequence of SortKey
        Completed by `acsql.store.sorting.total_order`.
    limit : int
        The largest number of rows; 0 means all.
    after : sequence, optional
        The `acsql.store.sorting.cursor_values` of the last row seen; rows after it are yielded.
    time_limit : float, optional
        Seconds that the server may spend; time between two rows that are read does not count.

    Yields
    ------
    dict
        Keyword addresses, also those of the order, to values.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded, also after some rows.
    DatabaseError
        If the database fails.
    """
    order = total_order(order)
    filter_ = to_stored_filter(condition, store)
    if after is not None:
        filter_ = {"$and": [filter_, rows_after(order, after)]}
    sort_addresses = [key.address for key in order]
    columns = {*addresses, *sort_addresses}
    paths = {address: field_path(address).split(".") for address in columns}
    are_named = headerless.names_observations(condition)
    with explained_timeout(store, condition, time_limit, order):
        # Named observations whose headers are read need no copies for their order.
        needed = columns if are_named else sort_addresses
        collection = headerless.collection_for(store, condition, needed)
        in_collection = (
            columns if collection == store.observations else set(headerless.top_level(columns))
        )
        documents: Iterator[Document] = collection.find(
            filter_,
            _projection(in_collection),
            limit=limit,
            batch_size=BATCH_ROWS,
            max_time_ms=milliseconds(time_limit),
            sort=list(sort_document(order).items()),
            # Tried against each other, the indexes of other conditions take longer.
            hint={"_id": 1} if are_named else None,
        )
        if in_headers := columns - in_collection:
            documents = _with_headers(store, documents, in_headers, time_limit)
        for document in documents:
            yield _row(document, paths)


def sample(
    store: Store,
    condition: Condition,
    addresses: Sequence[str],
    size: int,
    time_limit: float | None = None,
) -> list[Document]:
    """Return rows of observations chosen at random.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    addresses : sequence of str
        The keywords to read.
    size : int
        The largest number of rows; if no more observations meet the condition, all are returned.
    time_limit : float, optional
        Seconds that the server may spend.

    Returns
    -------
    list of dict
        Keyword addresses to values.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded.
    DatabaseError
        If the database fails.
    """
    filter_ = to_stored_filter(condition, store)
    paths = {address: field_path(address).split(".") for address in addresses}
    project = {"$project": {field_path(address): 1 for address in addresses}}
    with explained_timeout(store, condition, time_limit):
        collection = headerless.collection_for(store, condition, addresses)
        if filter_:
            # The filter bounds the documents; only the fields to return are shuffled.
            stages = [{"$match": filter_}, project, {"$sample": {"size": size}}]
        else:
            total = collection.estimated_document_count()
            if total > size:
                size = min(size, max(1, int(SAMPLE_SHARE * total)))
            stages = [{"$sample": {"size": size}}, project]
        documents = list(
            collection.aggregate(stages, batchSize=BATCH_ROWS, maxTimeMS=milliseconds(time_limit))
        )
    return [_row(document, paths) for document in documents]


def any_match(store: Store, condition: Condition, time_limit: float | None = None) -> bool:
    """Return whether any observation meets a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that the server may spend.

    Returns
    -------
    bool
        True if one does.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded.
    DatabaseError
        If the database fails.
    """
    filter_ = to_stored_filter(condition, store)
    with explained_timeout(store, condition, time_limit):
        collection = headerless.collection_for(store, condition)
        limit = milliseconds(time_limit)
        document = collection.find_one(filter_, {"_id": 1}, max_time_ms=limit)
    return document is not None


def _projection(addresses: Iterable[str]) -> dict[str, int]:
    return dict.fromkeys(map(field_path, addresses), 1)


def _row(document: Document, paths: Mapping[str, Sequence[str]]) -> Document:
    return {
        # Most keywords are top-level fields, which need no walk.
        address: value_at(document, path) if path[1:] else document.get(path[0])
        for address, path in paths.items()
    }


def _with_headers(
    store: Store,
    documents: Iterator[Document],
    addresses: Iterable[str],
    time_limit: float | None,
) -> Iterator[Document]:
    """Yield headerless observations with keywords of their headers added."""
    projection, limit = _projection(addresses), milliseconds(time_limit)
    while batch := list(islice(documents, BATCH_ROWS)):
        filter_ = {"_id": {"$in": [document["_id"] for document in batch]}}
        found = store.observations.find(filter_, projection, max_time_ms=limit)
        headers = {document["_id"]: document for document in found}
        yield from (document | headers.get(document["_id"], {}) for document in batch)
