"""JSON: an array with an object for each row."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...query import Column
from ..registry import Format, Rows
from ..values import plain


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield the lines of a JSON array."""
    separator = "["
    for row in rows:
        yield f"{separator}\n{dump_row(row, columns)}".encode()
        separator = ","
    yield b"[]\n" if separator == "[" else b"\n]\n"


def dump_row(row: Mapping[str, Any], columns: Sequence[Column]) -> str:
    """Return a row as a JSON object, on one line.

    Parameters
    ----------
    row : mapping
        Values by the address of their column.
    columns : sequence of Column
        The columns of the object, in their order.
    """
    return json.dumps({column.address: plain(row[column.address], column) for column in columns})


FORMAT = Format("application/json", "json", write)
