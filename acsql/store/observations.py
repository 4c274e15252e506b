"""Observations in the database: read with a projection, written whole.

An observation is one document of tens of kilobytes, most of it headers, so nothing here reads
more of it than was asked for, and searches that ask for nothing in headers read outlines where
these are up to date.  Searches and writes go through the pymongo collection (an object
per row costs three times a plain read); a single observation is served as a mongoengine document.
Whatever a user asks has a time limit in seconds, for the server to keep; None lifts it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import ExecutionTimeout

from ..errors import QueryTimeout
from ..keywords import KeywordSpecs
from ..query import And, Between, Condition, Like
from ..query.conditions import KeywordCondition, leaves
from .client import Store
from .derived import headerless
from .filters import to_filter
from .schema import BLOCKS, path

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


TIE_BREAKERS = ("expstart", "rootname")
_UNKNOWN = (None, "")
# Rows that are fetched together: a cursor that nobody asks for ten minutes is closed by the server.
_BATCH = 1000
# What is estimated from: so many observations at random, and no larger a share, for beyond one in
# twenty the server reads all of them (manual, "$sample").
_SAMPLE = 2000
_SHARE = 0.04


class Order(NamedTuple):
    """One key of a sort: an address, up or down."""

    address: str
    descending: bool = False


def get(store: Store, rootname: str) -> Any | None:
    """Return the mongoengine document of an observation without its headers, or None."""
    with store.errors():
        return store.documents.observation.objects(pk=rootname).exclude("headers").first()


def whole(store: Store, rootname: str, without: Iterable[str] = ()) -> dict[str, Any] | None:
    """Return the document of an observation as it is stored, or None.

    Parameters
    ----------
    without : iterable of str
        The filetypes whose headers, which are most of it, are left out.
    """
    left_out = {f"headers.{filetype}": 0 for filetype in without}
    with store.errors():
        return store.observations.find_one({"_id": rootname}, left_out or None)


def headers(
    store: Store, rootname: str, filetype: str | None = None, extension: int | None = None
) -> dict[str, Any] | None:
    """Return all headers, those of a filetype, or the one of an extension, or None."""
    given = [str(part) for part in (filetype, extension) if part is not None]
    parts = ["headers", *given]
    with store.errors():
        found = store.observations.find_one({"_id": rootname}, {".".join(parts): 1})
    return value_at(found or {}, parts)


def footprint(store: Store, rootname: str) -> dict[str, Any] | None:
    """Return the footprint of an observation as GeoJSON, or None."""
    with store.errors():
        found = store.observations.find_one({"_id": rootname}, {"footprint": 1})
    return (found or {}).get("footprint")


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
        cursor = store.observations.find({}, dict.fromkeys(kept, 1), batch_size=_BATCH)
        yield from cursor.sort("_id", 1)


def count(store: Store, condition: Condition, time_limit: float | None = None) -> int:
    """Return how many observations meet a condition.

    Raises
    ------
    QueryTimeout
        If it takes longer than `time_limit` seconds.
    """
    filter_ = to_filter(condition)
    # Without a condition no index would be taken, and every document read.
    options = {} if filter_ else {"hint": "_id_"}
    if time_limit is not None:
        options["maxTimeMS"] = _milliseconds(time_limit)
    with _limited(store, condition, time_limit):
        return headerless.serving(store, condition).count_documents(filter_, **options)


def is_any(store: Store, condition: Condition, time_limit: float | None = None) -> bool:
    """Return whether any observation meets a condition; raises like `count`."""
    options = {} if time_limit is None else {"max_time_ms": _milliseconds(time_limit)}
    with _limited(store, condition, time_limit):
        collection = headerless.serving(store, condition)
        return collection.find_one(to_filter(condition), {"_id": 1}, **options) is not None


def estimated_count(store: Store, condition: Condition, time_limit: float | None = None) -> int:
    """Return about how many observations meet a condition, from a random sample of them."""
    with _limited(store, condition, time_limit):
        collection = headerless.serving(store, condition)
        total = collection.estimated_document_count()
        # Too few for a share of them to say anything are looked at one and all.
        size = min(_SAMPLE, int(_SHARE * total)) if total > _SAMPLE else total
        if not size:
            return 0
        pipeline = [
            {"$sample": {"size": size}},
            {"$match": to_filter(condition)},
            {"$count": "number"},
        ]
        found = next(iter(_aggregate(collection, pipeline, time_limit)), {"number": 0})
    return round(found["number"] * total / size)


def values(
    store: Store, address: str, condition: Condition, time_limit: float | None = None
) -> dict[Any, int]:
    """Return the values that a keyword takes and in how many observations, without null and blank.

    One that takes several in an observation, as in the blocks of drizzled products, counts there
    for each of them.
    """
    numbers: dict[Any, int] = {}
    with _limited(store, condition, time_limit, [Order(address)]):
        collection = headerless.serving(store, condition, [address])
        for row in _aggregate(collection, value_stages(address, condition), time_limit):
            numbers[row["_id"]] = numbers.get(row["_id"], 0) + row["observations"]
    return numbers


def value_stages(address: str, condition: Condition) -> list[dict[str, Any]]:
    """Return the stages that yield the values of `values` as ``_id``, with ``observations``."""
    place, filter_ = path(address), to_filter(condition)
    if "." in address:
        known = {place: {"$exists": True}}
        once = {"$cond": [{"$isArray": f"${place}"}, {"$setUnion": f"${place}"}, f"${place}"]}
        steps = [{"$project": {"_id": 0, "value": once}}, {"$unwind": "$value"}]
    else:
        # With nothing else asked for, an index alone can answer.
        known = {place: {"$nin": list(_UNKNOWN)}}
        steps = [{"$project": {"_id": place == "_id", "value": f"${place}"}}]
    return [
        {"$match": {"$and": [filter_, known]} if filter_ else known},
        *steps,
        {"$group": {"_id": "$value", "observations": {"$sum": 1}}},
        {"$match": {"_id": {"$nin": list(_UNKNOWN)}}},
    ]


def distinct(
    store: Store, address: str, condition: Condition, time_limit: float | None = None
) -> list[Any]:
    """Return the values that a keyword takes, sorted, without null and blank."""
    options = {} if time_limit is None else {"maxTimeMS": _milliseconds(time_limit)}
    with _limited(store, condition, time_limit, [Order(address)]):
        collection = headerless.serving(store, condition, [address])
        found = collection.distinct(path(address), to_filter(condition), **options)
    return in_order(found)


def frequent_first(numbers: Mapping[Any, int]) -> dict[Any, int]:
    """Return the known values with their numbers, those of the same number in their order."""
    # To reverse leaves equal ones in their order.
    found = sorted(in_order(numbers), key=numbers.__getitem__, reverse=True)
    return {value: numbers[value] for value in found}


def in_order(found: Iterable[Any]) -> list[Any]:
    """Return values sorted, also of several types, without null and blank."""
    return sorted((value for value in found if value not in _UNKNOWN), key=_by_type)


def aggregate(
    store: Store,
    pipeline: Sequence[dict[str, Any]],
    condition: Condition,
    time_limit: float | None = None,
    read: Iterable[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield what stages make of the observations that meet a condition; raises like `count`.

    Parameters
    ----------
    read : iterable of str, optional
        The keywords that the stages look at; by default any, of any header.
    """
    with _limited(store, condition, time_limit):
        every = read is None
        collection = store.observations if every else headerless.serving(store, condition, read)
        yield from _aggregate(collection, list(pipeline), time_limit)


