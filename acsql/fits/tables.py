"""Tables of FITS files as astropy tables: binary and ASCII tables, and headerlets card by card.

Astropy reads the rows, with their units and unknown values.  This module adds what it lacks: the
spellings of units in HST's engineering files, descriptions of columns, and the headerlets of
the WCS software, which are FITS files within an extension (STScI TSR 2012-02).
"""

import gzip
import io
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from astropy.io import fits
from astropy.table import Table

from ..errors import DatasetNotFound, FileError
from .open import damage_refused, open_fits

# XTENSION of the extensions that `read_table` reads.
TABLE_TYPES = ("BINTABLE", "TABLE", "HDRLET")
# The largest table in bytes: the jitter of a whole orbit takes 0.2 MB.
MAX_BYTES = 1 << 26
# Units of jitter files that FITS does not know (Jitter File Format Definition, STScI), as FITS
# spells them; flags have no unit.
_UNITS = {
    "seconds": "s",
    "degrees": "deg",
    "gauss": "G",
    "V Mag/arcsec2": "mag / arcsec2",
    "0,1 flag": None,
}
# Part of comments of TTYPEn cards that describe no column: "label for field 1".
_SAYS_NOTHING = "label "

# The number of an extension, its name, or its name and version.
Extension = int | str | tuple[str, int]


def is_table(header: Mapping[str, Any]) -> bool:
    """Return whether an extension is a table, by its stored header."""
    return header.get("xtension") in TABLE_TYPES


def read_table(path: Path, extension: Extension, descriptions: Mapping[str, str]) -> Table:
    """Return the table of an extension.

    Parameters
    ----------
    path : Path
        The file.
    extension : int, str or (str, int)
        The number of the extension, its name, or its name and version.
    descriptions : mapping
        Descriptions by the name of a column, for columns that the file does not describe.

    Returns
    -------
    astropy.table.Table
        With units and descriptions; unknown values are masked.  The table of a headerlet has a row
        for each card of each of its headers.

    Raises
    ------
    DatasetNotFound
        If there is no such extension, or it is not a table.
    FileError
        If the file or the table is damaged, or the table is larger than `MAX_BYTES`.
    OSError
        If the system cannot read the file.
    """
    with warnings.catch_warnings(), damage_refused(path.name):
        # Units that astropy does not know, and defects that matter nothing or are checked here.
        warnings.simplefilter("ignore")
        with open_fits(path) as hdus:
            hdu, label = _extension(hdus, extension, path.name)
            _check(hdu, label)
            try:
                if isinstance(hdu, fits.BinTableHDU | fits.TableHDU):
                    return _described(hdu, descriptions)
                return _headerlet(hdu)
            except MemoryError as error:
                raise FileError(f"{label} has rows of an impossible size") from error


def _extension(hdus: fits.HDUList, extension: Extension, filename: str) -> tuple[Any, str]:
    """Return an extension and what error messages call it."""
    try:
        hdu = hdus[extension]
    except (IndexError, KeyError) as error:
        existing = ", ".join(f"{number} {hdu.name},{hdu.ver}" for number, hdu in enumerate(hdus))
        raise DatasetNotFound(
            f"{filename} has no extension {extension}; it has {existing}"
        ) from error
    return hdu, f"{filename}[{hdus.index_of(extension)}]"


def _check(hdu: Any, label: str) -> None:
    """Refuse what is no table, does not fit into memory, or is not whole in the file."""
    if str(hdu.header.get("XTENSION")).strip() not in TABLE_TYPES:
        raise DatasetNotFound(f"{label} is not a table")
    if hdu.size > MAX_BYTES:
        raise FileError(
            f"{label} has {hdu.size} bytes, which are more than {MAX_BYTES}: download the file"
        )
    file = hdu.fileinfo()["file"]
    file.seek(hdu.fileinfo()["datLoc"])
    if len(file.read(hdu.size)) < hdu.size:
        raise FileError(f"{label} is truncated")


def _described(hdu: Any, descriptions: Mapping[str, str]) -> Table:
    """Return a table in native byte order, with FITS units and descriptions of its columns."""
    for stored in hdu.columns:
        # Before astropy parses the unit: what it does not know, it warns of in the log of a site.
        stored.unit = _UNITS.get(stored.unit, stored.unit)
    table = Table.read(hdu)
    columns = []
    for number, read in enumerate(table.itercols(), start=1):
        column = read.astype(read.dtype.newbyteorder("="))
        comment = hdu.header.comments[f"TTYPE{number}"]
        own = "" if _SAYS_NOTHING in comment else comment
        column.description = read.description or descriptions.get(read.name) or own or None
        columns.append(column)
    return Table(columns, meta=table.meta)


def _headerlet(hdu: Any) -> Table:
    """Return the cards of a headerlet, which is a FITS file, compressed if COMPRESS is true."""
    content: bytes = hdu.data.tobytes()
    if hdu.header.get("COMPRESS"):
        content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MAX_BYTES)
    with fits.open(io.BytesIO(content), memmap=False) as hdus:
        rows = list(_cards(hdus))
    table = Table(rows=rows, names=("EXTENSION", "KEYWORD", "VALUE", "COMMENT"), dtype=[str] * 4)
    for name, description in (
        ("EXTENSION", "name and version of a header of the headerlet"),
        ("KEYWORD", "keyword of the header"),
        ("VALUE", "its value"),
        ("COMMENT", "its comment"),
    ):
        table[name].description = description
    return table


def _cards(hdus: fits.HDUList) -> Iterator[tuple[str, str, str, str]]:
    for hdu in hdus:
        for card in hdu.header.cards:
            if card.keyword:
                yield f"{hdu.name},{hdu.ver}", card.keyword, _text(card.value), card.comment


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "T" if value else "F"
    return "" if isinstance(value, fits.card.Undefined) else str(value)
