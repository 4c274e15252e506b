"""Parts: the stored columns of up to 10,000 observations each, and the registry that lists them.

The registry is one document, and one replacement of it publishes all that a fold or a merge has
stored, so a reader sees the columns before it or after it, also on a standalone server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from bson import Binary, MaxKey
from pymongo.errors import DuplicateKeyError

from ...errors import DatabaseError
from ..client import Store
from ..moment import REGISTRY
from ..schema import COLUMN_PARTS, COLUMNS, Document, DocumentCollection
from .encode import Column, from_bytes, to_bytes

# The columns that are sent to the server together, of some 10 kilobytes each; it journals them
# batch by batch.
_SENT_TOGETHER = 1000


class Part(NamedTuple):
    """One part as the registry has it.

    Attributes
    ----------
    id : str
        Its name in the keys of its columns.
    rows : int
        The number of its observations.
    live : bytes
        A bit for each row, the lowest of each byte first: whether no newer part has its
        observation.
    """

    id: str
    rows: int
    live: bytes

    @property
    def live_rows(self) -> npt.NDArray[np.bool_]:
        """Whether each row is live."""
        bits = np.frombuffer(self.live, np.uint8)
        return np.unpackbits(bits, count=self.rows, bitorder="little").astype(bool)

    def with_live(self, rows: npt.NDArray[np.bool_]) -> Part:
        """Return the part with other live rows."""
        return self._replace(live=np.packbits(rows, bitorder="little").tobytes())


class Registry(NamedTuple):
    """The parts that make up the columns.

    Attributes
    ----------
    version : int
        The number of replacements of the registry, 0 before the first.
    parts : tuple of Part
        Each observation is live in at most one.
    retired : dict
        Parts that are not, or not yet, in the columns, and since when (UTC).  Readers of an older
        registry may still read them.
    """

    version: int = 0
    parts: tuple[Part, ...] = ()
    retired: Mapping[str, datetime] = {}


def registry(store: Store) -> Registry:
    """Return the registry of the columns."""
    stored = store.database[COLUMN_PARTS].find_one(REGISTRY)
    if stored is None:
        return Registry()
    parts = (Part(part["id"], part["rows"], part["live"]) for part in stored["parts"])
    return Registry(stored["version"], tuple(parts), stored["retired"])


def publish(store: Store, old: Registry, new: Registry) -> Registry:
    """Replace the registry.

    Parameters
    ----------
    store : Store
        The open database.
    old : Registry
        The registry that is replaced.
    new : Registry
        The new one, but for its version.

    Returns
    -------
    Registry
        The new one, whose version is one more.

    Raises
    ------
    DatabaseError
        If another process, which took the writer lock over, has replaced it since it was read.
    """
    new = new._replace(version=old.version + 1)
    document = {
        "version": new.version,
        "parts": [part._asdict() | {"live": Binary(part.live)} for part in new.parts],
        "retired": dict(new.retired),
    }
    try:
        store.database[COLUMN_PARTS].replace_one(
            REGISTRY | {"version": old.version}, document, upsert=True
        )
    except DuplicateKeyError as error:
        raise DatabaseError(
            f"another process changes the columns in {store.address}: run the command again"
        ) from error
    return new


def without(part: Part, names: Column | None, rootnames: Sequence[str]) -> Part:
    """Return a part in which the rows of some observations are not live.

    Parameters
    ----------
    part : Part
        From the registry.
    names : Column or None
        Its column ``_id``.
    rootnames : sequence of str
        The observations, in the part or not.

    Returns
    -------
    Part
        The part, with a new bitmap.
    """
    if names is None:
        return part
    chosen = pc.is_in(names.array, pa.array(rootnames, pa.string()))
    return part.with_live(part.live_rows & ~chosen.to_numpy(zero_copy_only=False))


def read(store: Store, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Column]:
    """Return columns.

    Parameters
    ----------
    store : Store
        The open database.
    keys : iterable of tuple
        Ids of parts with MongoDB field paths.

    Returns
    -------
    dict
        Keys to columns; a path without a value in a part has no column there.
    """
    wanted = [_key(*key) for key in keys]
    found = _columns(store).find({"_id": {"$in": wanted}}) if wanted else ()
    return {(each["_id"]["part"], each["_id"]["path"]): _decoded(each) for each in found}


def read_all(store: Store, part: Part) -> Iterable[tuple[str, Column]]:
    """Yield the columns of a part with their paths, in the order of the paths."""
    for stored in _columns(store).find(_of_part(part.id)).sort("_id", 1):
        yield stored["_id"]["path"], _decoded(stored)


def paths_of(store: Store, part: Part, prefix: str = "") -> list[str]:
    """Return the paths of the columns of a part that start with a prefix, read from the index."""
    keys = {"$gte": _key(part.id, prefix), "$lt": _key(part.id, f"{prefix}\uffff")}
    found = _columns(store).find({"_id": keys}, {"_id": 1})
    return [each["_id"]["path"] for each in found]


def write(store: Store, part: str, columns: Iterable[tuple[str, Column]]) -> None:
    """Store the columns of a part, given with their paths."""
    documents = (
        {
            "_id": _key(part, path),
            "data": Binary(to_bytes(column.array)),
            "irregular": list(column.irregular),
        }
        for path, column in columns
    )
    while batch := list(islice(documents, _SENT_TOGETHER)):
        _columns(store).insert_many(batch, ordered=False)


def delete(store: Store, part: str) -> None:
    """Delete the columns of a part."""
    _columns(store).delete_many(_of_part(part))


def _columns(store: Store) -> DocumentCollection:
    return store.database[COLUMNS]


def _key(part: str, path: str) -> dict[str, str]:
    # MongoDB compares the fields in this order, so the columns of a part are a range of keys.
    return {"part": part, "path": path}


def _of_part(part: str) -> dict[str, Any]:
    return {"_id": {"$gte": {"part": part}, "$lt": {"part": part, "path": MaxKey()}}}


def _decoded(stored: Document) -> Column:
    return Column(from_bytes(stored["data"]), tuple(stored["irregular"]))
