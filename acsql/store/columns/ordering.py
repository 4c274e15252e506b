"""Rows of a selection in an order, as MongoDB sorts: the first ones, or all.

Documents, which may have values of any type, are sorted by Python, and so are the first rows of
several parts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import partial, reduce
from heapq import merge
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..schema import Document
from ..sorting import SortKey, order_key, order_position
from .arrays import rows_of
from .conversion import from_numpy, scalar, to_numpy
from .rows_of_part import RowsOfPart
from .sorted_places import Columns, Places, first_places, sorted_places
from .time_order import in_time_order

# Rows that are converted to Python together.
_BATCH = 1000
_FALSE = scalar(False)


def first(
    parts: Sequence[RowsOfPart],
    documents: Sequence[Document],
    order: Sequence[SortKey],
    limit: int,
    after: Sequence[Any] | None,
) -> list[Document]:
    """Return the first rows of parts and documents.

    Parameters
    ----------
    parts : sequence of RowsOfPart
        With all addresses of the order.
    documents : sequence of dict
        More rows, with the same addresses.
    order : sequence of SortKey
        A total order.
    limit : int
        The largest number of rows.
    after : sequence, optional
        The `acsql.store.sorting.cursor_values` of a row; rows after it are returned.

    Returns
    -------
    list of dict
        Addresses to values.
    """
    if after is not None:
        documents = _later(documents, order, after)
    position = partial(_position, order=order)
    of_parts = (_first_rows(part, order, limit, after) for part in parts)
    return list(islice(merge(*of_parts, sorted(documents, key=position), key=position), limit))


def every(
    columns: Columns,
    documents: Sequence[Document],
    order: Sequence[SortKey],
    after: Sequence[Any] | None,
) -> Iterator[Document]:
    """Yield all rows of columns and documents in an order.

    Parameters
    ----------
    columns : mapping
        Addresses to values, with all addresses of the order.
    documents : sequence of dict
        As for `first`.
    order : sequence of SortKey
        As for `first`.
    after : sequence, optional
        As for `first`.

    Yields
    ------
    dict
        Addresses to values.
    """
    if after is not None:
        chosen = _are_after(columns, order, after)
        columns = {address: array.filter(chosen) for address, array in columns.items()}
        documents = _later(documents, order, after)
    places = sorted_places(columns, order)
    positions = _Positions(columns, order, places)
    start = 0
    for document in sorted(documents, key=lambda row: _position(row, order)):
        end = bisect_left(positions, _position(document, order), start)
        yield from _rows(columns, places[start:end])
        yield document
        start = end
    yield from _rows(columns, places[start:])


def places(
    columns: Columns, documents: Sequence[Document], order: Sequence[SortKey]
) -> npt.NDArray[np.int64]:
    """Return the order of all rows of columns and documents; the parameters are those of `every`.

    Returns
    -------
    numpy.ndarray
        The numbers of the rows; those of the documents continue those of the columns.
    """
    in_columns = sorted_places(columns, order)
    positions = _Positions(columns, order, in_columns)
    numbers = sorted(range(len(documents)), key=lambda n: _position(documents[n], order))
    before = [bisect_left(positions, _position(documents[n], order)) for n in numbers]
    inserted = np.array(numbers, int) + len(in_columns)
    return np.insert(in_columns.astype(int), before, inserted)


class _Positions(Sequence[tuple[Any, ...]]):
    """The positions of the rows at some places in an order, each computed when it is read."""

    def __init__(self, columns: Columns, order: Sequence[SortKey], places: Places) -> None:
        self._keys = [columns[key.address] for key in order]
        self._order, self._places = order, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: Any) -> Any:
        place = int(self._places[number])
        return order_position([key[place].as_py() for key in self._keys], self._order)


def _position(row: Document, order: Sequence[SortKey]) -> tuple[Any, ...]:
    return order_position([row[key.address] for key in order], order)


def _rows(columns: Columns, places: Places) -> Iterator[Document]:
    for start in range(0, len(places), _BATCH):
        batch = from_numpy(places[start : start + _BATCH])
        yield from rows_of({address: array.take(batch) for address, array in columns.items()})


def _first_rows(
    part: RowsOfPart, order: Sequence[SortKey], limit: int, after: Sequence[Any] | None
) -> Iterator[Document]:
    """Return the first rows of a part, in their order."""
    rows = in_time_order(part, order)
    if rows is not None:
        positions = _Positions(part.arrays, order, rows)
        start = 0 if after is None else bisect_right(positions, order_position(after, order))
        return _rows(part.arrays, part.first_of(rows[start:], limit))
    if after is not None:
        part = part.among(to_numpy(_are_after(part, order, after)))
    few = part.take(first_places(part, order, limit))
    return _rows(few, sorted_places(few, order)[:limit])


def _later(
    documents: Sequence[Document], order: Sequence[SortKey], cursor: Sequence[Any]
) -> list[Document]:
    """Return the documents that come after a cursor."""
    end = order_position(cursor, order)
    return [row for row in documents if _position(row, order) > end]


def _are_after(
    columns: Columns, order: Sequence[SortKey], cursor: Sequence[Any]
) -> pa.BooleanArray:
    """Return for each row whether it comes after a cursor."""
    equal: list[pa.BooleanArray] = []
    choices = []
    for key, value in zip(order, cursor, strict=True):
        is_later, is_same = _compared(columns[key.address], value)
        if key.descending:
            is_later = pc.invert(pc.or_(is_later, is_same))
        choices.append(reduce(pc.and_, equal, is_later))
        equal.append(is_same)
    return reduce(pc.or_, choices)


def _compared(array: pa.Array, value: Any) -> tuple[pa.BooleanArray, pa.BooleanArray]:
    """Return for each row whether MongoDB sorts it after a value, and whether as equal to it."""
    if pa.types.is_dictionary(array.type):
        of_texts = _compared(array.dictionary, value)
        is_later, is_same = (pc.fill_null(each.take(array.indices), _FALSE) for each in of_texts)
        return is_later, (pc.is_null(array) if value is None else is_same)
    valid = array.is_valid()
    if value is None:
        return valid, pc.invert(valid)
    own = next((order_key(item)[0] for item in _samples(array)), None)
    rank = order_key(value)[0]
    if own != rank or value != value:
        # NaN, which is in no array, is sorted before all other numbers.
        is_later = own is not None and (own > rank or (own == rank and value != value))
        return (valid if is_later else pa.repeat(_FALSE, len(array))), pa.repeat(_FALSE, len(array))
    # Arrow refuses to compare floats with an integer that they may not represent.
    exact = float(value) if pa.types.is_floating(array.type) else value
    end = scalar(exact, array.type if pa.types.is_timestamp(array.type) else None)
    later, same = (pc.call_function(name, [array, end]) for name in ("greater", "equal"))
    return pc.fill_null(later, _FALSE), pc.fill_null(same, _FALSE)


def _samples(array: pa.Array) -> list[Any]:
    """Return one value of an array that is not null, if there is one."""
    values: list[Any] = array.drop_null().slice(0, 1).to_pylist()
    return values
