"""CSV (RFC 4180), with a header line."""

import csv
import io
from collections.abc import Iterator, Sequence

from ...query import Column
from ..registry import Format, Rows
from ..values import text


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield the lines of a CSV file."""
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    for cells in _cells(rows, columns):
        writer.writerow(cells)
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def _cells(rows: Rows, columns: Sequence[Column]) -> Iterator[list[str]]:
    yield [column.address for column in columns]
    for row in rows:
        yield [text(row[column.address], column) for column in columns]


FORMAT = Format("text/csv", "csv", write, for_spreadsheets=True)
