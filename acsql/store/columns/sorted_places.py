"""Places of rows in an order: of all rows, or of the first ones.

The first rows are found key by key.  Rows with the value of the last one are tied, and only these
are compared by the next key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..sorting import SortKey
from .conversion import from_numpy, scalar, to_numpy

Columns = Mapping[str, pa.Array]
Places = npt.NDArray[np.integer[Any]]

# Rows that are sorted together, where Arrow would take as long for a key.
_FEW = 200
# The size of the sample of values beyond whose first ones no value is looked at.
_SAMPLE = 5000


def sorted_places(columns: Columns, order: Sequence[SortKey]) -> Places:
    """Return the places of all rows in an order.

    Parameters
    ----------
    columns : mapping
        Addresses to values, with all addresses of the order.
    order : sequence of SortKey
        A total order.

    Returns
    -------
    numpy.ndarray
        The numbers of the rows.
    """
    keys = list(_sort_keys(columns, order))
    if not keys:
        return np.empty(0, int)
    table = pa.table({str(number): values for number, (values, _) in enumerate(keys)})
    directions = [(str(number), direction) for number, (_, direction) in enumerate(keys)]
    return to_numpy(pc.sort_indices(table, directions))


def first_places(columns: Columns, order: Sequence[SortKey], limit: int) -> Places:
    """Return the places of the first rows, in any order, with some that are tied with the last.

    Parameters
    ----------
    columns : mapping
        As for `sorted_places`.
    order : sequence of SortKey
        As for `sorted_places`.
    limit : int
        The number of first rows.

    Returns
    -------
    numpy.ndarray
        The numbers of these rows, and of tied ones.
    """
    tied: Places = np.arange(len(columns[order[0].address]))
    chosen: list[Places] = []
    lacking = limit
    keys = _sort_keys(columns, order)
    # Each key is filtered and read when it is needed: expstart mostly leaves no ties.
    while len(tied) > max(lacking, _FEW) and (key := next(keys, None)):
        values, direction = key
        is_ascending = direction == "ascending"
        if len(tied) == len(values):
            tied = _possible_places(values, lacking, is_ascending)
        of_tied = values if len(tied) == len(values) else values.take(from_numpy(tied))
        is_before, is_last = _beside_last(of_tied, lacking, is_ascending)
        chosen.append(tied[is_before])
        lacking -= len(chosen[-1])
        tied = tied[is_last]
    return np.concatenate([*chosen, tied])


def _possible_places(values: pa.Array, number: int, is_ascending: bool) -> Places:
    """Return the places of values that can be among the first ones: not beyond those of a sample.

    There are few of them, so the first ones are found in half of the time.
    """
    is_small = len(values) < 2 * _SAMPLE
    # Only a sample that has as many values bounds them.
    if is_small or number > _SAMPLE or pa.types.is_string(values.type):
        return np.arange(len(values))
    numbers = to_numpy(values)
    bound = _last_of_first(numbers[:: len(numbers) // _SAMPLE], number, is_ascending)
    return np.flatnonzero(numbers <= bound if is_ascending else numbers >= bound)


def _beside_last(
    values: pa.Array, number: int, is_ascending: bool
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which values come before the last of the first ones, and which are equal to it."""
    if pa.types.is_string(values.type):
        direction = "ascending" if is_ascending else "descending"
        first_ones = pc.select_k_unstable(pa.table({"": values}), number, [("", direction)])
        last = values[first_ones[-1].as_py()]
        is_before = (pc.less if is_ascending else pc.greater)(values, last)
        return to_numpy(is_before), to_numpy(pc.equal(values, last))
    numbers = to_numpy(values)
    end = _last_of_first(numbers, number, is_ascending)
    return (numbers < end if is_ascending else numbers > end), numbers == end


def _last_of_first(numbers: npt.NDArray[Any], number: int, is_ascending: bool) -> Any:
    """Return the last of the first ones of some numbers, or of all if these are fewer."""
    place = min(number, len(numbers)) - 1
    if not is_ascending:
        place = len(numbers) - 1 - place
    # numpy finds it in a tenth of the time that Arrow takes to sort them.
    return np.partition(numbers, place)[place]


def _sort_keys(columns: Columns, order: Sequence[SortKey]) -> Iterator[tuple[pa.Array, str]]:
    """Yield arrays without nulls and their directions, which sort together as MongoDB does."""
    for key in order:
        array = columns[key.address]
        direction = "descending" if key.descending else "ascending"
        # Arrow sorts nulls last in both directions, MongoDB as the lowest value.
        if array.null_count:
            yield array.is_valid().cast(pa.uint8()), direction
        if not pa.types.is_null(array.type):
            yield _without_nulls(array), direction


def _without_nulls(array: pa.Array) -> pa.Array:
    """Return an array with any value in place of each null; of repeated texts, their ranks."""
    if pa.types.is_dictionary(array.type):
        ranks = pc.rank(array.dictionary, tiebreaker="dense").cast(pa.int32())
        array = ranks.take(array.indices)
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    if not array.null_count:
        # Arrow would copy it.
        return array
    lowest = "" if pa.types.is_string(array.type) else 0
    return pc.fill_null(array, scalar(lowest, array.type))
