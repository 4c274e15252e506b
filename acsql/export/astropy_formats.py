"""ECSV, VOTable and FITS: results as tables with types and units, written by astropy.

Rows go through astropy block by block, and the head of the first document with the rows of all
is the file.  A head says of what type each column is, so the rows wait in a `spool` until all
are known.  In the three formats

- unknown is an empty cell (ECSV, VOTable); in FITS TNULLn for whole numbers, NaN for others,
  blank for texts, and a column of truth values with unknown ones is of T, F and blank, for
  readers take the empty byte of a FITS logical for false;
- dates and times are texts in ISO 8601, and lists are joined, as in CSV;
- a column with a value that is not of its type is one of texts, so that nothing is lost;
- characters that a format cannot hold are written as Python writes them: ``\\n``, ``\\x07``.
"""

import csv
import io
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from astropy import units
from astropy.io import ascii as astropy_ascii
from astropy.io import fits
from astropy.io.votable import tree
from astropy.table import MaskedColumn, Table

from ..query import Column
from .buffer import Block, Spool, Survey, spooled
from .columns import DTYPES, masked
from .values import text

Rows = Iterable[Mapping[str, Any]]

NUMERIC = ("int", "float", "bool")

# What a line of ECSV cannot hold: whatever some reader takes for the end of a line, and controls.
_NOT_IN_ECSV = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What is no character of XML 1.0 (section 2.2), and the line end that its readers change.
_NOT_IN_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# FITS standard 4.0, section 7.3.3.1: printable ASCII.
_NOT_IN_FITS = re.compile(r"[^\x20-\x7e]")

_VOTABLE_TYPES = {
    "int": "long",
    "float": "double",
    "bool": "boolean",
    "date": "char",
    "datetime": "char",
}
# What XML takes for an ID, of ASCII (an NCName).
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_BODY, _BODY_END = b"<TABLEDATA>\n", b"</TABLEDATA>"
# How astropy writes infinity; VOTable 1.4 has +Inf, and votlint wants it.  A text that
# is just that changes its case as well.
_INFINITY = re.compile(rb"(?<=<TD>)([+-])InF(?=</TD>)")
_FITS_BLOCK = 2880


