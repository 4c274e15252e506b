"""Answers of the columns: the rows that Arrow selects, and the documents that MongoDB selects.

MongoDB evaluates the observations that the columns do not have as they are now, and those with a
value that Arrow would compare differently, so the answer is the one that MongoDB gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...query.annotation_fields import narrowed
from ...query.conditions import Condition
from ..client import Store
from ..filters import to_filter
from ..schema import Document
from . import cache, changed, marks
from .conversion import from_numpy
from .documents import documents_of
from .encode import Column
from .evaluate import meets
from .membership import members
from .parts import Part
from .paths import blocks_path, path_of
from .rows_of_part import RowsOfPart
from .selection import Selection
from .whole import columns_of_all


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
    marked, parts = marks.with_parts(store)
    if not parts or len(marked.tokens) > most:
        return None
    paths = ["_id", *map(path_of, named)]
    # Parts of an older acsql have all blocks as irregular values.
    blocks = sorted(set(filter(None, map(blocks_path, paths))))
    parts = marks.unmarked(parts, partial(cache.columns, store, ["_id"], parts), marked)
    parts, columns = columns_of_all(store, parts, [*paths, *blocks])
    by_document: set[str] = set()
    if marked.tokens:
        further = changed.parts_of(store, marked, paths)
        parts, columns = (*parts, *further.parts), [*columns, *further.columns]
        by_document = further.unknown
    names = [_names(part, by_path) for part, by_path in zip(parts, columns, strict=True)]
    listed = members(condition, parts, names)
    selected = []
    for part, by_path, rootnames, of_lists in zip(parts, columns, names, listed, strict=True):
        of_part = {name: by_path.get(path_of(name)) or _without_value(part) for name in named}
        of_blocks = [column for path in blocks if (column := by_path.get(path))]
        usable, irregular = _usable(part, rootnames, [*of_part.values(), *of_blocks])
        by_document |= irregular
        arrays = {name: column.array for name, column in of_part.items()}
        rows = pc.and_(usable, meets(condition, arrays, part.rows, of_lists))
        values = {name: arrays[name] for name in addresses}
        selected.append(RowsOfPart(part.id, rootnames, rows, values))
    if len(by_document) > most:
        return None
    documents = _documents(store, condition, named, sorted(by_document))
    return Selection(tuple(addresses), tuple(selected), documents)


def _names(part: Part, by_path: Mapping[str, Column | None]) -> pa.Array:
    """Return the rootnames of the rows of a part."""
    return (by_path["_id"] or _without_value(part)).array


def _without_value(part: Part) -> Column:
    return Column(pa.nulls(part.rows))


def _usable(
    part: Part, rootnames: pa.Array, columns: Iterable[Column]
) -> tuple[pa.BooleanArray, set[str]]:
    """Return for each row whether Arrow evaluates it, and the rootnames of irregular rows."""
    live = pa.Array.from_buffers(pa.bool_(), part.rows, [None, pa.py_buffer(part.live)])
    irregular = sorted({row for column in columns for row in column.irregular})
    if not irregular:
        return live, set()
    is_irregular = np.zeros(part.rows, bool)
    is_irregular[irregular] = True
    others = pc.and_(live, from_numpy(is_irregular))
    return pc.and_not(live, others), set(rootnames.filter(others).to_pylist())


def _documents(
    store: Store, condition: Condition, addresses: Sequence[str], rootnames: list[str]
) -> tuple[Document, ...]:
    """Return the given observations that meet a condition, with the values of addresses."""
    if not rootnames:
        return ()
    filter_ = {"$and": [{"_id": {"$in": rootnames}}, to_filter(narrowed(condition, rootnames))]}
    return documents_of(store, filter_, map(path_of, addresses))
