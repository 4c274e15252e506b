"""Values that observations have outside of the columns, such as flags, counted in a selection.

A flag can have a hundred thousand observations.  Which rows of a part they are is found out once,
so that counting takes a fraction of a millisecond.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cachetools import LRUCache

from .rows_of_part import RowsOfPart
from .selection import Selection

# Values by rootname that are kept with their rows, of some 2 megabytes each.
_MOST_LISTS = 8
# Parts whose rows are kept, of each.
_MOST_PARTS = 4

_Listed = Mapping[str, tuple[Any, ...]]


class _Rows(NamedTuple):
    """For each value of each observation of a part: the row, and the number of the value."""

    rows: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int64]


class _Values:
    """Values by rootname, numbered.

    Parameters
    ----------
    listed : mapping
        The values; its identity is the key as long as it lives.
    """

    def __init__(self, listed: _Listed) -> None:
        self.listed = listed
        self._of_parts: LRUCache[str, _Rows] = LRUCache(_MOST_PARTS)
        self._lock = Lock()

    @cached_property
    def numbers(self) -> dict[Any, int]:
        """The number of each value."""
        every = dict.fromkeys(chain.from_iterable(self.listed.values()))
        return {value: number for number, value in enumerate(every)}

    @cached_property
    def _lengths(self) -> npt.NDArray[np.int64]:
        """The number of values of each observation."""
        return np.array([len(values) for values in self.listed.values()], np.int64)

    @cached_property
    def _codes(self) -> npt.NDArray[np.int64]:
        """The numbers of the values of all observations, one after another."""
        numbers = self.numbers
        every = chain.from_iterable(self.listed.values())
        return np.array([numbers[value] for value in every], np.int64)

    def rows_of(self, part: RowsOfPart) -> _Rows:
        """Return the rows of a part that have values."""
        with self._lock:
            known = self._of_parts.get(part.id)
        if known is None:
            # An observation can have several rows, of which one is live.
            names = pa.array(self.listed, pa.string())
            places = pc.index_in(part.rootnames.cast(pa.string()), value_set=names)
            rows = np.flatnonzero(places.is_valid())
            lengths = self._lengths[found := places.drop_null().to_numpy()]
            ends = np.cumsum(lengths)
            starts = np.cumsum(self._lengths)[found] - ends
            codes = self._codes[np.repeat(starts, lengths) + np.arange(lengths.sum())]
            known = _Rows(np.repeat(rows, lengths), codes)
            with self._lock:
                self._of_parts[part.id] = known
        return known


_cache: LRUCache[int, _Values] = LRUCache(_MOST_LISTS)
_lock = Lock()


def value_counts(selection: Selection, listed: _Listed) -> dict[Any, int]:
    """Return the values of the observations of a selection with their numbers of observations.

    Parameters
    ----------
    selection : Selection
        The observations.
    listed : mapping
        Rootnames to values, each once; kept, so it must not change.

    Returns
    -------
    dict
        Without values that none of the observations has.
    """
    with _lock:
        values = _cache.get(id(listed)) or _Values(listed)
        _cache[id(listed)] = values
    numbers = np.zeros(len(values.numbers), np.int64)
    for part in selection.parts:
        rows, codes = values.rows_of(part)
        is_selected = part.selected.to_numpy(zero_copy_only=False)
        numbers += np.bincount(codes[is_selected[rows]], minlength=len(numbers))
    found = Counter(dict(zip(values.numbers, numbers.tolist(), strict=True)))
    for document in selection.documents:
        found.update(listed.get(document["_id"], ()))
    return dict(+found)
