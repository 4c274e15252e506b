"""JSON Lines: an object for each row, each on its own line."""

from collections.abc import Iterator, Sequence

from ...query import Column
from ..registry import Format, Rows
from .json import dump_row


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield a line for each row."""
    for row in rows:
        yield f"{dump_row(row, columns)}\n".encode()


FORMAT = Format("application/jsonl", "jsonl", write)
