"""Folds move changed observations into columns, and merges join small parts.

The caller holds the writer lock.  A kill at any moment leaves the registry of before or after, and
an observation keeps its mark until the registry has its new row.  No fold is needed for a right
answer: `acsql.store.columns.select` reads marked observations as documents.

An observation has to be marked, with a new token, in the transaction of its write.  On a
standalone server, which has no transactions, nothing may write while a fold runs.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from pymongo import DeleteOne

from ..client import Store
from ..derived.headerless import EXTENSIONS, numbers_of_headers
from ..repetition import repeated
from ..schema import CHANGED, Document, now
from . import cache, parts
from .encode import Column, encode, join
from .parts import Part, Registry, registry

Item = TypeVar("Item")

# Observations that are folded together.
FOLD_ROWS = 1000
# Observations whose documents are in memory together, as Python objects of some 400 kilobytes each.
_DOCUMENTS = 250
# The most observations of a part.  A query takes some 0.2 ms for each part that it reads.
PART_ROWS = 10_000
# Parts of fewer observations are small; any two fit into one.  This many small ones are merged.
_SMALL_ROWS = PART_ROWS // 2
_SMALL_PARTS = 10
# The longest time in which a reader of the registry reads the columns of its parts.
_RETIREMENT = timedelta(minutes=10)


class _Stopped(Exception):
    """A fold or merge has to end; a later one deletes what it has stored."""


@repeated
def fold(store: Store, must_stop: Callable[[], bool] = lambda: False) -> int:
    """Move up to 1,000 changed observations into columns, and merge small parts.

    Parameters
    ----------
    store : Store
        The open database.
    must_stop : callable, optional
        Returns whether to end without a result, which takes up to a second.

    Returns
    -------
    int
        The number of observations that were moved, 0 if none is changed, or it had to stop.  One
        that changes meanwhile stays marked.

    Raises
    ------
    DatabaseError
        If the database fails, or another process has taken the lock over and folds.
    """
    with store.errors():
        # It is read first, so that a process that lost the lock publishes no older documents.
        current = registry(store)
        marks = list(store.database[CHANGED].find(limit=FOLD_ROWS, sort=[("_id", 1)]))
        try:
            if marks:
                current = _fold(store, _without_retired(store, current), marks, must_stop)
                while small := _mergeable(current.parts):
                    current = _merge(store, current, small, must_stop)
        except _Stopped:
            return 0
    return len(marks)


def fold_all(store: Store) -> None:
    """Move all changed observations into columns, as `fold` does."""
    while fold(store):
        pass


def _until(must_stop: Callable[[], bool], items: Iterable[Item]) -> Iterator[Item]:
    """Yield items; raise an exception as soon as it is time to stop."""
    for item in items:
        if must_stop():
            raise _Stopped
        yield item


def _fold(
    store: Store, current: Registry, marks: Sequence[Document], must_stop: Callable[[], bool]
) -> Registry:
    """Make a part of marked observations, publish it, and remove their marks."""
    rootnames = [mark["_id"] for mark in marks]
    rows, encoded = _encoded(store, rootnames, must_stop)
    current, new = _stored(store, current, rows, _until(must_stop, encoded))
    columns = cache.columns(store, ["_id"], current.parts)
    older = [
        parts.without(part, by_path["_id"], rootnames)
        for part, by_path in zip(current.parts, columns, strict=True)
    ]
    current = _published(store, current, [*older, new])
    _delete_marks(store, marks)
    # Readers keep the marks until the registry has another version.
    return parts.publish(store, current, current)


def _encoded(
    store: Store, rootnames: Sequence[str], must_stop: Callable[[], bool]
) -> tuple[int, Iterator[tuple[str, Column]]]:
    """Return the number of stored observations, and their columns by path."""
    pieces: list[dict[str, Column]] = []
    rows: list[npt.NDArray[np.int64]] = []
    for start in _until(must_stop, range(0, len(rootnames), _DOCUMENTS)):
        documents = with_all_fields(store, rootnames[start : start + _DOCUMENTS])
        pieces.append(encode(documents))
        rows.append(np.arange(len(documents)))
    paths = sorted({path for piece in pieces for path in piece})
    columns = ((path, join([piece.get(path) for piece in pieces], rows)) for path in paths)
    return sum(map(len, rows)), columns


def with_all_fields(store: Store, rootnames: Sequence[str]) -> list[Document]:
    """Return observations with all fields that are columns, in the order of their rootnames."""
    found = store.observations.find({"_id": {"$in": list(rootnames)}}).sort("_id", 1)
    # The fields of the headerless copies are columns, too.
    return [each | {EXTENSIONS: numbers_of_headers(each)} for each in found]


def _delete_marks(store: Store, marks: Sequence[Document]) -> None:
    # A mark that was written since has another token, and stays.
    store.database[CHANGED].bulk_write([DeleteOne(mark) for mark in marks], ordered=False)


def _mergeable(known: Sequence[Part]) -> list[Part]:
    """Return the parts to merge into one, the smallest, if there are many small ones."""
    sizes = {part: int(part.live_rows.sum()) for part in known}
    small = sorted((part for part in known if sizes[part] < _SMALL_ROWS), key=sizes.__getitem__)
    if len(small) < _SMALL_PARTS:
        return []
    totals = np.cumsum([sizes[part] for part in small])
    return [part for part, total in zip(small, totals, strict=True) if total <= PART_ROWS]


def _merge(
    store: Store, current: Registry, small: Sequence[Part], must_stop: Callable[[], bool]
) -> Registry:
    """Publish one part in place of several."""
    rows = [np.flatnonzero(part.live_rows) for part in small]
    columns = _until(must_stop, _merged(store, small, rows))
    current, new = _stored(store, current, sum(map(len, rows)), columns)
    kept = [part for part in current.parts if part not in small]
    return _published(store, current, [*kept, new])


def _merged(
    store: Store, small: Sequence[Part], rows: Sequence[npt.NDArray[np.int64]]
) -> Iterator[tuple[str, Column]]:
    """Yield the joined columns of parts, one path after another."""

    def of_part(number: int) -> Iterator[tuple[str, int, Column]]:
        """Yield the columns of a part with its number."""
        for path, column in parts.read_all(store, small[number]):
            yield path, number, column

    every = heapq.merge(*map(of_part, range(len(small))), key=itemgetter(0, 1))
    for path, found in groupby(every, itemgetter(0)):
        columns = {number: column for _, number, column in found}
        yield path, join([columns.get(number) for number in range(len(small))], rows)


def _stored(
    store: Store, current: Registry, rows: int, columns: Iterable[tuple[str, Column]]
) -> tuple[Registry, Part]:
    """Store a new part, which counts as retired until it is published."""
    new = Part(uuid.uuid4().hex, rows, b"").with_live(np.ones(rows, bool))
    reserved = current._replace(retired={**current.retired, new.id: now()})
    current = parts.publish(store, current, reserved)
    parts.write(store, new.id, columns)
    return current, new


def _published(store: Store, current: Registry, new: Sequence[Part]) -> Registry:
    """Publish parts in place of the present ones; those without live rows are left out."""
    live = tuple(part for part in new if part.live_rows.any())
    ids = {part.id for part in live}
    left = [part.id for part in (*current.parts, *new) if part.id not in ids]
    retired = {id_: since for id_, since in current.retired.items() if id_ not in ids}
    changed = current._replace(parts=live, retired=retired | dict.fromkeys(left, now()))
    return parts.publish(store, current, changed)


def _without_retired(store: Store, current: Registry) -> Registry:
    """Delete the columns of parts that no reader reads any more."""
    kept = {id_: since for id_, since in current.retired.items() if now() - since < _RETIREMENT}
    for id_ in current.retired.keys() - kept.keys():
        parts.delete(store, id_)
    if len(kept) == len(current.retired):
        return current
    return parts.publish(store, current, current._replace(retired=kept))
