r"""VOTable (IVOA recommendation 1.4), with rows in TABLEDATA.

Unknown values are empty cells, and so are texts in a column of numbers, which INFO
elements name.  Dates and times are timestamps in ISO 8601, and lists are joined as in CSV.
Characters that XML cannot represent are written as Python escapes them: ``\x07``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from astropy.table import Table

from ...query import Column
from .. import votable
from ..buffer import Block, ColumnSummary, RowBuffer, buffered
from ..columns import file_columns
from ..registry import Format, Rows
from ..values import FORBIDDEN_IN_XML
from ..votable import COMPLETE, Frame

# Represents unknown values in columns of 32 bits, which have numbers of lists and levels.
_LEAST_OF_32_BITS = -(2**31)
_BODY, _BODY_END = b"<TABLEDATA>\n", b"</TABLEDATA>"


def write(rows: Rows, columns: Sequence[Column], frame: Frame = COMPLETE) -> Iterator[bytes]:
    """Yield a VOTable: the head of the first block's document, then the rows of all."""
    with buffered(rows, columns) as buffer:
        notes = (("note", line) for line in buffer.notes)
        frame = replace(frame, infos=(*frame.infos, *notes))
        ending = b""
        for number, block in enumerate(buffer.blocks()):
            document = votable.write(_table(block, columns, buffer, frame), frame)
            # A document without rows has no such part; cells and descriptions are escaped.
            head, begin, rest = document.partition(_BODY)
            body, end, tail = rest.rpartition(_BODY_END)
            yield body if number else head + begin + body
            ending = end + tail
        yield ending


def _table(block: Block, columns: Sequence[Column], buffer: RowBuffer, frame: Frame) -> Table:
    """Return one block of the rows with the metadata of their columns."""
    cells = file_columns(block, columns, buffer.types, FORBIDDEN_IN_XML)
    for cell, column, summary in zip(cells, columns, buffer.summaries, strict=True):
        cell.meta.update(_meta(column, summary, frame.datatypes.get(column.address)))
    return Table(cells, copy=False)


def _meta(column: Column, summary: ColumnSummary, datatype: str | None) -> dict[str, Any]:
    # A text in ISO 8601 (DALI 1.1, "Timestamps").
    timestamp = "timestamp" if summary.type in ("date", "datetime") else None
    null = _LEAST_OF_32_BITS if datatype == "int" else summary.null
    return {
        "datatype": datatype,
        "ucd": column.spec.ucd,
        "utype": column.spec.utype,
        "xtype": column.spec.xtype or timestamp,
        "null": null if summary.type == "int" and summary.has_nulls else None,
    }


FORMAT = Format(votable.MEDIA_TYPE, "vot", write)