def write_ecsv(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield an ECSV file (APE 6): CSV under a header with types, units and descriptions.

    astropy reads it without the blanks at the ends of texts, and blank texts as unknown.
    """
    with spooled(rows, columns) as spool:
        headed = False
        for block in spool.blocks():
            table = Table(_typed_columns(block, columns, spool.types, _NOT_IN_ECSV))
            lines = _ecsv_writer(table).write(table)
            # No cell holds a line end, so that a row is a line.
            kept = lines[len(lines) - len(table) :] if headed else lines
            yield "".join(f"{line}\n" for line in kept).encode()
            headed = True


def _ecsv_writer(table: Table) -> Any:
    """Return astropy's writer; cells get quotes where a reader would lose a line without them.

    That is one that begins with # or is blank.
    """
    writer = astropy_ascii.get_writer(astropy_ascii.Ecsv, delimiter=",", strip_whitespace=False)
    first = table.columns[0]
    texts = first.filled("").tolist() if first.dtype.kind == "U" else []
    if any(cell != cell.strip() or cell[:1] == "#" for cell in texts):
        writer.data.splitter.quoting = csv.QUOTE_ALL
    return writer


def write_votable(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield a VOTable (IVOA recommendation 1.4) with its rows in TABLEDATA."""
    with spooled(rows, columns) as spool:
        ending = None
        for block in spool.blocks():
            document = _votable(block, columns, spool)
            # A document without rows has no such part; cells and descriptions are escaped.
            head, begin, rest = document.partition(_BODY)
            body, end, tail = rest.rpartition(_BODY_END)
            yield body if ending is not None else head + begin + body
            ending = end + tail
        yield ending


def _votable(block: Block, columns: Sequence[Column], spool: Spool) -> bytes:
    """Return a VOTable with one block of the rows."""
    document = tree.VOTableFile()
    resource = tree.Resource()
    table = tree.TableElement(document)
    document.resources.append(resource)
    resource.tables.append(table)
    output = io.BytesIO()
    with warnings.catch_warnings():
        # Angstrom and erg are deprecated in VOUnits, and what the headers have.
        warnings.simplefilter("ignore", units.UnitsWarning)
        numbered = enumerate(zip(columns, spool.surveys, strict=True), 1)
        table.fields.extend(_votable_field(document, n, *known) for n, known in numbered)
        table.create_arrays(len(block[0]))
        cells = _typed_columns(block, columns, spool.types, _NOT_IN_XML)
        for field, column in zip(table.fields, cells, strict=True):
            table.array[field.ID][:] = column
        document.to_xml(output)
    return _INFINITY.sub(rb"\1Inf", output.getvalue())


def _votable_field(
    document: tree.VOTableFile, number: int, column: Column, survey: Survey
) -> tree.Field:
    datatype = _VOTABLE_TYPES.get(survey.type, "unicodeChar")
    field = tree.Field(
        document,
        ID=column.address if _ID.fullmatch(column.address) else f"column_{number}",
        name=column.address,
        datatype=datatype,
        arraysize=None if survey.type in NUMERIC else "*",
        # A text in ISO 8601 (DALI 1.1, "Timestamps").
        xtype="timestamp" if survey.type in ("date", "datetime") else None,
    )
    field.unit = _vounit(column.spec.unit)
    field.description = column.spec.description and escaped(column.spec.description, _NOT_IN_XML)
    if survey.type == "int" and survey.nulls:
        field.values.null = survey.null
    return field


def _vounit(unit: str | None) -> units.UnitBase | str | None:
    """Return a unit so that astropy writes it as VOUnits wants those that it does not know.

    That is in quotes: ``'electron'.'DN'**-1``.
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


def write_fits(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield a FITS file with a binary table (FITS standard 4.0, section 7.3)."""
    with spooled(rows, columns) as spool:
        types = [_fits_type(survey) for survey in spool.surveys]
        widths = _widths(spool, columns, types)
        headed, size = False, 0
        for block in spool.blocks():
            cells = _typed_columns(block, columns, types, _NOT_IN_FITS)
            hdu = fits.BinTableHDU.from_columns(
                [
                    _fits_column(cell, survey, width)
                    for cell, survey, width in zip(cells, spool.surveys, widths, strict=True)
                ],
                nrows=len(block[0]),
            )
            if not headed:
                yield _fits_head(hdu, columns, spool.length)
            headed = True
            data = _fits_rows(hdu)
            size += len(data)
            yield data
        yield bytes(-size % _FITS_BLOCK)


def _fits_type(survey: Survey) -> str:
    return "str" if survey.type == "bool" and survey.nulls else survey.type


def _widths(spool: Spool, columns: Sequence[Column], types: Sequence[str]) -> list[int]:
    """Return the number of characters of the longest text of each column."""
    widths = [1] * len(columns)
    for block in spool.blocks():
        for number, (values, column) in enumerate(zip(block, columns, strict=True)):
            if types[number] not in NUMERIC:
                cells = _texts(values, column, _NOT_IN_FITS)
                widths[number] = max([widths[number], *(len(cell or "") for cell in cells)])
    return widths


def _fits_column(cells: MaskedColumn, survey: Survey, width: int) -> fits.Column:
    """Return cells as FITS has them: what is unknown by a number, NaN or blank."""
    kind = cells.dtype.kind
    null = survey.null if kind == "i" and survey.nulls else None
    missing = {"i": survey.null, "f": math.nan, "b": False, "U": ""}[kind]
    array = cells.filled(missing).data
    return fits.Column(
        cells.name,
        f"{width}A" if kind == "U" else {"i": "K", "f": "D", "b": "L"}[kind],
        unit=_fits_unit(cells),
        null=null,
        array=array.astype(f"S{width}") if kind == "U" else array,
    )


def _fits_unit(cells: MaskedColumn) -> str | None:
    """Return a unit in the spelling of FITS, or as it is if FITS does not know it."""
    if cells.unit is None:
        return None
    try:
        return cells.unit.to_string("fits")
    except ValueError:
        return escaped(cells.unit.to_string(), _NOT_IN_FITS)


def _fits_head(hdu: fits.BinTableHDU, columns: Sequence[Column], length: int) -> bytes:
    """Return what stands before the rows in a file of so many of them.

    Descriptions are in TCOMMn, as STILTS has them: TTYPEn has no room for such comments.
    """
    header = hdu.header.copy()
    header["NAXIS2"] = length
    for number, column in enumerate(columns, 1):
        if column.spec.description:
            header[f"TCOMM{number}"] = escaped(column.spec.description, _NOT_IN_FITS)
    return (fits.PrimaryHDU().header.tostring() + header.tostring()).encode("ascii")


def _fits_rows(hdu: fits.BinTableHDU) -> bytes:
    """Return the rows as they lie in a file, without what fills its last block."""
    output = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(output)
    size = hdu.header["NAXIS1"] * hdu.header["NAXIS2"]
    written = output.getvalue()
    begin = len(written) - size - -size % _FITS_BLOCK
    return written[begin : begin + size]


def _typed_columns(
    block: Block, columns: Sequence[Column], types: Sequence[str], forbidden: re.Pattern[str]
) -> list[MaskedColumn]:
    """Return a block as columns of numbers, truth values and texts."""
    return [
        masked(values, column, DTYPES[type_])
        if type_ in NUMERIC
        else masked(_texts(values, column, forbidden), column, str)
        for values, column, type_ in zip(block, columns, types, strict=True)
    ]


def _texts(values: Sequence[Any], column: Column, forbidden: re.Pattern[str]) -> list[str | None]:
    return [None if v is None else escaped(text(v, column), forbidden) for v in values]


def escaped(content: str, forbidden: re.Pattern[str]) -> str:
    """Return a text with the characters that are forbidden as Python writes them."""
    return forbidden.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), content)
