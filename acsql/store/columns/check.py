"""Comparison of the columns with the observations that they are derived from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import pyarrow as pa

from .. import observation_writes
from ..client import Store
from ..fields import value_at
from ..schema import CHANGED, Document
from .encode import Column, encode, join
from .fold import with_all_fields
from .parts import Part, read, read_all, registry
from .paths import blocks_path

# Observations whose documents are in memory together.
_AT_ONCE = 1000

_EMPTY = Column(pa.nulls(0))

_LACKING = "the columns lack it"
_LEFT_OVER = "the columns have it, and it is not stored"
_REPEATED = "the columns have it more than once"


def differences(store: Store, values: bool) -> dict[str, str]:
    """Return the observations that the columns have differently.

    Observations marked as changed are read as documents, whatever the columns have of them.

    Parameters
    ----------
    store : Store
        The open database; while another process writes, its changes may be returned.
    values : bool
        Whether to compare the values of all fields, which reads all documents, or rootnames only.

    Returns
    -------
    dict
        Rootnames to descriptions of the difference.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    with store.errors():
        parts = registry(store).parts
        columns = read(store, [(part.id, "_id") for part in parts])
        rootnames = {part: _live(part, columns[part.id, "_id"]) for part in parts}
        known = [name for names in rootnames.values() for name in names.values()]
        stored = {each["_id"] for each in store.observations.find({}, {"_id": 1}, hint="_id_")}
        found: dict[str, str] = {}
        if values:
            for part, names in rootnames.items():
                found |= dict(_different(store, part, names))
        found |= dict.fromkeys(stored.difference(known), _LACKING)
        found |= dict.fromkeys(set(known) - stored, _LEFT_OVER)
        found |= dict.fromkeys(_repeated(known), _REPEATED)
        # A mark is written with its observation, and read last here.
        marked = {mark["_id"] for mark in store.database[CHANGED].find({}, {"_id": 1})}
    return {name: reason for name, reason in sorted(found.items()) if name not in marked}


def mark(store: Store, rootnames: Sequence[str]) -> None:
    """Mark observations as changed, so that the next fold moves them; the caller holds the lock."""
    if rootnames:
        with store.errors():
            observation_writes.mark(store, rootnames)


def _repeated(names: Sequence[str]) -> set[str]:
    return {name for name, number in Counter(names).items() if number > 1}


def _live(part: Part, column: Column) -> dict[int, str]:
    """Return the live rows of a part with their rootnames."""
    names = column.array.to_pylist()
    return {int(row): names[row] for row in np.flatnonzero(part.live_rows)}


def _different(store: Store, part: Part, names: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Yield the observations of a part whose values differ, with the difference."""
    places = {name: row for row, name in names.items()}
    rootnames = iter(names.values())
    while batch := list(islice(rootnames, _AT_ONCE)):
        # In the order of the rows: a merged part is not in the order of rootnames.
        documents = sorted(with_all_fields(store, batch), key=lambda each: places[each["_id"]])
        rows = np.array([places[document["_id"]] for document in documents], int)
        stored = {path: join([column], [rows]) for path, column in read_all(store, part)}
        paths: dict[int, list[str]] = {}
        for path, row in _differing(stored, documents):
            paths.setdefault(row, []).append(path)
        for row, differing in paths.items():
            yield documents[row]["_id"], f"the columns differ from it in {', '.join(differing[:5])}"


def _differing(
    stored: Mapping[str, Column], documents: Sequence[Document]
) -> Iterator[tuple[str, int]]:
    """Yield the paths and rows in which columns differ; MongoDB evaluates irregular rows."""
    expected = encode(documents)
    for path in sorted({*stored, *expected}):
        left, right = (columns.get(path, _EMPTY) for columns in (stored, expected))
        if left.array.equals(right.array) and left.irregular == right.irregular:
            continue
        parts = path.split(".")
        values = left.array.to_pylist() or [None] * len(documents)
        irregular = _irregular(stored, path)
        for row, (value, document) in enumerate(zip(values, documents, strict=True)):
            if row not in irregular and value != value_at(document, parts):
                yield path, row


def _irregular(columns: Mapping[str, Column], path: str) -> set[int]:
    """Return the rows whose value at a path is not in its column, also with all of its blocks."""
    paths = (path, blocks_path(path) or path)
    return {row for each in paths for row in columns.get(each, _EMPTY).irregular}