def _aggregate(
    collection: Collection, pipeline: list[dict[str, Any]], time_limit: float | None
) -> Iterable[dict[str, Any]]:
    options = {} if time_limit is None else {"maxTimeMS": _milliseconds(time_limit)}
    return collection.aggregate(pipeline, batchSize=_BATCH, **options)


def _milliseconds(time_limit: float) -> int:
    """Return a time limit as MongoDB takes it: whole, at least one, and of four bytes."""
    return int(min(max(1, 1000 * time_limit), 2**31 - 1))


@contextmanager
def _limited(
    store: Store, condition: Condition, time_limit: float | None, order: Sequence[Order] = ()
) -> Iterator[None]:
    """Turn what the server says of a time limit into a `QueryTimeout` that says why."""
    with store.errors():
        try:
            yield
        except ExecutionTimeout as error:
            slow = unserved(store, condition, order)
            reason = f"no index serves {', '.join(slow)}" if slow else "there is much to look at"
            raise QueryTimeout(
                f"the search took longer than its time limit of {time_limit:g} seconds: {reason}. "
                "Ask for less, or give it more time"
            ) from error


def unserved(store: Store, condition: Condition, order: Sequence[Order] = ()) -> list[str]:
    """Return the keywords of a search, as far as no index of the server helps to find or sort."""
    indexes = store.observations.index_information().values()
    first = {index["key"][0][0] for index in indexes}
    first |= {place for index in indexes for place in index.get("wildcardProjection", ())}
    lacking = []
    for leaf, _ in leaves(condition):
        if isinstance(leaf, Like) and leaf.pattern[:1] in ("*", "?"):
            lacking.append(f"{leaf.keyword}={leaf.pattern}")
        elif isinstance(leaf, KeywordCondition) and path(leaf.keyword) not in first:
            lacking.append(leaf.keyword)
    if order and path(order[0].address) not in first:
        lacking.append(order[0].address)
    return list(dict.fromkeys(lacking))


def _by_type(value: Any) -> tuple[str, Any]:
    return type(value).__name__ if not isinstance(value, int | float) else "", value


