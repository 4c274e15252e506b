"""FITS headers and data units as bytes.

The headers of the mission have padding, section titles and number formats that astropy does not
write; and a sample archive is mostly headers, so they are written directly.
The format is that of the FITS standard 4.0; the tests let astropy judge it strictly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

BLOCK = 2880
CARD = 80
# A continued string leaves room in its card for the keyword, two quotes and the ampersand.
_LONGEST_TEXT = 68
_CONTINUED_TEXT = 67

BLANK = " " * CARD
END = "END".ljust(CARD)


def card(keyword: str, value: bool | int | float | str | None, comment: str = "") -> str:
    """Return one keyword as 80 characters, or a multiple of them when the text is long.

    Parameters
    ----------
    keyword : str
        A name with a dot (``DP1.EXTVER``) is written as a record-valued card when it holds a
        number, else (blank or undefined) with ESO's HIERARCH convention.
    value : bool, int, float, str or None
        None is an undefined value: the card has a comment and no value.
    """
    if "." in keyword:
        name, _, field = keyword.partition(".")
        if isinstance(value, float):
            return _line(name, f"'{field}: {value!r}'", comment)
        return f"HIERARCH {keyword} = {_quoted(str(value)) if value else ''}".ljust(CARD)
    match value:
        case None:
            text = ""
        case bool():
            text = f"{'T' if value else 'F':>20}"
        case int():
            text = f"{value:>20}"
        case float():
            text = f"{_number(value):>20}"
        case str() if len(value.replace("'", "''")) > _LONGEST_TEXT:
            return _continued(keyword, value, comment)
        case str():
            text = _quoted(value)
    return _line(keyword, text, comment)


def title(text: str) -> str:
    """Return the three cards that begin a section in the mission's headers.

    Parameters
    ----------
    text : str
        The title of the section.

    Returns
    -------
    str
        Three cards of 80 characters.
    """
    return BLANK + f"{'':14}/ {text}".ljust(CARD) + BLANK


def commentary(keyword: str, text: str) -> str:
    """Return a COMMENT or HISTORY card.

    Parameters
    ----------
    keyword : str
        COMMENT or HISTORY.
    text : str
        The text, of which 72 characters fit.

    Returns
    -------
    str
        80 characters.
    """
    return f"{keyword:<8}{text}"[:CARD].ljust(CARD)


def _line(keyword: str, text: str, comment: str) -> str:
    line = f"{keyword:<8}= {text:<20}"
    return (f"{line} / {comment}" if comment else line)[:CARD].ljust(CARD)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").ljust(8) + "'"


def _number(value: float) -> str:
    text = repr(value).upper()
    if len(text) > 20:
        text = f"{value:.12E}"
    return text if "." in text else text.replace("E", ".0E")


def _continued(keyword: str, text: str, comment: str) -> str:
    pieces = [""]
    for character in text.replace("'", "\0"):
        if len(pieces[-1].replace("\0", "''")) >= _CONTINUED_TEXT - 1:
            pieces.append("")
        pieces[-1] += character
    pieces = [piece.replace("\0", "''") for piece in pieces]
    lines = [f"{keyword:<8}= '{pieces[0]}&'"]
    lines += [f"CONTINUE  '{piece}&'" for piece in pieces[1:-1]]
    lines.append(f"CONTINUE  '{pieces[-1]}'" + (f" / {comment}" if comment else ""))
    return "".join(line[:CARD].ljust(CARD) for line in lines)


@dataclass(frozen=True)
class Hdu:
    """One header and its data.

    `cards` is the header without END, a multiple of 80 characters; `data` has the byte order
    of FITS, and None is a header without data.
    """

    cards: str
    data: np.ndarray | None = None

    def parts(self) -> Iterable[bytes | memoryview]:
        """Yield what to write to a file, padded to whole blocks."""
        header = (self.cards + END).encode("ascii")
        yield header.ljust(_whole(len(header)), b" ")
        if self.data is not None and self.data.size:
            data = np.ascontiguousarray(self.data)
            yield data.reshape(-1).view(np.uint8).data
            yield bytes(_whole(data.nbytes) - data.nbytes)


def _whole(length: int) -> int:
    return -(-length // BLOCK) * BLOCK


def big_endian(data: np.ndarray) -> np.ndarray:
    """Return an array in the byte order of FITS.

    Parameters
    ----------
    data : array
        Any array.

    Returns
    -------
    array
        The same values; not copied if they have this byte order.
    """
    return data.astype(data.dtype.newbyteorder(">"), copy=False)


def unsigned(data: np.ndarray) -> np.ndarray:
    """Return unsigned 16-bit counts as FITS stores them.

    Parameters
    ----------
    data : array of uint16
        The counts.

    Returns
    -------
    array of int16
        To be read with BZERO = 32768.
    """
    return big_endian((data ^ 0x8000).view(np.int16))


def bitpix(data: np.ndarray) -> int:
    """Return the BITPIX of an array.

    Parameters
    ----------
    data : array
        The data.

    Returns
    -------
    int
        Bits per value, negative for floating point.
    """
    return 8 * data.dtype.itemsize * (-1 if data.dtype.kind == "f" else 1)


@dataclass(frozen=True)
class TableColumn:
    """A column of a binary table: its TTYPE, TFORM, TUNIT, TDISP and its values."""

    name: str
    form: str
    values: np.ndarray
    unit: str = ""
    display: str = ""


def table(columns: Sequence[TableColumn]) -> np.ndarray:
    """Return the rows of a binary table.

    Parameters
    ----------
    columns : sequence of TableColumn
        The columns, all of the same length.

    Returns
    -------
    structured array
        One element for each row.
    """
    dtype = np.dtype(
        [(f"f{i}", big_endian(column.values).dtype) for i, column in enumerate(columns)]
    )
    rows = np.zeros(len(columns[0].values), dtype)
    for i, column in enumerate(columns):
        rows[f"f{i}"] = column.values
    return rows
