r"""VOTable (IVOA recommendation 1.4), with rows in TABLEDATA.

Unknown values are empty cells, and so are texts in a column of numbers, which INFO
elements name.  Dates and times are timestamps in ISO 8601, and lists are joined as in CSV.
Characters that XML cannot represent are written as Python escapes them: ``\x07``.
"""

import io
import math
import re
import warnings
from collections.abc import Iterator, Sequence

from astropy import units
from astropy.io.votable import tree

from ...query import Column
from ..buffer import Block, ColumnSummary, RowBuffer, buffered
from ..columns import NATIVE, file_columns
from ..registry import Format, Rows
from ..values import escape

# What is not a character of XML 1.0 (section 2.2), and the line end that its readers change.
_FORBIDDEN = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DATATYPES = {
    "int": "long",
    "float": "double",
    "bool": "boolean",
    "date": "char",
    "datetime": "char",
}
# An XML ID in ASCII (an NCName).
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_BODY, _BODY_END = b"<TABLEDATA>\n", b"</TABLEDATA>"
# astropy writes infinity so; VOTable 1.4 has +Inf, and votlint requires it.  A text of just these
# letters changes its case as well.
_INFINITY = re.compile(rb"(?<=<TD>)([+-])InF(?=</TD>)")


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield a VOTable: the head of the first block's document, then the rows of all."""
    with buffered(rows, columns) as buffer:
        ending = b""
        for number, block in enumerate(buffer.blocks()):
            document = _document(block, columns, buffer)
            # A document without rows has no such part; cells and descriptions are escaped.
            head, begin, rest = document.partition(_BODY)
            body, end, tail = rest.rpartition(_BODY_END)
            yield body if number else head + begin + body
            ending = end + tail
        yield ending


def _document(block: Block, columns: Sequence[Column], buffer: RowBuffer) -> bytes:
    """Return a VOTable with one block of the rows."""
    document = tree.VOTableFile()
    resource = tree.Resource()
    table = tree.TableElement(document)
    document.resources.append(resource)
    resource.tables.append(table)
    resource.infos.extend(
        tree.Info(name="note", value=escape(line, _FORBIDDEN)) for line in buffer.notes
    )
    output = io.BytesIO()
    with warnings.catch_warnings():
        # The headers use Angstrom and erg, which VOUnits deprecates.
        warnings.simplefilter("ignore", units.UnitsWarning)
        for number, (column, summary) in enumerate(zip(columns, buffer.summaries, strict=True), 1):
            table.fields.append(_field(document, number, column, summary))
        table.create_arrays(len(block[0]))
        cells = file_columns(block, columns, buffer.types, _FORBIDDEN)
        for field, column in zip(table.fields, cells, strict=True):
            table.array[field.ID][:] = column
        document.to_xml(output)
    return _INFINITY.sub(rb"\1Inf", output.getvalue())


def _field(
    document: tree.VOTableFile, number: int, column: Column, summary: ColumnSummary
) -> tree.Field:
    field = tree.Field(
        document,
        ID=column.address if _ID.fullmatch(column.address) else f"column_{number}",
        name=column.address,
        datatype=_DATATYPES.get(summary.type, "unicodeChar"),
        arraysize=None if summary.type in NATIVE else "*",
        # A text in ISO 8601 (DALI 1.1, "Timestamps").
        xtype="timestamp" if summary.type in ("date", "datetime") else None,
    )
    field.unit = _vounit(column.spec.unit)
    field.description = column.spec.description and escape(column.spec.description, _FORBIDDEN)
    if summary.type == "int" and summary.has_nulls:
        field.values.null = summary.null
    return field


def _vounit(unit: str | None) -> units.UnitBase | str | None:
    """Return a unit that astropy writes as VOUnits requires for units that it does not know.

    These are quoted: ``'electron'.'DN'**-1``.
    """
    parsed = None if unit is None else units.Unit(unit, parse_strict="silent")
    if parsed is None or isinstance(parsed, units.UnrecognizedUnit):
        return unit
    powers = zip(parsed.bases, parsed.powers, strict=True)
    return units.Unit(
        math.prod((_quoted(base) ** power for base, power in powers), start=parsed.scale)
    )


def _quoted(base: units.UnitBase) -> units.UnitBase:
    try:
        units.Unit(base.name, format="vounit")
    except ValueError:
        return units.Unit(f"'{base.name}'", format="vounit")
    return base


# The media type of the VOTable recommendation, section 8.
FORMAT = Format("application/x-votable+xml", "vot", write)
