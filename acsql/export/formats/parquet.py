"""Parquet, for pandas, polars and DuckDB, with the unit and description of each column.

Unknown values are null, and so are texts in a column of numbers, which the metadata ``note`` of the
table names.  Dates and times have their Arrow types, and lists are joined as in CSV.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...query import Column
from ..buffer import Block, RowBuffer, buffered
from ..columns import DTYPES, cell_texts, without_misfits
from ..registry import Format, Rows

# The Arrow types of the types of keywords; all others are text.
_TYPES = {
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("ms"),
}
# Parquet holds every text.
_NO_CHARACTER = re.compile(r"(?!)")
# Bytes of a piece of the file, and rows of a row group: a few megabytes in memory.
_PIECE = 1 << 20
_GROUP_ROWS = 50_000


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield a Parquet file, which a temporary file holds until its footer is written."""
    with buffered(rows, columns) as buffer, tempfile.TemporaryFile(prefix="acsql") as file:
        schema = _schema(columns, buffer)
        with pq.ParquetWriter(file, schema) as writer:
            for batches in _groups(buffer, columns, schema):
                writer.write_table(pa.Table.from_batches(batches, schema))
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def to_arrow(rows: Rows, columns: Sequence[Column]) -> pa.Table:
    """Return rows as an Arrow table.

    Parameters
    ----------
    rows : iterable of mapping
        Values by the address of their column.
    columns : sequence of Column
        The columns of the table.

    Returns
    -------
    pyarrow.Table
        With ``unit`` and ``description`` in the metadata of each field, as in a Parquet file.
    """
    with buffered(rows, columns) as buffer:
        schema = _schema(columns, buffer)
        batches = [_batch(block, columns, buffer.types, schema) for block in buffer.blocks()]
        return pa.Table.from_batches(batches, schema)


def _schema(columns: Sequence[Column], buffer: RowBuffer) -> pa.Schema:
    fields = [
        pa.field(column.address, _TYPES.get(type_, pa.string()), metadata=_metadata(column))
        for column, type_ in zip(columns, buffer.types, strict=True)
    ]
    return pa.schema(fields, {"note": "\n".join(buffer.notes)} if buffer.notes else None)


def _metadata(column: Column) -> dict[str, str]:
    stated = {"unit": column.spec.unit, "description": column.spec.description}
    return {name: text for name, text in stated.items() if text}


def _groups(
    buffer: RowBuffer, columns: Sequence[Column], schema: pa.Schema
) -> Iterator[list[pa.RecordBatch]]:
    """Yield the rows in groups of about `_GROUP_ROWS`."""
    group: list[pa.RecordBatch] = []
    for block in buffer.blocks():
        group.append(_batch(block, columns, buffer.types, schema))
        if sum(batch.num_rows for batch in group) >= _GROUP_ROWS:
            yield group
            group = []
    yield group


def _batch(
    block: Block, columns: Sequence[Column], types: Sequence[str], schema: pa.Schema
) -> pa.RecordBatch:
    arrays = [
        pa.array(_values(values, column, type_), field.type)
        for values, column, type_, field in zip(block, columns, types, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _values(values: Sequence[Any], column: Column, type_: str) -> Sequence[Any]:
    if type_ not in DTYPES:
        return cell_texts(values, column, _NO_CHARACTER)
    fitting, _ = without_misfits(values, type_)
    if type_ == "date":
        return [None if value is None else value.date() for value in fitting]
    return fitting


# The media type that IANA registers.
FORMAT = Format("application/vnd.apache.parquet", "parquet", write)
