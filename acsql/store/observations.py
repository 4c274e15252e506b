"""Observations in the database: read with a projection, written whole.

An observation is one document of tens of kilobytes, most of it headers, so nothing here reads
more of it than was asked for.  Searches and writes go through the pymongo collection (an object
per row costs three times a plain read); a single observation is served as a mongoengine document.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import UpdateOne

from ..query import Condition
from .connection import Store
from .documents import BLOCKS, path
from .filters import to_filter

# How MongoDB sorts values of different types, in a page that holds misfits (manual,
# "Comparison/Sort Order"); null and missing come before all of them.
_TYPES = {
    "number": int | float,
    "string": str,
    "object": dict,
    "array": list,
    "bool": bool,
    "date": datetime,
}


class Order(NamedTuple):
    """One key of a sort: an address, up or down."""

    address: str
    descending: bool = False


def get(store: Store, rootname: str) -> Any | None:
    """Return the mongoengine document of an observation without its headers, or None."""
    with store.errors():
        return store.documents.observation.objects(pk=rootname).exclude("headers").first()


def whole(store: Store, rootname: str) -> dict[str, Any] | None:
    """Return the whole document of an observation as it is stored, or None."""
    with store.errors():
        return store.observations.find_one({"_id": rootname})


def headers(
    store: Store, rootname: str, filetype: str, extension: int | None = None
) -> dict[str, Any] | None:
    """Return the headers of a filetype, or the one of an extension, or None."""
    parts = ["headers", filetype, *([] if extension is None else [str(extension)])]
    with store.errors():
        found = store.observations.find_one({"_id": rootname}, {".".join(parts): 1})
    return value_at(found or {}, parts)


def beginning_with(store: Store, prefix: str) -> list[str]:
    """Return the rootnames that begin with some characters, at most ten, in order."""
    filter_ = {"_id": {"$gte": prefix, "$lt": f"{prefix}\uffff"}}
    with store.errors():
        return [d["_id"] for d in store.observations.find(filter_, {"_id": 1}, limit=10)]


def replace(store: Store, document: dict[str, Any]) -> None:
    """Write a document whole, in the place of an older one with the same rootname."""
    with store.errors():
        store.observations.replace_one({"_id": document["_id"]}, document, upsert=True)


def set_checksum(store: Store, rootname: str, filetype: str, sha256: str) -> None:
    """Keep the checksum of a file that has not changed."""
    with store.errors():
        store.observations.update_one(
            {"_id": rootname}, {"$set": {f"files.{filetype}.sha256": sha256}}
        )


def mark_vanished(store: Store, files: Iterable[tuple[str, str]], when: datetime) -> None:
    """Mark files that are stored and not on disk any more; all that is known of them stays.

    Parameters
    ----------
    files : iterable of (rootname, filetype)
    """
    updates = [
        UpdateOne({"_id": rootname}, {"$set": {f"files.{filetype}.vanished": when}})
        for rootname, filetype in files
    ]
    if updates:
        with store.errors():
            store.observations.bulk_write(updates, ordered=False)


def known_files(store: Store, rootnames: Iterable[str] | None = None) -> dict[str, Any]:
    """Return, for each rootname, what change detection compares: its files."""
    filter_ = {} if rootnames is None else {"_id": {"$in": list(rootnames)}}
    with store.errors():
        return {d.pop("_id"): d for d in store.observations.find(filter_, {"files": 1})}


def all_files(store: Store) -> Iterator[dict[str, Any]]:
    """Yield what is known of the files and pictures of all observations, in their order."""
    kept = ("ipppssoot", "path", "datasets", "files", "previews")
    with store.errors():
        # In small batches: a cursor that nobody asks for ten minutes is closed by the server.
        cursor = store.observations.find({}, dict.fromkeys(kept, 1), batch_size=1000)
        yield from cursor.sort("_id", 1)


def count(store: Store, condition: Condition) -> int:
    """Return how many observations meet a condition."""
    filter_ = to_filter(condition)
    # Without a condition no index would be taken, and every document read.
    hint = {} if filter_ else {"hint": "_id_"}
    with store.errors():
        return store.observations.count_documents(filter_, **hint)


def distinct(store: Store, address: str, condition: Condition) -> list[Any]:
    """Return the values that a keyword takes, sorted, without null and blank."""
    with store.errors():
        values = store.observations.distinct(path(address), to_filter(condition))
    return sorted((value for value in values if value not in (None, "")), key=_by_type)


def _by_type(value: Any) -> tuple[str, Any]:
    return type(value).__name__ if not isinstance(value, int | float) else "", value


def find(
    store: Store,
    condition: Condition,
    addresses: Sequence[str],
    order: Sequence[Order] = (),
    limit: int = 0,
    after: Sequence[Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield rows: the values of some addresses in the observations that meet a condition.

    Parameters
    ----------
    order : sequence of Order
        The rootname is always the last key, so that the order is a total one.
    limit : int
        At most so many rows; 0 means all.
    after : sequence, optional
        The `sort_key` of the last row seen; rows come from the one behind it on.
    """
    order = total_order(order)
    filter_ = to_filter(condition)
    if after is not None:
        filter_ = {"$and": [filter_, _beyond(order, after)]}
    wanted = {*addresses, *(key.address for key in order)}
    parts = {address: path(address).split(".") for address in wanted}
    projection = {path(address): 1 for address in wanted}
    with store.errors():
        cursor = store.observations.find(filter_, projection, limit=limit)
        cursor.sort([(path(key.address), -1 if key.descending else 1) for key in order])
        for document in cursor:
            yield {address: value_at(document, parts[address]) for address in wanted}


