"""Decoded columns, kept in the memory of a process.

The columns of a part never change, so none has to be removed before the memory is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from cachetools import LRUCache

from ..client import Store
from .encode import Column
from .parts import Part, read

# Bytes of a process: some 80 numeric columns of the whole mission, of which a site shows a dozen.
_MOST_BYTES = 128 * 2**20
# Bytes of an entry beside its values: the key and the objects (tracemalloc).
_OVERHEAD = 1000


def entry_bytes(column: Column | None) -> int:
    """Return the bytes of the entry of a column in a cache."""
    return _OVERHEAD + (column.nbytes if column else 0)


# To a part and a path; None if the part has no value of the path.
_cache: LRUCache[tuple[str, str], Column | None] = LRUCache(_MOST_BYTES, getsizeof=entry_bytes)
_lock = Lock()


def columns(
    store: Store, paths: Sequence[str], parts: Sequence[Part]
) -> list[dict[str, Column | None]]:
    """Return columns from memory, and read the others.

    Parameters
    ----------
    store : Store
        The open database.
    paths : sequence of str
        MongoDB field paths.
    parts : sequence of Part
        From the registry.

    Returns
    -------
    list of dict
        For each part, paths to columns; None if no observation of the part has a value.
    """
    keys = [(part.id, path) for part in parts for path in paths]
    with _lock:
        known = {key: _cache[key] for key in keys if key in _cache}
    lacking = [key for key in keys if key not in known]
    found = read(store, lacking)
    with _lock:
        for key in lacking:
            _cache[key] = known[key] = found.get(key)
    return [{path: known[part.id, path] for path in paths} for part in parts]


def number_lacking(paths: Sequence[str], parts: Sequence[Part]) -> int:
    """Return the number of columns that are not in memory; the parameters are as of `columns`."""
    with _lock:
        return sum((part.id, path) not in _cache for part in parts for path in paths)
