"""Encoding of observations as columns: one Arrow array for each path, and its irregular rows.

A row is irregular for a path if its value does not fit the type of the column, or if Arrow and
MongoDB would compare it differently.  MongoDB evaluates such rows itself, so that no answer
depends on the encoding.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# Fields that no condition on a keyword names.
_NOT_COLUMNS = ("position", "footprint")
# Beyond it a float does not represent every integer (IEEE 754, binary64).
_LARGEST_EXACT = 2**53
_TYPES: dict[type, str] = {int: "int64", float: "float64", str: "string", bool: "bool"}


@dataclass(frozen=True)
class Column:
    """The values of one path in the rows of a part.

    Attributes
    ----------
    array : pyarrow.Array
        One value for each row; null where there is none and in irregular rows.  Texts are
        dictionary-encoded.
    irregular : tuple of int
        The rows whose value is not in the array.
    """

    array: pa.Array
    irregular: tuple[int, ...]


def flatten(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the paths of a document that have a value, with their values.

    Parameters
    ----------
    document : mapping
        The document of an observation, or a part of one.
    prefix : str
        The path of that part, with a dot behind it.

    Yields
    ------
    path : str
        Such as ``headers.flt.1.goodmean``.
    value : object
        Lists are values; documents are not.
    """
    for name, value in document.items():
        if isinstance(value, Mapping):
            if prefix or name not in _NOT_COLUMNS:
                yield from flatten(value, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", value


def encode(documents: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """Return the columns of observations.

    Parameters
    ----------
    documents : sequence of mapping
        Whole documents; their order is that of the rows.

    Returns
    -------
    dict
        Paths to columns; a path without a value in any document has none.
    """
    values: dict[str, dict[int, Any]] = {}
    for row, document in enumerate(documents):
        for path, value in flatten(document):
            values.setdefault(path, {})[row] = value
    return {path: _column(by_row, len(documents)) for path, by_row in values.items()}


def to_bytes(array: pa.Array) -> bytes:
    """Return an array as an Arrow IPC stream, compressed with lz4."""
    import pyarrow as pa

    batch = pa.record_batch([array], names=["values"])
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_bytes(data: bytes) -> pa.Array:
    """Return the array of `to_bytes`."""
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        return reader.read_next_batch().column(0)


def _column(by_row: Mapping[int, Any], rows: int) -> Column:
    """Return the column of the values of one path; the most frequent type is its type."""
    import pyarrow as pa

    names = {row: name for row, value in by_row.items() if (name := _type(value))}
    if not names:
        return Column(pa.nulls(rows), tuple(by_row))
    [(type_, _)] = Counter(names.values()).most_common(1)
    values = [by_row[row] if names.get(row) == type_ else None for row in range(rows)]
    array = pa.array(values, pa.timestamp("ms") if type_ == "timestamp" else type_)
    irregular = tuple(row for row in by_row if names.get(row) != type_)
    return Column(array.dictionary_encode() if type_ == "string" else array, irregular)


def _type(value: Any) -> str | None:
    """Return the type of the column that a value fits, None for one that fits none."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, datetime):
        return "timestamp"
    for type_, name in _TYPES.items():
        if isinstance(value, type_):
            exact = not isinstance(value, int) or abs(value) <= _LARGEST_EXACT
            return name if exact and not (isinstance(value, float) and math.isnan(value)) else None
    return None
