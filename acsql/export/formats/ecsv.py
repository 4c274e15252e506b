"""ECSV (astropy APE 6): CSV below a header with types, units and descriptions.

Unknown values are empty cells, and so are texts in a column of numbers, which
``notes`` in the header names.  Dates and times are texts in ISO 8601, and lists are joined as in
CSV.  A row is a line, and readers drop blanks at the ends of cells: a column in which a text has
line breaks, other control characters or such blanks has all its texts as JSON, as ECSV provides
for, and readers return them unchanged.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Any

from astropy.io import ascii as astropy_ascii
from astropy.table import MaskedColumn, Table

from ...query import Column
from ..buffer import Block, RowBuffer, buffered
from ..columns import NATIVE, cell_texts, file_columns, masked_column
from ..registry import Format, Rows
from ..values import text

# Characters that some reader takes for the end of a line, control characters, and blanks that
# readers drop.
_ONLY_IN_JSON = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]|^\s|\s$")


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield an ECSV file in blocks of rows."""
    with buffered(rows, columns) as buffer:
        as_json = _columns_of_json(buffer, columns)
        yield _lines(_header(buffer, columns, as_json))
        for block in buffer.blocks():
            table = Table(_cells(block, columns, buffer.types, as_json))
            # No cell has a line end, so a row is a line.
            yield _lines(_text_of(table)[-len(table) :] if len(table) else [])


def _header(buffer: RowBuffer, columns: Sequence[Column], as_json: set[int]) -> list[str]:
    """Return the lines above the rows.

    They come from a row of zeros and empty texts, because astropy takes a column of objects that
    are all masked for one of lists of numbers.
    """
    row = _cells([[None]] * len(columns), columns, buffer.types, as_json)
    for cell in row:
        cell.mask = False
    table = Table(row, meta={"notes": buffer.notes} if buffer.notes else {})
    return _text_of(table)[:-1]


def _text_of(table: Table) -> list[str]:
    """Return a table as the lines of a file."""
    return list(_writer(table).write(table))


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _columns_of_json(buffer: RowBuffer, columns: Sequence[Column]) -> set[int]:
    """Return the numbers of the columns with a text that a cell cannot represent as it is."""
    texts = {number for number, type_ in enumerate(buffer.types) if type_ not in NATIVE}
    return {
        number
        for block in buffer.blocks()
        for number in texts
        if any(_ONLY_IN_JSON.search(text(value, columns[number])) for value in block[number])
    }


def _cells(
    block: Block, columns: Sequence[Column], types: Sequence[str], as_json: set[int]
) -> list[MaskedColumn]:
    """Return a block of rows as columns; astropy writes those of objects as JSON."""
    cells = file_columns(block, columns, types)
    for number in as_json:
        texts = cell_texts(block[number], columns[number])
        cells[number] = masked_column(texts, columns[number], object)
    return cells


def _writer(table: Table) -> Any:
    """Return astropy's writer, with quotes around cells that would make a reader skip a line."""
    writer = astropy_ascii.get_writer(astropy_ascii.Ecsv, delimiter=",", strip_whitespace=False)
    first = table.columns[0]
    if first.dtype.kind == "U" and any(cell[:1] == "#" for cell in first.filled("").tolist()):
        writer.data.splitter.quoting = csv.QUOTE_ALL
    return writer


FORMAT = Format("application/x-ecsv", "ecsv", write)