def find(
    store: Store,
    condition: Condition,
    addresses: Sequence[str],
    order: Sequence[Order] = (),
    limit: int = 0,
    after: Sequence[Any] | None = None,
    time_limit: float | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield rows: the values of some addresses in the observations that meet a condition.

    Parameters
    ----------
    order : sequence of Order
        Made a total one by `total_order`.
    limit : int
        At most so many rows; 0 means all.
    after : sequence, optional
        The `sort_key` of the last row seen; rows come from the one behind it on.
    time_limit : float, optional
        Seconds that the server may spend on it; those in which nobody asks for rows do not count.

    Raises
    ------
    QueryTimeout
        If it takes longer, as soon as it does.
    """
    order = total_order(order)
    filter_ = to_filter(condition)
    if after is not None:
        filter_ = {"$and": [filter_, _beyond(order, after)]}
    sorted_by = [key.address for key in order]
    wanted = {*addresses, *sorted_by}
    parts = {address: path(address).split(".") for address in wanted}
    options = {} if time_limit is None else {"max_time_ms": _milliseconds(time_limit)}
    with _limited(store, condition, time_limit, order):
        collection = headerless.serving(store, condition, sorted_by)
        read = wanted if collection == store.observations else set(headerless.outside(wanted))
        cursor = collection.find(
            filter_, dict.fromkeys(map(path, read), 1), limit=limit, batch_size=_BATCH, **options
        )
        cursor.sort([(path(key.address), -1 if key.descending else 1) for key in order])
        lacking = wanted - read
        for document in _completed(store, cursor, lacking, options) if lacking else cursor:
            yield {
                # Most are at the top, where there is no way to go.
                address: value_at(document, place) if place[1:] else document.get(place[0])
                for address, place in parts.items()
            }


def _completed(
    store: Store, found: Iterator[dict[str, Any]], lacking: Iterable[str], options: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield outlines with what they lack of their headers."""
    projection = dict.fromkeys(map(path, lacking), 1)
    while batch := list(islice(found, _BATCH)):
        filter_ = {"_id": {"$in": [outline["_id"] for outline in batch]}}
        rest = {d["_id"]: d for d in store.observations.find(filter_, projection, **options)}
        yield from (outline | rest.get(outline["_id"], {}) for outline in batch)


def sample(
    store: Store,
    condition: Condition,
    addresses: Sequence[str],
    size: int,
    time_limit: float | None = None,
) -> list[dict[str, Any]]:
    """Return rows like `find`, at most so many and then at random; raises like `count`."""
    filter_ = to_filter(condition)
    parts = {address: path(address).split(".") for address in addresses}
    projection = {path(address): 1 for address in addresses}
    with _limited(store, condition, time_limit):
        collection = headerless.serving(store, condition, addresses)
        if not filter_:
            # Beyond one in twenty the server reads all documents (manual, "$sample").
            total = collection.estimated_document_count()
            size = size if total <= size else min(size, max(1, int(_SHARE * total)))
        stages = [{"$match": filter_}] if filter_ else []
        # Of few documents all come, and of many only what is shown of them is shuffled.
        taking = [{"$sample": {"size": size}}, {"$project": projection}]
        pipeline = [*stages, *(reversed(taking) if filter_ else taking)]
        found = list(_aggregate(collection, pipeline, time_limit))
    return [
        {address: value_at(document, parts[address]) for address in addresses} for document in found
    ]


def sort_key(row: dict[str, Any], order: Sequence[Order]) -> list[Any]:
    """Return what `find` needs as `after` to go on behind a row."""
    return [row[key.address] for key in total_order(order)]


def usual_order(condition: Condition, specs: KeywordSpecs) -> list[Order]:
    """Return the order in which a search gives what it finds, unless somebody says otherwise.

    By its first range or pattern, which an index finds and sorts in one: in the order of time
    the server would read all documents that lie before it.  Without any, by the time.
    """
    parts = condition.conditions if isinstance(condition, And) else (condition,)
    ranged = (part.keyword for part in parts if isinstance(part, Between | Like))
    sortable = {"rootname", *specs.indexed}
    return next(
        ([Order(keyword)] for keyword in ranged if keyword in sortable), [Order("expstart")]
    )


def total_order(order: Sequence[Order]) -> list[Order]:
    """Return an order in which no two rows are alike: ties come by time, then by rootname.

    In the direction of the key before, so that one index serves all, read either way.
    """
    keys = list(order)
    descending = bool(keys) and keys[-1].descending
    for tie_breaker in TIE_BREAKERS:
        if any(key.address == "rootname" for key in keys):
            break
        if all(key.address != tie_breaker for key in keys):
            keys.append(Order(tie_breaker, descending))
    return keys


def reversed_order(order: Sequence[Order]) -> list[Order]:
    """Return the total order in which the last row of another comes first."""
    return [Order(key.address, not key.descending) for key in total_order(order)]


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
    if "." not in key.address:
        # A promoted value is of its type.  Null asked for by itself would keep the server from
        # merging the rows in their order.
        return [{field: {"$not": {"$gte": value}} if key.descending else {"$gt": value}}]
    # In a header a value that did not fit is kept as it was read.
    found = [{field: {"$lt" if key.descending else "$gt": value}}]
    others = _types_behind(value, key.descending)
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
