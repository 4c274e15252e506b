r"""ECSV (astropy APE 6): CSV below a header with types, units and descriptions.

Unknown values are empty cells, and so are texts in a column of numbers, which
``notes`` in the header names.  Dates and times are texts in ISO 8601, and lists are joined as in
CSV.  Control characters are written as
Python escapes them: ``\n``, ``\x07``.  astropy drops the blanks at the ends of texts when it reads
the file, and takes blank texts for unknown.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Any

from astropy.io import ascii as astropy_ascii
from astropy.table import Table

from ...query import Column
from ..buffer import buffered
from ..columns import file_columns
from ..registry import Format, Rows

# What some reader takes for the end of a line, and controls.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield an ECSV file in blocks of rows."""
    with buffered(rows, columns) as buffer:
        is_first = True
        for block in buffer.blocks():
            cells = file_columns(block, columns, buffer.types, _FORBIDDEN)
            table = Table(cells, meta={"notes": buffer.notes} if buffer.notes else {})
            lines = _writer(table).write(table)
            # No cell has a line end, so a row is a line; only the first block keeps its header.
            kept = lines if is_first else lines[len(lines) - len(table) :]
            yield "".join(f"{line}\n" for line in kept).encode()
            is_first = False


def _writer(table: Table) -> Any:
    """Return astropy's writer, with quotes around cells that would make a reader skip a line.

    Readers skip lines that begin with # or are blank.
    """
    writer = astropy_ascii.get_writer(astropy_ascii.Ecsv, delimiter=",", strip_whitespace=False)
    first = table.columns[0]
    texts = first.filled("").tolist() if first.dtype.kind == "U" else []
    if any(cell != cell.strip() or cell[:1] == "#" for cell in texts):
        writer.data.splitter.quoting = csv.QUOTE_ALL
    return writer


FORMAT = Format("application/x-ecsv", "ecsv", write)
