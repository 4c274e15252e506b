"""Where a page of a search ends, as text for an address: the sort key of its last row.

A page that begins behind a key and not at a number of rows stays right while an ingest adds and
changes observations.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..errors import QueryError


def to_mark(key: Sequence[Any]) -> str:
    """Return the sort key of a row as text for an address."""
    values = [{"date": v.isoformat()} if isinstance(v, datetime) else v for v in key]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def from_mark(mark: str, keys: int) -> list[Any]:
    """Return the sort key that a mark holds, of a search that sorts by so many keys.

    Raises
    ------
    QueryError
        If the mark is not one of this order.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(mark.encode()))
        if not isinstance(values, list) or len(values) != keys:
            raise ValueError(values)
        values = [_marked(value) for value in values]
    except (binascii.Error, KeyError, RecursionError, TypeError, ValueError) as error:
        raise QueryError(f"{mark!r} does not mark a page of this search") from error
    return values


def _marked(value: Any) -> Any:
    """Return a value of a mark, if it is one that a row can hold.

    It is compared as it was stored: typed anew, a misfit or a time with fractions of a second
    would be another value, and rows would be missed.
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
