"""Parts: the stored columns of up to 1,000 observations each, and the registry that lists them.

One replacement of the registry publishes a fold, so a reader sees the columns before it or after
it, also on a standalone server.  What an interrupted fold has stored is not in the registry.

A writer has to mark an observation in `CHANGED`, with a new token, before it writes it.  The
writers of acsql do not do so yet, so nothing calls `fold`, and `select` answers no question.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bson import Binary
from pymongo import DeleteOne

from ..client import Store
from ..schema import Document
from .encode import Column, encode, from_bytes, to_bytes

if TYPE_CHECKING:
    import pyarrow as pa

CHANGED = "changed_observations"
PARTS = "column_parts"
COLUMNS = "columns"
# Observations of one part; their documents are in memory together, at tens of kilobytes each.
ROWS = 1000
_REGISTRY = "parts"


class Part(NamedTuple):
    """One part as the registry has it.

    Attributes
    ----------
    id : str
        Its name in the keys of its columns.
    rows : int
        The number of its observations.
    live : tuple of bool
        Of each row, whether no newer part has its observation.
    """

    id: str
    rows: int
    live: tuple[bool, ...]


def registry(store: Store) -> list[Part]:
    """Return the parts of the columns, the oldest first."""
    stored = store.database[PARTS].find_one({"_id": _REGISTRY}) or {"parts": []}
    return [Part(part["id"], part["rows"], _flags(part)) for part in stored["parts"]]


def column(store: Store, path: str, part: Part) -> Column:
    """Return the column of a path in a part.

    Parameters
    ----------
    store : Store
        The open database.
    path : str
        As `acsql.store.fields.field_path` returns it.
    part : Part
        From the registry.

    Returns
    -------
    Column
        Of nulls if no observation of the part has a value.
    """
    import pyarrow as pa

    stored = store.database[COLUMNS].find_one({"_id": {"path": path, "part": part.id}})
    if stored is None:
        return Column(pa.nulls(part.rows), ())
    return Column(from_bytes(stored["data"]), tuple(stored["irregular"]))


def fold(store: Store) -> int:
    """Move the changed observations into columns; the caller holds the writer lock.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    int
        The number of observations that were moved.  One that changes meanwhile stays marked.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    moved = 0
    with store.errors():
        while marks := list(store.database[CHANGED].find(limit=ROWS, sort=[("_id", 1)])):
            _fold(store, marks)
            moved += len(marks)
    return moved


def _fold(store: Store, marks: Sequence[Document]) -> None:
    """Store one part of marked observations, publish it, and remove their marks."""
    rootnames = [mark["_id"] for mark in marks]
    documents = list(store.observations.find({"_id": {"$in": rootnames}}).sort("_id", 1))
    part = Part(uuid.uuid4().hex, len(documents), (True,) * len(documents))
    columns = encode(documents)
    if columns:
        store.database[COLUMNS].insert_many(_stored(columns, part))
    older = [_without(store, known, rootnames) for known in registry(store)]
    parts = [_registered(known) for known in [*older, part] if any(known.live)]
    store.database[PARTS].replace_one({"_id": _REGISTRY}, {"parts": parts}, upsert=True)
    # A mark that was written since has another token.
    store.database[CHANGED].bulk_write([DeleteOne(mark) for mark in marks], ordered=False)


def _stored(columns: Mapping[str, Column], part: Part) -> Iterable[Document]:
    for path, values in columns.items():
        yield {
            "_id": {"path": path, "part": part.id},
            "data": Binary(to_bytes(values.array)),
            "irregular": list(values.irregular),
        }


def _without(store: Store, part: Part, rootnames: Sequence[str]) -> Part:
    """Return a part in which the rows of some observations are not live."""
    moved = set(rootnames)
    names: pa.Array = column(store, "_id", part).array
    pairs = zip(part.live, names.to_pylist(), strict=True)
    return part._replace(live=tuple(live and name not in moved for live, name in pairs))


def _registered(part: Part) -> dict[str, Any]:
    return {"id": part.id, "rows": part.rows, "live": Binary(bytes(part.live))}


def _flags(part: Mapping[str, Any]) -> tuple[bool, ...]:
    return tuple(map(bool, part["live"]))
