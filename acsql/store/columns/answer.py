"""Answers of the columns: the rows that Arrow selects, and the documents that MongoDB selects.

MongoDB evaluates the observations that the columns do not have as they are now, and those with a
value that Arrow would compare differently, so the answer is the one that MongoDB gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...query.annotation_fields import narrowed
from ...query.conditions import Condition
from ..client import Store
from ..derived.headerless import LEFT_OUT
from ..filters import to_filter
from ..schema import CHANGED, Document
from . import cache
from .encode import Column
from .evaluate import meets
from .membership import members
from .parts import Part, registry
from .paths import path_of
from .selection import Selection


def answer(
    store: Store, condition: Condition, addresses: Sequence[str], named: Sequence[str], most: int
) -> Selection | None:
    """Return the observations that meet a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        One that `acsql.store.columns.select` has checked.
    addresses : sequence of str
        The keywords whose values the selection has.
    named : sequence of str
        These and the keywords of the condition.
    most : int
        The most rows to read as documents.

    Returns
    -------
    Selection or None
        None before the first fold, and if too many rows had to be read as documents.
    """
    # Marks come first: a row that a fold moves meanwhile is then read as a document.
    marks = store.database[CHANGED].find({}, {"_id": 1}, limit=most + 1)
    by_document = {mark["_id"] for mark in marks}
    parts = registry(store).parts
    if not parts or len(by_document) > most:
        return None
    marked = pa.array(by_document, pa.string())
    columns = cache.columns(store, ["_id", *map(path_of, named)], parts)
    names = [_names(part, by_path) for part, by_path in zip(parts, columns, strict=True)]
    listed = members(condition, parts, names)
    selected, irregular, count = [], set(by_document), 0
    for part, by_path, rootnames, of_lists in zip(parts, columns, names, listed, strict=True):
        of_part = {name: by_path[path_of(name)] or _without_value(part) for name in named}
        usable, others = _usable(part, rootnames, of_part.values(), marked)
        irregular |= others
        arrays = {name: column.array for name, column in of_part.items()}
        rows = pc.and_(usable, meets(condition, arrays, part.rows, of_lists))
        selected.append({name: arrays[name].filter(rows) for name in addresses})
        count += rows.true_count
    if len(irregular) > most:
        return None
    documents = _documents(store, condition, named, sorted(irregular))
    return Selection(tuple(addresses), tuple(selected), documents, count + len(documents))


def _names(part: Part, by_path: Mapping[str, Column | None]) -> pa.Array:
    """Return the rootnames of the rows of a part."""
    return (by_path["_id"] or _without_value(part)).array


def _without_value(part: Part) -> Column:
    return Column(pa.nulls(part.rows))


def _usable(
    part: Part, rootnames: pa.Array, columns: Iterable[Column], marked: pa.Array
) -> tuple[pa.BooleanArray, set[str]]:
    """Return for each row whether Arrow evaluates it, and the rootnames that MongoDB evaluates."""
    usable = pa.Array.from_buffers(pa.bool_(), part.rows, [None, pa.py_buffer(part.live)])
    if len(marked):
        usable = pc.and_not(usable, pc.is_in(rootnames, marked))
    irregular = sorted({row for column in columns for row in column.irregular})
    if not irregular:
        return usable, set()
    is_irregular = np.zeros(part.rows, bool)
    is_irregular[irregular] = True
    others = pc.and_(usable, pa.array(is_irregular))
    return pc.and_not(usable, others), set(rootnames.filter(others).to_pylist())


def _documents(
    store: Store, condition: Condition, addresses: Sequence[str], rootnames: list[str]
) -> tuple[Document, ...]:
    """Return those of some observations that meet a condition, with the values of addresses."""
    if not rootnames:
        return ()
    filter_ = {"$and": [{"_id": {"$in": rootnames}}, to_filter(narrowed(condition, rootnames))]}
    return documents_of(store, filter_, addresses)


def documents_of(
    store: Store, filter_: Mapping[str, Any], addresses: Sequence[str]
) -> tuple[Document, ...]:
    """Return the observations that a MongoDB filter selects, with the fields of some addresses.

    Parameters
    ----------
    store : Store
        The open database.
    filter_ : mapping
        As `acsql.store.filters.to_filter` returns it.
    addresses : sequence of str
        The keywords and own fields to read.
    """
    paths = {path_of(address): 1 for address in addresses} or {"_id": 1}
    are_left_out = any(path.partition(".")[0] in LEFT_OUT for path in paths)
    collection = store.observations if are_left_out else store.headerless
    return tuple(collection.find(filter_, paths))
