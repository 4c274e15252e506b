"""Pagination cursors: the sort key of the last row of a page, encoded for URLs.

A page that continues after a sort key, and not after a number of rows, stays correct while an
ingest adds and changes observations.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..errors import QueryError
from ..query.messages import abbreviate


def encode(key: Sequence[Any]) -> str:
    """Return the sort key of a row as a cursor.

    Parameters
    ----------
    key : sequence
        One value for each sort keyword, as stored: text, number, bool, datetime or None.

    Returns
    -------
    str
        URL-safe ASCII text.
    """
    values = [{"date": v.isoformat()} if isinstance(v, datetime) else v for v in key]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def decode(cursor: str, length: int) -> list[Any]:
    """Return the sort key in a cursor.

    Parameters
    ----------
    cursor : str
        As `encode` returns it.
    length : int
        The number of sort keywords of the search.

    Returns
    -------
    list
        One value for each sort keyword.

    Raises
    ------
    QueryError
        If the text is not a cursor, or belongs to a search with another sort order.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(values, list) or len(values) != length:
            raise ValueError(values)
        return [_decoded(value) for value in values]
    except (binascii.Error, KeyError, RecursionError, TypeError, ValueError) as error:
        raise QueryError(
            f"invalid cursor {abbreviate(cursor)} for this search: start again from the first page"
        ) from error


def _decoded(value: Any) -> Any:
    """Return one value of a cursor, if a row can hold it.

    Values are compared as they are stored: coerced to the type of the keyword, a type mismatch
    or a time with fractions of a second would become another value, and rows would be missed.
    """
    match value:
        case {"date": text}:
            return datetime.fromisoformat(text)
        case str():
            value.encode()
        case int() if not -(2**63) <= value < 2**63:
            raise ValueError(value)
        case dict() | list():
            raise TypeError(value)
    return value
