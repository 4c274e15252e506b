"""Values of documents as text for users, and as JSON."""

import math
import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from ..query import Column

# Characters that XML 1.0 does not allow (section 2.2), and the line end that its readers change.
FORBIDDEN_IN_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: Any, column: Column | None = None) -> str:
    """Return a value as text.

    Parameters
    ----------
    value : object
        A stored value, or a list of them.
    column : Column, optional
        Its keyword; dates of a keyword of type date are written without a time.

    Returns
    -------
    str
        Dates in ISO 8601, ``T`` and ``F``, lists joined by semicolons; empty if unknown.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, datetime):
        if column is not None and column.spec.type == "date":
            return value.date().isoformat()
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, list):
        return "; ".join(text(part, column) for part in value)
    return str(value)


def plain(value: Any, column: Column | None = None) -> Any:
    """Return a value as JSON represents it.

    Parameters
    ----------
    value : object
        A stored value, or lists and mappings of them.
    column : Column, optional
        As in `text`.

    Returns
    -------
    object
        Dates as text; NaN and infinity, which JSON lacks, as None.
    """
    if isinstance(value, datetime | time):
        return text(value, column)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [plain(part, column) for part in value]
    if isinstance(value, Mapping):
        return {key: plain(part, column) for key, part in value.items()}
    return value


def heading(column: Column) -> str:
    """Return the heading of a column in tables for users, with its unit: ``exptime [s]``."""
    return f"{column.address} [{column.spec.unit}]" if column.spec.unit else column.address


def escape(content: str, forbidden: re.Pattern[str]) -> str:
    r"""Return a text with forbidden characters as Python escapes them.

    Parameters
    ----------
    content : str
        Any text.
    forbidden : re.Pattern
        Matches each character that the format cannot represent.

    Returns
    -------
    str
        Such as ``\n`` for a line feed and ``\x07`` for a bell.
    """
    return forbidden.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), content)
