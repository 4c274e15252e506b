"""Rows of a few observations that are known by name, from columns in memory.

A process that has used all columns of a page before has its rows in a millisecond; reading the
documents of the page takes the server and this process four.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from cachetools import LRUCache

from ..client import Store
from ..schema import Document
from . import cache, changed, marks, whole
from .arrays import rows_of
from .conversion import from_numpy
from .encode import Column
from .name_index import NameIndex, index_of
from .parts import Part
from .paths import has_lists, path_of

# Parts whose sorted rootnames are kept, of 4 megabytes for the mission.
_MOST_PARTS = 8
# Parts whose columns are read where those of all others are in memory, as after a fold.
_NEW_PARTS = 2


# Parts to their live rows.
_indexes: LRUCache[Part, NameIndex] = LRUCache(_MOST_PARTS)
_lock = Lock()


def rows(store: Store, rootnames: Sequence[str], addresses: Sequence[str]) -> list[Document] | None:
    """Return the values of keywords in some observations, if the columns have them in memory.

    Parameters
    ----------
    store : Store
        The open database.
    rootnames : sequence of str
        The observations.
    addresses : sequence of str
        The keywords to read.

    Returns
    -------
    list of dict or None
        Addresses to values, in the order of the rootnames.  None if a column is not in memory or
        has lists, and if an observation is not stored or has a value that is in no column.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    paths = list(dict.fromkeys(("_id", *map(path_of, addresses))))
    if any(map(has_lists, paths)):
        return None
    with store.errors():
        marked, parts = marks.with_parts(store)
        stored = _in_memory(store, parts, paths) if parts else None
        if stored is None:
            return None
        changed_names = [name for name in rootnames if name in marked.tokens]
        others = [name for name in rootnames if name not in marked.tokens]
        found = _found(*stored, others, addresses)
        if changed_names:
            further = changed.parts_of(store, marked, paths)
            for part, columns in zip(further.parts, further.columns, strict=True):
                found |= _found(part, columns, changed_names, addresses)
    if any(name not in found for name in rootnames):
        return None
    return [found[name] for name in rootnames]


def _in_memory(
    store: Store, parts: Sequence[Part], paths: Sequence[str]
) -> tuple[Part, Mapping[str, Column | None]] | None:
    """Return parts as one part with its columns, None if most of these have to be read."""
    known = whole.in_memory(parts, paths)
    if known is not None:
        return known
    if cache.number_lacking(paths, parts) > _NEW_PARTS * len(paths):
        return None
    parts, columns = whole.columns_of_all(store, parts, paths)
    # Several parts are of values of several types, which are never in memory as one.
    return (parts[0], columns[0]) if len(parts) == 1 else None


def _found(
    part: Part,
    columns: Mapping[str, Column | None],
    rootnames: Sequence[str],
    addresses: Sequence[str],
) -> dict[str, Document]:
    """Return the observations of a part whose values of all addresses are in its columns."""
    names = columns["_id"]
    if names is None or not rootnames:
        return {}
    of_addresses = {address: columns[path_of(address)] for address in addresses}
    irregular = {row for each in of_addresses.values() if each for row in each.irregular}
    places = from_numpy(_places(part, names.array, rootnames, irregular))
    arrays = {
        address: column.array.take(places) if column else pa.nulls(len(places))
        for address, column in of_addresses.items()
    }
    return dict(zip(names.array.take(places).to_pylist(), rows_of(arrays), strict=True))


def _places(
    part: Part, names: pa.Array, rootnames: Sequence[str], irregular: Collection[int]
) -> npt.NDArray[np.int64]:
    """Return the live rows of a part that some observations have, without irregular ones."""
    found = _index(part, names).find(np.array(rootnames, np.bytes_))
    return np.array([row for row in found.tolist() if row not in irregular], np.int64)


def _index(part: Part, names: pa.Array) -> NameIndex:
    with _lock:
        known = _indexes.get(part)
    if known is None:
        live = np.flatnonzero(part.live_rows)
        known = index_of(names.take(from_numpy(live)), live)
        with _lock:
            _indexes[part] = known
    return known
