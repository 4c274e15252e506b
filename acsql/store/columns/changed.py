"""Changed observations as one more part, whose values are read from their documents once.

An ingest leaves up to two thousand observations changed, and reading their documents takes longer
than reading all columns.  The value of a field is kept with the token of its observation, so a
search reads those that were written since the last search on this field.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
from cachetools import LRUCache
from pymongo import ReadPreference

from ..client import Store
from ..fields import value_at
from ..moment import Marks
from ..schema import CHANGED
from .documents import documents_of
from .encode import Column, column_of
from .parts import Part

# The rootname of an observation with the token of its last change, which no other change has.
_Mark = tuple[str, Any]

# Fields whose values are kept, of some 100 kilobytes each.
_MOST_FIELDS = 64


@dataclass(frozen=True)
class _Values:
    """The values of a field in the observations of some marks, and the column of all of them."""

    marks: str
    by_mark: Mapping[_Mark, Any]
    column: Column


_NOTHING = _Values("", {}, Column(pa.nulls(0)))
_cache: LRUCache[str, _Values] = LRUCache(_MOST_FIELDS)
_lock = Lock()


def part_of(
    store: Store, marks: Marks, paths: Collection[str]
) -> tuple[Part, dict[str, Column | None]]:
    """Return the changed observations as a part.

    Parameters
    ----------
    store : Store
        The open database.
    marks : Marks
        At least one.
    paths : collection of str
        MongoDB field paths.

    Returns
    -------
    part : Part
        A row for each mark, in their order.  Those are not live that have changed meanwhile or
        are not stored.  None is live where a value is not sure to be that of its mark: on a
        standalone server, and with reads from secondaries.
    columns : dict
        The columns of the paths, with ``_id``.
    """
    every = marks.tokens.items()
    names: dict[str, Column | None] = {"_id": Column(pa.array(marks.tokens, pa.string()))}
    part = Part(marks.id, len(every), b"")
    if not store.has_transactions or store.database.read_preference != ReadPreference.PRIMARY:
        return part.with_live(np.zeros(len(every), bool)), names
    # The rootname says whether an observation is stored.
    with _lock:
        known = {path: _cache.get(path, _NOTHING) for path in ("_id", *paths)}
    outdated = (kept.by_mark.keys() for kept in known.values() if kept.marks != marks.id)
    new = set[_Mark]().union(*(every - kept for kept in outdated))
    read = _read(store, dict(new), list(known))
    columns: dict[str, Column | None] = {}
    for number, (path, kept) in enumerate(known.items()):
        added = {mark: values[number] for mark, values in read.items()}
        columns[path] = _updated(path, kept, marks, added).column
    lost = new - read.keys()
    return part.with_live(np.array([mark not in lost for mark in every])), columns | names


def _read(
    store: Store, tokens: Mapping[str, Any], paths: Sequence[str]
) -> dict[_Mark, Sequence[Any]]:
    """Return the values of fields in observations that have not changed since their marks."""
    if not tokens:
        return {}
    named = {"_id": {"$in": list(tokens)}}
    documents = {each["_id"]: each for each in documents_of(store, named, paths)}
    split = [path.split(".") for path in paths]
    return {
        (mark["_id"], mark["token"]): [value_at(documents[mark["_id"]], path) for path in split]
        for mark in store.database[CHANGED].find(named)
        if mark["_id"] in documents and mark["token"] == tokens[mark["_id"]]
    }


def _updated(path: str, kept: _Values, marks: Marks, added: Mapping[_Mark, Any]) -> _Values:
    """Return the values of a field for other marks, of which `added` has those not yet kept."""
    if kept.marks == marks.id:
        return kept
    every = marks.tokens.items()
    by_mark = {mark: value for mark, value in kept.by_mark.items() if mark in every}
    by_mark.update(added)
    column = column_of(path, [by_mark.get(mark) for mark in every])
    # Without all values the column is of this moment only.
    values = _Values(marks.id if len(by_mark) == len(every) else "", by_mark, column)
    with _lock:
        _cache[path] = values
    return values
