"""The rows of one part that meet a condition, with the values of some keywords.

The values of a keyword are filtered when they are read.  A page reads all values of the keywords
that it is sorted by, and 50 of each other: to filter 200,000 rootnames takes a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .conversion import from_numpy, to_numpy
from .sorted_places import Places

# Rows that are looked at first for the first selected ones; then twice as many, and so on.
_FIRST_BLOCK = 1000


@dataclass(frozen=True, eq=False)
class RowsOfPart(Mapping[str, pa.Array]):
    """Addresses to the values of the rows of a part that meet a condition.

    Attributes
    ----------
    id : str
        The name of the part.
    rootnames : pyarrow.Array
        The rootnames of all of its rows.
    selected : pyarrow.BooleanArray
        Whether each row meets the condition, without nulls.
    arrays : mapping
        Addresses to the values of all of its rows.
    """

    id: str
    rootnames: pa.Array
    selected: pa.BooleanArray
    arrays: Mapping[str, pa.Array]
    _filtered: dict[str, pa.Array] = field(default_factory=dict, init=False)

    def __getitem__(self, address: str) -> pa.Array:
        """Return the values of a keyword in the selected rows."""
        if address not in self._filtered:
            array = self.arrays[address]
            are_all = self.count == len(array)
            self._filtered[address] = array if are_all else array.filter(self.selected)
        return self._filtered[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    @cached_property
    def count(self) -> int:
        """The number of selected rows."""
        return int(self.selected.true_count)

    @cached_property
    def _row_numbers(self) -> npt.NDArray[np.int64]:
        """The number of each selected row in the part."""
        # Twice as fast as Arrow where most rows are selected.
        return np.flatnonzero(to_numpy(self.selected))

    def take(self, places: Places) -> dict[str, pa.Array]:
        """Return the values of some of the selected rows.

        Parameters
        ----------
        places : numpy.ndarray
            Their numbers among the selected rows.

        Returns
        -------
        dict
            All addresses to values, in the order of the places.
        """
        rows = from_numpy(self._row_numbers[places])
        return {address: array.take(rows) for address, array in self.arrays.items()}

    def first_of(self, rows: Places, number: int) -> Places:
        """Return the first selected ones of some rows.

        Parameters
        ----------
        rows : numpy.ndarray
            Numbers of rows in the part, selected or not.
        number : int
            The largest number of rows to return.

        Returns
        -------
        numpy.ndarray
            Some of the numbers, in their order.
        """
        is_selected, block = to_numpy(self.selected), _FIRST_BLOCK
        chosen = [rows[:0]]
        while number > 0 and len(rows):
            found = rows[:block][is_selected[rows[:block]]][:number]
            chosen.append(found)
            number -= len(found)
            rows, block = rows[block:], 2 * block
        return np.concatenate(chosen)

    def among(self, chosen: npt.NDArray[np.bool_]) -> RowsOfPart:
        """Return some of the selected rows.

        Parameters
        ----------
        chosen : numpy.ndarray
            Whether each selected row is one of them.

        Returns
        -------
        RowsOfPart
            These rows.
        """
        rows = np.zeros(len(self.selected), bool)
        rows[self._row_numbers[chosen]] = True
        return RowsOfPart(self.id, self.rootnames, from_numpy(rows), self.arrays)
