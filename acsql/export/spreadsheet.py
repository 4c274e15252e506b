"""Rows for spreadsheets, which run a text as a formula if it begins like one.

The guard changes values, so it is a separate step before an export.  The site applies it to
downloads that users open with a click; the command line and Python apply it only on request.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..query import Column
from .registry import Rows
from .values import text

# Spreadsheets run cells that begin so as formulas (OWASP, "CSV Injection").  Where the comma is
# the decimal sign, they split cells at semicolons, and at line ends after such a split.
_CELL = r"(?:\A|(?<=[;\r\n]))"
# A text that has quotes there already gets one more, so that one can be removed again.
_BEGINNING = r"(?='*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
_FORMULA = re.compile(_CELL + _BEGINNING)
_GUARDED = re.compile(f"{_CELL}'{_BEGINNING}")


def guarded(rows: Rows, columns: Sequence[Column]) -> Iterator[dict[str, Any]]:
    """Yield rows whose texts no spreadsheet takes for formulas.

    Parameters
    ----------
    rows : iterable of mapping
        Values by the address of their column.
    columns : sequence of Column
        The columns to keep.

    Yields
    ------
    dict
        With a single quote before what would be a formula, which `unguarded` removes; numbers
        stay as they are.
    """
    for row in rows:
        yield {column.address: _safe(row[column.address], column) for column in columns}


def unguarded(value: str) -> str:
    """Return a text as it was before `guarded`.

    Parameters
    ----------
    value : str
        A text of a guarded row.

    Returns
    -------
    str
        Without the quotes that `guarded` has added.
    """
    return _GUARDED.sub("", value)


def _safe(value: Any, column: Column) -> Any:
    is_text = isinstance(value, str | list)
    return _FORMULA.sub("'", text(value, column)) if is_text else value
