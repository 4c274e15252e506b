"""Plain text table, aligned for terminals: units in the headings, numbers to the right.

The widths of columns depend on all rows, so this is the one format that holds them in memory.
"""

from collections.abc import Iterator, Sequence

from ...query import Column
from ..registry import Format, Rows
from ..values import heading, text


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield the lines of a table: headings, a rule, and a line for each row."""
    body = [[text(row[column.address], column) for column in columns] for row in rows]
    headings = [heading(column) for column in columns]
    widths = [max(map(len, cells)) for cells in zip(headings, *body, strict=True)]
    numeric = [column.spec.type in ("int", "float") for column in columns]
    for cells in [headings, ["-" * width for width in widths], *body]:
        aligned = (
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(cells, widths, numeric, strict=True)
        )
        yield f"{'  '.join(aligned).rstrip()}\n".encode()


FORMAT = Format("text/plain", "txt", write)