def sort_key(row: dict[str, Any], order: Sequence[Order]) -> list[Any]:
    """Return what `find` needs as `after` to go on behind a row."""
    return [row[key.address] for key in total_order(order)]


def total_order(order: Sequence[Order]) -> list[Order]:
    keys = list(order)
    if any(key.address == "rootname" for key in keys):
        return keys
    # In the direction of the key before it, so that an index serves both, read either way.
    return [*keys, Order("rootname", bool(keys) and keys[-1].descending)]


def _beyond(order: Sequence[Order], last: Sequence[Any]) -> dict[str, Any]:
    """Return the filter of the rows that come behind the one with the sort key `last`."""
    choices, equal = [], []
    for key, value in zip(order, last, strict=True):
        field = path(key.address)
        choices += [{"$and": [*equal, further]} for further in _further(field, key, value)]
        equal = [*equal, {field: {"$eq": value}}]
    return {"$or": choices}


def _further(field: str, key: Order, value: Any) -> list[dict[str, Any]]:
    """Return what comes behind a value of one key; null and missing come before all values."""
    if value is None:
        return [] if key.descending else [{field: {"$ne": None}}]
    found = [{field: {"$lt" if key.descending else "$gt": value}}]
    # A promoted value is of its type; in a header one that did not fit is kept as it was read.
    others = _types_behind(value, key.descending) if "." in key.address else []
    if others:
        found.append({field: {"$type": others}})
    if key.descending:
        found.append({field: {"$eq": None}})
    return found


def _types_behind(value: Any, descending: bool) -> list[str]:
    names = list(_TYPES)
    own = "bool" if isinstance(value, bool) else None
    own = own or next(name for name, type_ in _TYPES.items() if isinstance(value, type_))
    position = names.index(own)
    return names[:position] if descending else names[position + 1 :]


def value_at(document: Any, parts: Sequence[str]) -> Any:
    """Return the value at a path in a document, None where there is none.

    Blocks of drizzled products are a list: there the values of all blocks come as a list.
    """
    for position, part in enumerate(parts):
        if isinstance(document, list) and parts[position - 1] == BLOCKS:
            return [value_at(block, parts[position:]) for block in document]
        if not isinstance(document, dict):
            return None
        document = document.get(part)
    return document


def totals(store: Store) -> dict[str, Any]:
    """Return what is in the archive: observations, files by filetype, previews, bytes."""
    files = [
        {"$project": {"files": {"$objectToArray": {"$ifNull": ["$files", {}]}}}},
        {"$unwind": "$files"},
        {
            "$group": {
                "_id": "$files.k",
                "files": {"$sum": 1},
                "bytes": {"$sum": "$files.v.size"},
            }
        },
    ]
    detectors = [{"$group": {"_id": "$detector", "observations": {"$sum": 1}}}]
    previews = [
        {"$project": {"previews": {"$objectToArray": {"$ifNull": ["$previews", {}]}}}},
        {"$unwind": "$previews"},
        {"$match": {"previews.v.jpeg": {"$ne": None}}},
        {"$count": "previews"},
    ]
    with store.errors():
        collection = store.observations
        return {
            "observations": collection.estimated_document_count(),
            "filetypes": {row["_id"]: row for row in collection.aggregate(files)},
            "detectors": {
                row["_id"]: row["observations"] for row in collection.aggregate(detectors)
            },
            "previews": next((row["previews"] for row in collection.aggregate(previews)), 0),
        }
