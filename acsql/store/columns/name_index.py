"""Indexes of rows by rootname: the sorted rootnames.

They are bytes, which numpy sorts in a tenth of the time and memory of texts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Integers = npt.NDArray[np.signedinteger[Any]]


class NameIndex(NamedTuple):
    """The rootnames of rows, sorted, and the numbers of these rows.

    Attributes
    ----------
    rootnames : numpy.ndarray
        The rootnames, each once.
    rows : numpy.ndarray
        The row of each.
    """

    rootnames: npt.NDArray[np.bytes_]
    rows: Integers

    def find(self, rootnames: npt.NDArray[np.bytes_]) -> Integers:
        """Return the rows of those of some rootnames that the index has, in their order."""
        places = np.searchsorted(self.rootnames, rootnames)
        is_within = places < len(self.rows)
        places, rootnames = places[is_within], rootnames[is_within]
        found: Integers = self.rows[places[self.rootnames[places] == rootnames]]
        return found


def index_of(names: pa.Array, rows: Integers) -> NameIndex:
    """Return the index of some rows.

    Parameters
    ----------
    names : pyarrow.Array
        Their rootnames.
    rows : numpy.ndarray
        Their numbers.

    Returns
    -------
    NameIndex
        The index.
    """
    every = np.array(names.to_pylist(), np.bytes_)
    order = np.argsort(every)
    return NameIndex(every[order], rows[order])
