"""Membership masks: the rows of the columns that belong to listed observations, kept in memory.

A list, such as all observations with a flag, can have a hundred thousand rootnames.  It is compared
with the rows of all parts at once, and again only when the list or the parts have changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from threading import Lock
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from cachetools import LRUCache

from ...query.conditions import Among, Condition, leaves
from .parts import Part

# Lists whose masks are kept, of 27 kilobytes each for the mission.
_MOST_LISTS = 8


class _Kept(NamedTuple):
    """The masks of a list, and the list itself, whose identity is the key as long as it lives."""

    rootnames: Collection[str]
    masks: list[pa.BooleanArray]


_cache: LRUCache[tuple[int, tuple[str, ...]], _Kept] = LRUCache(_MOST_LISTS)
_lock = Lock()


def members(
    condition: Condition, parts: Sequence[Part], names: Sequence[pa.Array]
) -> Iterator[dict[int, pa.BooleanArray]]:
    """Yield for each part which rows are of the observations that a condition lists.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it, with any number of `Among`.
    parts : sequence of Part
        From the registry.
    names : sequence of pyarrow.Array
        The rootnames of the rows of each part.

    Yields
    ------
    dict
        The ``id`` of the list of each `Among` to a mask of the rows.
    """
    lists = [leaf.rootnames for leaf, _ in leaves(condition) if isinstance(leaf, Among)]
    masks = {id(listed): _masks(listed, parts, names) for listed in lists}
    for number in range(len(parts)):
        yield {key: of_parts[number] for key, of_parts in masks.items()}


def _masks(
    rootnames: Collection[str], parts: Sequence[Part], names: Sequence[pa.Array]
) -> list[pa.BooleanArray]:
    key = id(rootnames), tuple(part.id for part in parts)
    with _lock:
        kept = _cache.get(key)
    if kept is not None:
        return kept.masks
    every = pa.chunked_array(names, pa.string())
    # Compared chunk by chunk, the list would be hashed for each.
    found = pc.is_in(every.combine_chunks(), pa.array(list(rootnames), pa.string()))
    masks, start = [], 0
    for part in parts:
        masks.append(found.slice(start, part.rows))
        start += part.rows
    with _lock:
        _cache[key] = _Kept(rootnames, masks)
    return masks
