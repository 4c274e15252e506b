"""Changed observations as further parts, whose values are read from their documents once.

An ingest leaves up to three thousand observations changed, and reading their documents takes longer
than reading all columns.  The value of a field is kept with the token of its observation, so a
search reads those that were written since the last search.

While observations are written, a search finds a few that have changed since the last.  These are a
part of their own, which is made anew for each change; the part of all others only loses rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from bson import Timestamp
from cachetools import FIFOCache, LRUCache

from ..client import Store
from ..derived.headerless import LEFT_OUT
from ..fields import value_at
from ..moment import NO_SNAPSHOT, Marks
from .conversion import from_python
from .documents import documents_at
from .encode import Column, column_of
from .parts import Part

# The rootname of an observation with the token of its last change, which no other change has.
_Mark = tuple[str, Any]

# Fields whose values are kept, of some 100 kilobytes each.
_MOST_FIELDS = 64
# Marks whose values of all these fields are read together, and not as each field is searched.
_FEW = 200
# In place of a value.
_UNKNOWN = object()
# Marks whose pieces are kept, of some 500 kilobytes each: a few threads have older ones.
_MOST_MARKS = 8


class ChangedParts(NamedTuple):
    """Changed observations as parts.

    Attributes
    ----------
    parts : tuple of Part
        At most two.  Each mark has a row in one of them, which is live if its values are known.
    columns : tuple of dict
        For each part the columns of the paths, with ``_id``.
    unknown : set of str
        The rootnames of the observations without a live row.
    """

    parts: tuple[Part, ...]
    columns: tuple[Mapping[str, Column | None], ...]
    unknown: set[str]


@dataclass(frozen=True)
class _Piece:
    """Some marks, of which some may be outdated.

    Attributes
    ----------
    id : str
        The same for the same marks.
    rows : dict
        The marks, numbered.
    names : Column
        Their rootnames.
    live : numpy.ndarray
        Whether no newer mark of its observation is in another piece.
    """

    id: str
    rows: Mapping[_Mark, int]
    names: Column
    live: npt.NDArray[np.bool_]


class _Values(NamedTuple):
    """The values of a field in a piece, and which of them are known."""

    column: Column
    known: npt.NDArray[np.bool_]


class _Field(NamedTuple):
    """The values of a field by mark, some of them outdated, and by the pieces that were read last.

    Threads share it.  They add and remove marks, whose values never change.
    """

    by_mark: dict[_Mark, Any]
    by_piece: Mapping[str, _Values]

    def add(self, values: Mapping[_Mark, Any], pieces: Iterable[_Piece]) -> None:
        """Add values; if most are of marks that are in none of some pieces, remove these."""
        self.by_mark.update(values)
        present = [piece.rows for piece in pieces]
        if len(self.by_mark) > 2 * sum(map(len, present)):
            for mark in list(self.by_mark):
                if not any(mark in rows for rows in present):
                    self.by_mark.pop(mark, None)


# Those that were not updated for longest are left out first.
_cache: FIFOCache[str, _Field] = FIFOCache(_MOST_FIELDS)
# By the ids of marks.
_kept: LRUCache[str, tuple[_Piece, ...]] = LRUCache(_MOST_MARKS)
_lock = Lock()


def parts_of(store: Store, marks: Marks, paths: Collection[str]) -> ChangedParts:
    """Return the changed observations as parts.

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
    ChangedParts
        Those are unknown that are not stored.  All are if the server cannot read a snapshot with
        these marks, as a standalone server.
    """
    if marks.at is None:
        return ChangedParts((), (), set(marks.tokens))
    pieces = _pieces(marks)
    # The rootname says whether an observation is stored.
    try:
        values = _values(store, marks.at, pieces, dict.fromkeys(("_id", *paths)))
    except NO_SNAPSHOT:
        return ChangedParts((), (), set(marks.tokens))
    parts, columns, unknown = [], [], set[str]()
    for piece in pieces:
        of_piece = {path: by_piece[piece.id] for path, by_piece in values.items()}
        known = np.logical_and.reduce([piece.live, *(each.known for each in of_piece.values())])
        parts.append(Part(piece.id, len(known), b"").with_live(known))
        columns.append(
            {path: each.column for path, each in of_piece.items()} | {"_id": piece.names}
        )
        if (lost := piece.live & ~known).any():
            unknown.update(name for name, _ in compress(piece.rows, lost))
    return ChangedParts(tuple(parts), tuple(columns), unknown)


def _pieces(marks: Marks) -> tuple[_Piece, ...]:
    """Return the marks as one piece, with recent ones as two."""
    with _lock:
        kept = _kept.get(marks.id)
    if kept is not None:
        return kept
    if marks.base is None:
        pieces: tuple[_Piece, ...] = (_piece(marks.id, marks.tokens),)
    else:
        (older,) = _pieces(marks.base)
        replaced = ((name, marks.base.tokens.get(name)) for name in marks.recent)
        live = np.ones(len(older.rows), bool)
        live[[older.rows[mark] for mark in replaced if mark in older.rows]] = False
        pieces = (replace(older, live=live), _piece(marks.id, marks.recent))
    with _lock:
        _kept[marks.id] = pieces
    return pieces


def _piece(id_: str, tokens: Mapping[str, Any]) -> _Piece:
    rows = {mark: row for row, mark in enumerate(tokens.items())}
    names = Column(from_python(list(tokens), pa.string()))
    return _Piece(id_, rows, names, np.ones(len(rows), bool))


def _values(
    store: Store, at: Timestamp, pieces: Sequence[_Piece], paths: Iterable[str]
) -> dict[str, Mapping[str, _Values]]:
    """Return the values of fields in pieces, by path and piece; read what is lacking."""
    with _lock:
        fields = {path: _cache.get(path) or _Field({}, {}) for path in paths}
    lacking = {
        mark for field in fields.values() for piece in pieces for mark in _lacking(field, piece)
    }
    others = _others(fields) if 0 < len(lacking) <= _FEW else {}
    read = _read(store, at, lacking, [*fields, *others])
    for number, field in enumerate((*fields.values(), *others.values())):
        field.add({mark: values[number] for mark, values in read.items()}, pieces)
    for path, field in fields.items():
        if read or any(piece.id not in field.by_piece for piece in pieces):
            fields[path] = _updated(path, field, pieces, read.keys())
    return {path: field.by_piece for path, field in fields.items()}


def _others(paths: Collection[str]) -> dict[str, _Field]:
    """Return the other fields that searches have read and that headerless observations have."""
    with _lock:
        return {
            path: _cache[path]
            for path in list(_cache)
            if path not in paths and path.partition(".")[0] not in LEFT_OUT
        }


def _lacking(field: _Field, piece: _Piece) -> Iterable[_Mark]:
    """Return the live marks of a piece whose value of a field is not known."""
    if piece.id in field.by_piece:
        unknown = piece.live & ~field.by_piece[piece.id].known
        return compress(piece.rows, unknown) if unknown.any() else ()
    return [mark for mark in compress(piece.rows, piece.live) if mark not in field.by_mark]


def _read(
    store: Store, at: Timestamp, marks: Collection[_Mark], paths: Sequence[str]
) -> dict[_Mark, Sequence[Any]]:
    """Return the values of fields in the observations of marks, from the snapshot of these."""
    if not marks:
        return {}
    names = [name for name, _ in marks]
    documents = {each["_id"]: each for each in documents_at(store, at, names, paths)}
    split = [path.split(".") for path in paths]
    return {
        mark: [value_at(documents[mark[0]], path) for path in split]
        for mark in marks
        if mark[0] in documents
    }


def _updated(path: str, field: _Field, pieces: Sequence[_Piece], added: Iterable[_Mark]) -> _Field:
    """Return the values of a field in pieces, some of whose marks were added."""
    by_piece = {}
    for piece in pieces:
        values = field.by_piece.get(piece.id)
        if values is None or any(mark in piece.rows for mark in added):
            values = _of_piece(path, piece, field.by_mark)
        by_piece[piece.id] = values
    updated = field._replace(by_piece=by_piece)
    with _lock:
        _cache[path] = updated
    return updated


def _of_piece(path: str, piece: _Piece, by_mark: Mapping[_Mark, Any]) -> _Values:
    """Return the values of a field in a piece."""
    values = [by_mark.get(mark, _UNKNOWN) for mark in piece.rows]
    known = [value is not _UNKNOWN for value in values]
    column = column_of(path, [None if value is _UNKNOWN else value for value in values])
    return _Values(column, np.array(known, bool))
