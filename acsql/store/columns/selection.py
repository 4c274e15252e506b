"""Selections: the observations that meet a condition, with the values of some keywords.

The values of most observations are Arrow arrays, one for each part of the columns; those of a few
are documents, which MongoDB has evaluated.  Every method answers for both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..fields import value_at
from ..schema import Document
from ..sorting import SortKey, order_key, order_position, total_order
from .paths import path_of

_UNKNOWN = (None, "")


@dataclass(frozen=True)
class Selection:
    """The observations that meet a condition.

    Attributes
    ----------
    addresses : tuple of str
        The addresses whose values it has.
    parts : tuple of dict
        For each part of the columns, addresses to the values of the rows that meet the condition.
    documents : tuple of dict
        The fields of the observations that MongoDB has evaluated.
    count : int
        The number of observations.
    """

    addresses: tuple[str, ...]
    parts: tuple[Mapping[str, pa.Array], ...]
    documents: tuple[Document, ...]
    count: int

    def value_counts(self, address: str) -> dict[Any, int]:
        """Return the values of a keyword with their numbers of observations.

        Parameters
        ----------
        address : str
            One of the addresses of `select`.

        Returns
        -------
        dict
            Without null and blank; each value of a list counts once.
        """
        numbers: Counter[Any] = Counter()
        for arrays in self.parts:
            counted = arrays[address].value_counts()
            pairs = (counted.field(name).to_pylist() for name in ("values", "counts"))
            numbers.update(dict(zip(*pairs, strict=True)))
        for value in self._of_documents(address):
            numbers.update(set(value) if isinstance(value, list) else (value,))
        return {value: number for value, number in numbers.items() if value not in _UNKNOWN}

    def group(self, addresses: Sequence[str]) -> dict[tuple[Any, ...], int]:
        """Return the combinations of the values of keywords with their numbers of observations.

        Parameters
        ----------
        addresses : sequence of str
            At least one of the addresses of `select`.

        Returns
        -------
        dict
            Tuples of values; None stands for null, missing and blank.
        """
        numbers: Counter[tuple[Any, ...]] = Counter()
        for arrays in self.parts:
            values = pa.table({address: arrays[address] for address in addresses})
            grouped = values.group_by(list(addresses), use_threads=False).aggregate(
                [([], "count_all")]
            )
            columns = (grouped.column(address).to_pylist() for address in addresses)
            counts = grouped.column("count_all").to_pylist()
            for combination, number in zip(zip(*columns, strict=True), counts, strict=True):
                numbers[tuple(map(_known, combination))] += number
        of_documents = (self._of_documents(address) for address in addresses)
        numbers.update(tuple(map(_known, each)) for each in zip(*of_documents, strict=True))
        return dict(numbers)

    def first(
        self, order: Sequence[SortKey], limit: int, after: Sequence[Any] | None = None
    ) -> list[Document]:
        """Return the first rows in an order.

        Parameters
        ----------
        order : sequence of SortKey
            Completed by `acsql.store.sorting.total_order`; all of its addresses have to be among
            those of `select`.
        limit : int
            The largest number of rows.
        after : sequence, optional
            The `acsql.store.sorting.cursor_values` of a row; rows after it are returned.

        Returns
        -------
        list of dict
            All addresses of `select` to values, None for a missing one.
        """
        order = total_order(order)
        rows = [row for arrays in self.parts for row in _first(arrays, order, limit, after)]
        end = None if after is None else order_position(after, order)
        for row in self._document_rows():
            position = order_position([row[key.address] for key in order], order)
            if end is None or position > end:
                rows.append(row)
        rows.sort(key=lambda row: order_position([row[key.address] for key in order], order))
        return rows[:limit]

    def table(self, addresses: Sequence[str]) -> pa.Table:
        """Return the values of keywords in all observations, in no particular order.

        Parameters
        ----------
        addresses : sequence of str
            Some of the addresses of `select`.

        Returns
        -------
        pyarrow.Table
            One column for each address, null for a missing value.  The values of a keyword that
            has several types are numbers if all can be, else texts.
        """
        return pa.table({address: self._column(address) for address in addresses})

    def rows(self) -> Iterator[Document]:
        """Yield the values of all addresses of each observation, in no particular order."""
        for arrays in self.parts:
            yield from _rows(arrays)
        yield from self._document_rows()

    def _column(self, address: str) -> pa.ChunkedArray:
        pieces = [_decoded(arrays[address]) for arrays in self.parts]
        pieces += _array_of(self._of_documents(address))
        types = {piece.type for piece in pieces} - {pa.null()}
        if not types:
            return pa.chunked_array([pa.nulls(len(piece)) for piece in pieces], pa.null())
        if len(types) == 1:
            type_ = types.pop()
        elif types <= {pa.int64(), pa.float64()}:
            type_ = pa.float64()
        else:
            type_ = pa.string()
        return pa.chunked_array([piece.cast(type_) for piece in pieces], type_)

    def _of_documents(self, address: str) -> list[Any]:
        path = path_of(address).split(".")
        return [value_at(document, path) for document in self.documents]

    def _document_rows(self) -> Iterator[Document]:
        values = [self._of_documents(address) for address in self.addresses]
        for row in zip(*values, strict=True):
            yield dict(zip(self.addresses, row, strict=True))


def _known(value: Any) -> Any:
    """Return a value that a dictionary takes as a key, None if it stands for no value."""
    if isinstance(value, list):
        return tuple(value)
    return None if value in _UNKNOWN else value


def _array_of(values: Sequence[Any]) -> list[pa.Array]:
    """Return values of documents as arrays: one, or texts if they have several types."""
    try:
        array = pa.array(values)
        is_time = pa.types.is_timestamp(array.type)
        return [array.cast(pa.timestamp("ms")) if is_time else array] if values else []
    except pa.ArrowException:
        return [pa.array([None if value is None else str(value) for value in values])]


def _decoded(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _rows(arrays: Mapping[str, pa.Array]) -> Iterator[Document]:
    columns = [array.to_pylist() for array in arrays.values()]
    for row in zip(*columns, strict=True):
        yield dict(zip(arrays, row, strict=True))


def _first(
    arrays: Mapping[str, pa.Array],
    order: Sequence[SortKey],
    limit: int,
    after: Sequence[Any] | None,
) -> Iterator[Document]:
    """Yield the first rows of a part, in any order."""
    if after is not None:
        chosen = _after([arrays[key.address] for key in order], order, after)
        arrays = {address: array.filter(chosen) for address, array in arrays.items()}
    if len(arrays[order[0].address]) > limit:
        keys: dict[str, pa.Array] = {}
        directions: list[tuple[str, str]] = []
        for number, key in enumerate(order):
            direction = "descending" if key.descending else "ascending"
            # Arrow sorts nulls last in both directions, MongoDB as the lowest value.
            for name, values in _sort_columns(arrays[key.address]).items():
                keys[f"{name}{number}"] = values
                directions.append((f"{name}{number}", direction))
        places = pc.select_k_unstable(pa.table(keys), limit, directions)
        arrays = {address: array.take(places) for address, array in arrays.items()}
    yield from _rows(arrays)


def _sort_columns(array: pa.Array) -> dict[str, pa.Array]:
    """Return arrays without nulls that are sorted together as MongoDB sorts one."""
    valid = {"valid": array.is_valid().cast(pa.uint8())} if array.null_count else {}
    if pa.types.is_null(array.type):
        return valid
    values = _decoded(array)
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.uint8())
    lowest = "" if pa.types.is_string(values.type) else pa.scalar(0).cast(values.type)
    return valid | {"value": pc.fill_null(values, lowest)}


def _after(
    arrays: Sequence[pa.Array], order: Sequence[SortKey], cursor: Sequence[Any]
) -> pa.BooleanArray:
    """Return for each row whether it comes after a cursor."""
    equal: list[pa.BooleanArray] = []
    choices = []
    for array, key, value in zip(arrays, order, cursor, strict=True):
        values = _decoded(array)
        later, same = _compared(values, value)
        if key.descending:
            later = pc.invert(pc.or_(later, same))
        choices.append(reduce(pc.and_, equal, later))
        equal.append(same)
    return reduce(pc.or_, choices)


def _compared(array: pa.Array, value: Any) -> tuple[pa.BooleanArray, pa.BooleanArray]:
    """Return for each row whether MongoDB sorts it after a value, and whether as equal to it."""
    valid = array.is_valid()
    if value is None:
        return valid, pc.invert(valid)
    own = next((order_key(item)[0] for item in _samples(array)), None)
    rank = order_key(value)[0]
    if own != rank or value != value:
        # NaN, which is in no array, is sorted before all other numbers.
        is_later = own is not None and (own > rank or (own == rank and value != value))
        return (valid if is_later else pa.repeat(False, len(array))), pa.repeat(False, len(array))
    # Arrow refuses to compare floats with an integer that they may not represent.
    exact = float(value) if pa.types.is_floating(array.type) else value
    scalar = pa.scalar(exact, array.type if pa.types.is_timestamp(array.type) else None)
    later, same = (pc.call_function(name, [array, scalar]) for name in ("greater", "equal"))
    return pc.fill_null(later, False), pc.fill_null(same, False)


def _samples(array: pa.Array) -> list[Any]:
    """Return one value of an array that is not null, if there is one."""
    values: list[Any] = array.drop_null().slice(0, 1).to_pylist()
    return values
