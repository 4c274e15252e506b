r"""FITS binary table (FITS standard 4.0, section 7.3).

Unknown values are TNULLn for whole numbers, NaN for other numbers and blank for texts; a column of
truth values with unknown ones has the texts T, F and blank, because readers take the empty byte of
a FITS logical for false.  Texts in a column of numbers are unknown as well, and
COMMENT names them.  Dates and times are texts in ISO 8601, and lists are joined as in CSV.
Characters beyond printable ASCII are written as Python escapes them: ``\xe9``.

Units are those of FITS 4.0, section 4.3, because readers warn of others: electrons are written as
``count`` and DN as ``adu``, and a unit without an equivalent is left out.  The description of the
column (TCOMMn) then begins with the original unit, as in ``[electron / s]``.
"""

import io
import math
import re
from collections.abc import Iterator, Sequence

from astropy.io import fits
from astropy.table import MaskedColumn

from ...query import Column
from ..buffer import ColumnSummary, RowBuffer, buffered
from ..columns import NATIVE, cell_texts, file_columns
from ..registry import Format, Rows
from ..unit_spellings import fits_description, fits_unit
from ..values import escape

# FITS standard 4.0, section 7.3.3.1: printable ASCII.
_FORBIDDEN = re.compile(r"[^\x20-\x7e]")
# Bytes (FITS standard 4.0, section 3.1).
_FITS_BLOCK = 2880


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield a FITS file: the headers, the rows in blocks, and the padding."""
    with buffered(rows, columns) as buffer:
        types = [_column_type(summary) for summary in buffer.summaries]
        widths = _widths(buffer, columns, types)
        size = 0
        for number, block in enumerate(buffer.blocks()):
            cells = file_columns(block, columns, types, _FORBIDDEN)
            hdu = fits.BinTableHDU.from_columns(
                [
                    _fits_column(cell, summary, width)
                    for cell, summary, width in zip(cells, buffer.summaries, widths, strict=True)
                ],
                nrows=len(block[0]),
            )
            if number == 0:
                yield _headers(hdu, columns, buffer)
            data = _data(hdu)
            size += len(data)
            yield data
        yield bytes(-size % _FITS_BLOCK)


def _column_type(summary: ColumnSummary) -> str:
    return "str" if summary.type == "bool" and summary.has_nulls else summary.type


def _widths(buffer: RowBuffer, columns: Sequence[Column], types: Sequence[str]) -> list[int]:
    """Return the number of characters of the longest text of each column."""
    widths = [1] * len(columns)
    for block in buffer.blocks():
        for number, (values, column) in enumerate(zip(block, columns, strict=True)):
            if types[number] not in NATIVE:
                cells = cell_texts(values, column, _FORBIDDEN)
                widths[number] = max([widths[number], *(len(cell or "") for cell in cells)])
    return widths


def _fits_column(cells: MaskedColumn, summary: ColumnSummary, width: int) -> fits.Column:
    """Return cells as a column of FITS, in which a number, NaN or a blank means unknown."""
    kind = cells.dtype.kind
    null = summary.null if kind == "i" and summary.has_nulls else None
    missing = {"i": summary.null, "f": math.nan, "b": False, "U": ""}[kind]
    array = cells.filled(missing).data
    return fits.Column(
        cells.name,
        f"{width}A" if kind == "U" else {"i": "K", "f": "D", "b": "L"}[kind],
        unit=fits_unit(cells.unit),
        null=null,
        array=array.astype(f"S{width}") if kind == "U" else array,
    )


def _headers(hdu: fits.BinTableHDU, columns: Sequence[Column], buffer: RowBuffer) -> bytes:
    """Return the headers of a file with all rows of a buffer.

    Descriptions are in TCOMMn, as in files by STILTS: comments of TTYPEn have no room for them.
    """
    header = hdu.header.copy()
    header["NAXIS2"] = buffer.length
    for number, column in enumerate(columns, 1):
        comment = fits_description(column.spec.unit, column.spec.description or "")
        if comment:
            header[f"TCOMM{number}"] = escape(comment, _FORBIDDEN)
    for line in buffer.notes:
        header["COMMENT"] = escape(line, _FORBIDDEN)
    text: str = fits.PrimaryHDU().header.tostring() + header.tostring()
    return text.encode("ascii")


def _data(hdu: fits.BinTableHDU) -> bytes:
    """Return the rows of a table as in a file, without the padding of the last block."""
    output = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(output)
    size = hdu.header["NAXIS1"] * hdu.header["NAXIS2"]
    content = output.getvalue()
    begin = len(content) - size - -size % _FITS_BLOCK
    return content[begin : begin + size]


# RFC 4047.
FORMAT = Format("application/fits", "fits", write)
