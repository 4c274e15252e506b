"""Encoding of observations as columns: one Arrow array for each path, and its irregular rows.

A row is irregular for a path if its value does not fit the type of the column, or if Arrow and
MongoDB would compare it differently.  MongoDB evaluates such rows itself, so that no answer
depends on the encoding.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain, compress
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...fits.header import BLOCKS
from . import lists
from .arrays import decoded
from .conversion import from_python
from .paths import has_lists, is_commentary
from .select import LARGEST_EXACT

# Fields that no condition on a keyword names.
_NOT_COLUMNS = ("position", "footprint", "layouts")
# No condition names these either.  Times in nanoseconds are among them, which are larger than the
# integers that Arrow and MongoDB compare with floats alike.
_NOT_COMPARED = "files."
# Values of which `pyarrow.array` makes an array no more than 0.2 ms faster.
_FEW = 2500
# A bool is an int to Python, so it comes first.
_TYPES: dict[type, str] = {
    bool: "bool",
    int: "int64",
    float: "float64",
    str: "string",
    datetime: "timestamp",
}


@dataclass(frozen=True)
class Column:
    """The values of one path in the rows of a part.

    Attributes
    ----------
    array : pyarrow.Array
        One value for each row; null where there is none and in irregular rows.  Texts that
        repeat are dictionary-encoded, and so are lists, as `acsql.store.columns.lists` has them.
    irregular : tuple of int
        The rows whose value is not in the array.
    """

    array: pa.Array
    irregular: tuple[int, ...] = ()

    @property
    def nbytes(self) -> int:
        """The bytes of the array and of the numbers of the irregular rows."""
        size: int = self.array.nbytes
        return size + 8 * len(self.irregular)


def encode(documents: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """Return the columns of observations.

    Nested documents are flattened to paths such as ``headers.flt.1.goodmean``.  The lines of
    HISTORY and COMMENT are lists of texts, the values of a keyword in all blocks of a drizzled
    product are a list at a path such as ``headers.drz.0.dnnn.data``, and any other list makes its
    row irregular.  Integers among floats become floats.

    Parameters
    ----------
    documents : sequence of mapping
        Whole documents, in the order of the rows.

    Returns
    -------
    dict
        Paths to columns; a path without a value in any document has none.
    """
    return dict(_columns("", range(len(documents)), documents, len(documents)))


def column_of(path: str, values: Sequence[Any]) -> Column:
    """Return the column of the values of one path.

    Parameters
    ----------
    path : str
        The path.
    values : sequence
        One for each row, None for a missing one; a nested document makes its row irregular.

    Returns
    -------
    Column
        As `encode` makes it.
    """
    if has_lists(path):
        array, irregular = _lists(values)
        return Column(array, tuple(irregular))
    types = set(map(type, values)) - {NoneType}
    if not types:
        return Column(pa.nulls(len(values)))
    array, irregular = _array(values, types, not path.startswith(_NOT_COMPARED))
    return Column(array, tuple(irregular))


def join(columns: Sequence[Column | None], kept: Sequence[npt.NDArray[np.int64]]) -> Column:
    """Return the column of the rows of several parts.

    Parameters
    ----------
    columns : sequence of Column or None
        The columns of one path; None for a part without a value.
    kept : sequence of numpy.ndarray
        The numbers of the rows to take of each part, in ascending order.

    Returns
    -------
    Column
        The rows of all parts in their order.  Its type is that of most values; the rows with a
        value of another type are irregular.  Integers are floats where a part has floats.
    """
    arrays, irregular, start = [], [], 0
    for column, rows in zip(columns, kept, strict=True):
        array = pa.nulls(len(rows)) if column is None else column.array
        if len(array) > len(rows):
            array = array.take(pa.array(rows))
        arrays.append(decoded(array))
        if column and column.irregular:
            places = np.flatnonzero(np.isin(rows, column.irregular))
            irregular += (start + places).tolist()
        start += len(rows)
    if any(pa.types.is_floating(_single(array.type)) for array in arrays):
        arrays = [_as_floats(array) for array in arrays]
    numbers: Counter[pa.DataType] = Counter()
    for array in arrays:
        numbers[array.type] += len(array) - array.null_count
    type_ = numbers.most_common(1)[0][0]
    start = 0
    for place, array in enumerate(arrays):
        if array.type != type_:
            others = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
            irregular += (start + others).tolist()
            arrays[place] = pa.nulls(len(array), type_)
        start += len(array)
    return Column(compact(pa.concat_arrays(arrays)), tuple(sorted(irregular)))


def _as_floats(array: pa.Array) -> pa.Array:
    """Return an array of integers as one of floats, if these represent all of them."""
    if not pa.types.is_integer(_single(array.type)):
        return array
    try:
        is_list = pa.types.is_list(array.type)
        return array.cast(pa.list_(pa.float64()) if is_list else pa.float64())
    except pa.ArrowInvalid:
        return array


def _single(type_: pa.DataType) -> pa.DataType:
    """Return a type, of lists that of their elements."""
    return type_.value_type if pa.types.is_list(type_) else type_


def to_bytes(array: pa.Array) -> bytes:
    """Return an array as an Arrow IPC stream, compressed with lz4."""
    batch = pa.record_batch([array], names=["values"])
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_bytes(data: bytes) -> pa.Array:
    """Return the array of `to_bytes`."""
    # One buffer or two are decompressed sooner than threads are started.
    options = pa.ipc.IpcReadOptions(use_threads=False)
    with pa.ipc.open_stream(data, options=options) as reader:
        return reader.read_next_batch().column(0)


def _columns(
    prefix: str, rows: Sequence[int], documents: Sequence[Mapping[str, Any]], total: int
) -> Iterator[tuple[str, Column]]:
    """Yield the columns below a prefix, of the rows that have a document there.

    At one prefix, documents have few different layouts (sequences of names).  The documents of one
    layout are transposed as a whole, which is faster than a look-up for each name and document.
    """
    layouts: dict[tuple[str, ...], list[int]] = {}
    for place, document in enumerate(documents):
        layouts.setdefault(tuple(document), []).append(place)
    pieces: dict[str, list[tuple[int, tuple[Any, ...]]]] = {}
    for number, (names, places) in enumerate(layouts.items()):
        transposed = zip(*(documents[place].values() for place in places), strict=True)
        for name, values in zip(names, transposed, strict=True):
            pieces.setdefault(name, []).append((number, values))
    of_layout = [[rows[place] for place in places] for places in layouts.values()]
    # Most names have the same layouts, and thus the same rows.
    known: dict[tuple[int, ...], _Rows] = {}
    for name, found in pieces.items():
        numbers = tuple(number for number, _ in found)
        if numbers not in known:
            known[numbers] = _Rows(list(chain(*(of_layout[n] for n in numbers))), total)
        values = found[0][1] if len(found) == 1 else tuple(chain(*(part for _, part in found)))
        yield from _named(prefix, name, known[numbers], values)


@dataclass
class _Rows:
    """The rows of some values, in the order of the values, of a part with a number of rows."""

    numbers: list[int]
    total: int

    @cached_property
    def positions(self) -> pa.Array | None:
        """For each row of the part, the place of its value, or null; None if they are the same."""
        if self.numbers == list(range(self.total)):
            return None
        positions: list[int | None] = [None] * self.total
        for place, row in enumerate(self.numbers):
            positions[row] = place
        return pa.array(positions, pa.int32())


def _named(
    prefix: str, name: str, rows: _Rows, values: Sequence[Any]
) -> Iterator[tuple[str, Column]]:
    """Yield the column of the values of one name, and those of the documents among them."""
    types = set(map(type, values))
    if name == BLOCKS and prefix:
        yield from _blocks(f"{prefix}{name}", rows, values)
        return
    if nested := {type_ for type_ in types if issubclass(type_, Mapping)}:
        if prefix or name not in _NOT_COLUMNS:
            places = [place for place, value in enumerate(values) if type(value) in nested]
            numbers = [rows.numbers[place] for place in places]
            inner = [values[place] for place in places]
            yield from _columns(f"{prefix}{name}.", numbers, inner, rows.total)
        values = [None if type(value) in nested else value for value in values]
        types -= nested
    types.discard(NoneType)
    if types:
        if is_commentary(f"{prefix}{name}"):
            array, irregular = _lists(values)
        else:
            array, irregular = _array(values, types, not prefix.startswith(_NOT_COMPARED))
        yield f"{prefix}{name}", _of_rows(rows, array, irregular)


def _of_rows(rows: _Rows, array: pa.Array, irregular: Iterable[int]) -> Column:
    """Return the column of a part from an array of some of its rows."""
    if rows.positions is not None:
        array = array.take(rows.positions)
    return Column(array, tuple(sorted(rows.numbers[n] for n in irregular)))


def _blocks(path: str, rows: _Rows, values: Sequence[Any]) -> Iterator[tuple[str, Column]]:
    """Yield the columns of lists of blocks, in which each name has a list of values.

    A value that is no list of blocks is irregular at their own path.
    """
    are_blocks = [_is_list_of_blocks(value) for value in values]
    lengths = [len(value) if fits else 0 for value, fits in zip(values, are_blocks, strict=True)]
    every = list(chain.from_iterable(compress(values, are_blocks)))
    for name, column in _columns(f"{path}.", range(len(every)), every, len(every)):
        yield name, _of_rows(rows, *lists.of_elements(column.array, column.irregular, lengths))
    if others := [n for n, fits in enumerate(are_blocks) if not fits and values[n] is not None]:
        yield path, _of_rows(rows, pa.nulls(len(values)), others)


def _is_list_of_blocks(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(block, Mapping) for block in value)


def _lists(values: Sequence[Any]) -> tuple[pa.Array, list[int]]:
    """Return the array of the lists among some values, and the places of those not in it."""
    fits = [_is_list_with_value(value) for value in values]
    lengths = [len(value) if fit else 0 for value, fit in zip(values, fits, strict=True)]
    elements = column_of("", list(chain.from_iterable(compress(values, fits))))
    array, irregular = lists.of_elements(elements.array, elements.irregular, lengths)
    others = [n for n, fit in enumerate(fits) if not fit and values[n] is not None]
    return array, sorted((*irregular, *others))


def _is_list_with_value(value: Any) -> bool:
    return isinstance(value, list) and any(element is not None for element in value)


def _array(
    values: Sequence[Any], types: Set[type], is_compared: bool
) -> tuple[pa.Array, list[int]]:
    """Return the array of the values of one path, and the places of those that are not in it."""
    names = {_type_name(type_) for type_ in types}
    name = names.pop()
    if not names and name:
        present = [v for v in values if v is not None] if None in values else values
        if (name == "int64" and not is_compared) or _are_exact(name, present):
            return _typed(values, name), []
    return _mixed(values)


def _mixed(values: Sequence[Any]) -> tuple[pa.Array, list[int]]:
    """Return values of several types as `_array` does; the most frequent type decides."""
    fits = [_type_name(type(v)) if v is not None else None for v in values]
    fits = [
        name if name and _are_exact(name, (value,)) else None
        for name, value in zip(fits, values, strict=True)
    ]
    if "float64" in fits:
        # MongoDB compares, sorts and groups numbers by value, whatever their type.
        fits = ["float64" if name == "int64" else name for name in fits]
    frequent = Counter(name for name in fits if name).most_common(1)
    type_ = frequent[0][0] if frequent else None
    present = enumerate(values)
    irregular = [n for n, v in present if v is not None and (fits[n] != type_ or not type_)]
    if not type_:
        return pa.nulls(len(values)), irregular
    kept = [v if fits[n] == type_ else None for n, v in enumerate(values)]
    return _typed(kept, type_), irregular


def _typed(values: Sequence[Any], name: str) -> pa.Array:
    type_ = pa.timestamp("ms") if name == "timestamp" else pa.type_for_alias(name)
    # Changed observations are few: a command that counts them does not load pandas.
    return compact((from_python if len(values) <= _FEW else pa.array)(values, type_))


def compact(array: pa.Array) -> pa.Array:
    """Return an array, encoded if it has lists, or texts of which half are repetitions.

    Parameters
    ----------
    array : pyarrow.Array
        Values of one type, not encoded.

    Returns
    -------
    pyarrow.Array
        The same values.
    """
    if pa.types.is_list(array.type):
        texts = compact(array.values)
        return lists.encoded(pa.ListArray.from_arrays(array.offsets, texts, mask=array.is_null()))
    if not pa.types.is_string(array.type):
        return array
    encoded = array.dictionary_encode()
    return encoded if 2 * len(encoded.dictionary) <= len(array) else array


def _are_exact(name: str, values: Sequence[Any]) -> bool:
    """Return whether Arrow compares values of one type, at least one, as MongoDB does.

    It may be False for floats that do: the sum of both infinities is NaN.
    """
    if name == "int64":
        return bool(min(values) >= -LARGEST_EXACT and max(values) <= LARGEST_EXACT)
    return name != "float64" or not math.isnan(sum(values))


def _type_name(type_: type) -> str | None:
    """Return the type of the column that values of a type fit, None if they fit none."""
    return next((name for base, name in _TYPES.items() if issubclass(type_, base)), None)
