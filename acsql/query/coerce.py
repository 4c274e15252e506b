"""Coercion of the values that users compare keywords with to the types of the keywords.

A value coerces to a span rather than a point, because a date stands for the whole of what it
names (see `acsql.query.dates`): ``date_obs=2002-04`` means a month.  A keyword of type date has
no time of day, so any moment that is compared with it stands for its day.
"""

import math
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from .. import names
from ..errors import InvalidName, QueryError
from . import dates
from .columns import Column
from .messages import abbreviate
from .texts import Exact

# Texts that are truth values, in any case.
TRUE = ("t", "true", "yes", "1")
FALSE = ("f", "false", "no", "0")

# MongoDB's integers have eight bytes.
_MAX_INT = 2**63
# The types of values that need no conversion from numpy or astropy.
_PYTHON_TYPES = (bool, int, float, str, bytes, date, datetime, time)


def coerce_value(value: Any, column: Column) -> Any:
    """Return a value as the type of a column.

    Parameters
    ----------
    value : object
        A value of Python, numpy or astropy, or a text that states one.
    column : Column
        The keyword that the value is compared with.

    Returns
    -------
    object
        A value as MongoDB stores it; of a date that stands for a period, its begin.

    Raises
    ------
    QueryError
        If it is not a value of the column; the message says what is expected.
    """
    return span(value, column)[0]


def span(value: Any, column: Column) -> tuple[Any, Any]:
    """Return the span of values that a value stands for.

    Parameters
    ----------
    value : object
        As in `coerce_value`.
    column : Column
        The keyword that the value is compared with.

    Returns
    -------
    tuple of (object, object)
        Begin and end, of the column's type, and equal except for dates that stand for a period:
        a month, a day in a column of times.  The end does not belong to the period.  A whole
        number beyond MongoDB's integers is the text that a header stores of it.

    Raises
    ------
    QueryError
        If it is not a value of the column; the message says what is expected.
    """
    try:
        begin, end = _span(_to_python(value, column), column)
    except (AttributeError, TypeError, ValueError, OverflowError):
        if isinstance(value, Exact) and column.header:
            # A type mismatch is stored as read.
            return value, value
        raise QueryError(
            f"{column.address}: expected {expected(column)}, not {abbreviate(value)}"
        ) from None
    return (rootname(begin),) * 2 if column.address == "rootname" else (begin, end)


def expected(column: Column) -> str:
    """Return a description of the values of a column, for an error message."""
    if is_mjd(column):
        return "a Modified Julian Date or a date like 2002-04-13T18:16:35"
    unit = f" in {column.spec.unit}" if column.spec.unit else ""
    return _EXPECTED[column.spec.type] + unit


def is_mjd(column: Column) -> bool:
    """Return whether a column holds dates as numbers."""
    return column.spec.mjd and column.spec.type == "float"


def rootname(value: Any) -> str:
    """Return the key of the archive for a rootname.

    Parameters
    ----------
    value : str
        A rootname or ipppssoot in any case.

    Raises
    ------
    QueryError
        If it is neither.
    """
    try:
        return names.rootname(to_str(value))
    except (TypeError, ValueError):
        raise QueryError(f"rootname: expected text, not {abbreviate(value)}") from None
    except InvalidName as error:
        raise QueryError(str(error)) from None


def to_str(value: Any) -> str:
    """Return a text that MongoDB can store.

    Parameters
    ----------
    value : str
        Any text.

    Raises
    ------
    TypeError, ValueError
        If it is not a string, or contains NUL or half a surrogate pair.
    """
    if not isinstance(value, str):
        raise TypeError(value)
    if "\0" in value:
        raise ValueError(value)
    value.encode()  # raises UnicodeEncodeError, a ValueError, for half a surrogate pair
    return value if isinstance(value, Exact) and value.is_distinct else str(value)


def _to_python(value: Any, column: Column) -> Any:
    """Return a scalar of numpy or astropy as Python's own, a quantity in the column's unit."""
    if type(value) in (*_PYTHON_TYPES, Exact):
        return value
    from . import astropy_values

    return astropy_values.to_scalar(value, column.spec.unit or "", is_mjd(column))


def _span(value: Any, column: Column) -> tuple[Any, Any]:
    type_ = column.spec.type
    if is_mjd(column) and dates.is_date(value):
        begin, end = dates.period(value)
        return dates.to_mjd(begin), dates.to_mjd(end)
    if type_ == "datetime":
        begin, end = dates.period(value)
        return dates.to_milliseconds(begin), dates.to_milliseconds(end)
    if type_ == "date":
        return _days(*dates.period(value))
    if type_ == "int" and column.header and not _fits_mongo(number := _whole(value)):
        # As `acsql.ingest.typing` stores it, and never promotes it.
        return Exact(number), Exact(number)
    point = _CONVERSIONS[type_](value)
    return point, point


def _days(begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return the days of a period; a single day is one value and no span."""
    first, last = dates.to_midnight(begin), dates.to_midnight(end)
    return first, first if last - first <= dates.DAY else last


def _to_int(value: Any) -> int:
    number = _whole(value)
    if not _fits_mongo(number):
        raise OverflowError(value)
    return number


def _fits_mongo(number: int) -> bool:
    return -_MAX_INT <= number < _MAX_INT


def _whole(value: Any) -> int:
    if isinstance(value, bool | bytes):
        raise TypeError(value)
    number = int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError(value)
    return number


def _to_float(value: Any) -> float:
    if isinstance(value, bool | bytes):
        raise TypeError(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _to_bool(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in TRUE + FALSE:
        return text in TRUE
    raise ValueError(value)


def _to_time(value: Any) -> str:
    if isinstance(value, str):
        value = time.fromisoformat(value.strip())
    if not isinstance(value, time):
        raise TypeError(value)
    return value.isoformat()


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "int": _to_int,
    "float": _to_float,
    "str": to_str,
    "bool": _to_bool,
    "time": _to_time,
}
_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "date": "a date like 2002-04-13",
    "time": "a time like 18:16:35",
    "datetime": "a date and time like 2002-04-13T18:16:35",
}
