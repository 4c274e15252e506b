"""Membership masks: the rows of the columns that belong to listed observations, kept in memory.

A list, such as all observations with a flag, can have a hundred thousand rootnames.  It is compared
once with the rows of each part; while observations are written, the parts of all others stay.
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

# Masks that are kept: of 8 lists in 50 parts, of 27 kilobytes at most for the mission.
_MOST_MASKS = 400


class _Kept(NamedTuple):
    """The mask of a part, and the list, whose identity is in the key as long as it lives."""

    rootnames: Collection[str]
    mask: pa.BooleanArray


_cache: LRUCache[tuple[int, str], _Kept] = LRUCache(_MOST_MASKS)
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
    keys = [(id(rootnames), part.id) for part in parts]
    with _lock:
        known = {key: _cache[key] for key in keys if key in _cache}
    pairs = zip(keys, names, strict=True)
    lacking = {key: of_part for key, of_part in pairs if key not in known}
    if lacking:
        found = _compared(rootnames, list(lacking.values()))
        new = {key: _Kept(rootnames, mask) for key, mask in zip(lacking, found, strict=True)}
        known |= new
        with _lock:
            _cache.update(new)
    return [known[key].mask for key in keys]


def _compared(rootnames: Collection[str], names: Sequence[pa.Array]) -> Iterator[pa.BooleanArray]:
    """Yield for each of some parts which rows are of listed observations."""
    every = pa.chunked_array(names, pa.string())
    # Compared chunk by chunk, the list would be hashed for each.
    found = pc.is_in(every.combine_chunks(), pa.array(list(rootnames), pa.string()))
    start = 0
    for of_part in names:
        yield found.slice(start, len(of_part))
        start += len(of_part)
