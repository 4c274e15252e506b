"""CSV (RFC 4180), with a header line."""

import csv
import io
from collections.abc import Iterator, Sequence

from ...query import Column
from ..registry import Format, Rows
from ..spreadsheet import safe_cell


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield the lines of a CSV file; texts that a spreadsheet would run get a quote before them."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)

    def line(cells: Sequence[str]) -> bytes:
        """Return one line of the file."""
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells)
        return buffer.getvalue().encode()

    yield line([column.address for column in columns])
    for row in rows:
        yield line([safe_cell(row[column.address], column) for column in columns])


FORMAT = Format("text/csv", "csv", write)
