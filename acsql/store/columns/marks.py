"""Marks: the observations that have changed since the columns were made, each with a token.

Every write of an observation gives it another token, so equal marks say that no observation has
changed since.  From one search to the next few marks are added, and only these are taken out of
the rows that are still live after the earlier marks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from cachetools import LRUCache

from ..client import Store
from ..moment import Marks, current
from .encode import Column
from .name_index import NameIndex, index_of
from .parts import Part, registry

# Registries whose unmarked rows are kept, of 27 kilobytes each for the mission.
_MOST_REGISTRIES = 4
# Parts whose sorted rootnames are kept, of some 200 kilobytes each.
_MOST_PARTS = 100


# Databases to the parts of the registry that was current last.
_registries: LRUCache[Hashable, tuple[Hashable, tuple[Part, ...]]] = LRUCache(_MOST_REGISTRIES)
_kept: LRUCache[tuple[tuple[Part, ...], str], tuple[Part, ...]] = LRUCache(_MOST_REGISTRIES)
_indexes: LRUCache[str, NameIndex] = LRUCache(_MOST_PARTS)
_lock = Lock()


def with_parts(store: Store) -> tuple[Marks, tuple[Part, ...]]:
    """Return the marks, and the parts as the registry has them.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    marks : Marks
        The marks of this moment, at most one more than `MOST_MARKS`.
    parts : tuple of Part
        Without parts before the first fold.
    """
    now = current(store)
    place = store.connection_string, store.database.name
    with _lock:
        version, parts = _registries.get(place, (None, ()))
    if version != now.registry:
        # After the marks: `unmarked` leaves a row that a fold moves meanwhile out of the columns.
        parts = registry(store).parts
        with _lock:
            _registries[place] = now.registry, parts
    return now.marks, parts


def unmarked(
    parts: tuple[Part, ...],
    columns: Callable[[], Sequence[Mapping[str, Column | None]]],
    marks: Marks,
) -> tuple[Part, ...]:
    """Return parts in which the rows of marked observations are not live.

    Parameters
    ----------
    parts : tuple of Part
        From the registry.
    columns : callable
        Returns their columns, with the path ``_id``; called if rows have to be found.
    marks : Marks
        Read before the registry.

    Returns
    -------
    tuple of Part
        As many, in the same order.
    """
    with _lock:
        known = _kept.get((parts, marks.id))
    if known is not None:
        return known
    before, new = parts, marks.tokens
    if marks.base is not None:
        before, new = unmarked(parts, columns, marks.base), marks.recent
    if not new:
        return before
    names = np.sort(np.array(list(new), np.bytes_))
    pairs = zip(before, columns(), strict=True)
    without = tuple(_without(part, by_path["_id"], names) for part, by_path in pairs)
    with _lock:
        _kept[parts, marks.id] = without
    return without


def _without(part: Part, column: Column | None, names: npt.NDArray[np.bytes_]) -> Part:
    """Return a part in which the rows of some observations, sorted by name, are not live."""
    if column is None:
        return part
    rows = _index(part.id, column.array).find(names)
    if not len(rows):
        return part
    live = part.live_rows
    live[rows] = False
    return part.with_live(live)


def _index(part: str, names: pa.Array) -> NameIndex:
    with _lock:
        known = _indexes.get(part)
    if known is None:
        known = index_of(names, np.arange(len(names)))
        with _lock:
            _indexes[part] = known
    return known
