"""Cells of text formats that spreadsheets open."""

import re
from typing import Any

from ..query import Column
from .values import text

# Spreadsheets run cells that begin so as formulas (OWASP, "CSV Injection").
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def safe_cell(value: Any, column: Column) -> str:
    """Return a value as text that no spreadsheet takes for a formula.

    Parameters
    ----------
    value : object
        A stored value.
    column : Column
        Its keyword.

    Returns
    -------
    str
        With a single quote before texts that would be a formula; numbers stay as they are.
    """
    cell = text(value, column)
    return f"'{cell}" if isinstance(value, str | list) and _FORMULA.match(cell) else cell
