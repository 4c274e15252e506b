"""What a keyword is compared with: a value of whatever kind becomes one of the keyword's type.

Dates are the reason why this is more than a conversion.  A date stands for the whole of what it
names: ``2002`` for a year, ``2002-04`` for a month, ``2002-04-13`` for a day, ``18:16`` after
it for a minute and ``18:16:35`` for a second; with a fraction of a second, as a number (a
Modified Julian Date) and as a `datetime` it is a moment.  A keyword of type date knows no time,
so there every moment is its day.  Everything is UTC, as in the headers.
"""

import math
import re
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from astropy.coordinates import Angle, SkyCoord
from astropy.time import Time
from astropy.units import Quantity
from astropy.utils.exceptions import AstropyWarning
from erfa import ErfaWarning

from .. import names
from ..errors import InvalidName, QueryError
from .columns import Column

TRUE = ("t", "true", "yes", "1")
FALSE = ("f", "false", "no", "0")

_ISO = re.compile(
    r"(?P<year>\d{4})(-(?P<month>0[1-9]|1[0-2])(-(?P<day>\d\d)([T ](?P<minute>\d\d:\d\d)"
    r"(:(?P<second>\d\d)(\.(?P<fraction>\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
# A number is a date if it has five digits before the point, as all dates from 1886 to 2132 have
# as Modified Julian Dates; four digits are a year.
_MJD = re.compile(r"\d{5}(\.\d*)?", re.ASCII)
_LASTING = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "day": timedelta(days=1),
}


def shown(value: Any) -> str:
    """Return a value as an error names it: in one line, and not all of it if it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def coerce_value(value: Any, column: Column) -> Any:
    """Return a value as the column's type; of a date, the moment at which it begins.

    Raises
    ------
    QueryError
        If it is none; the message says what is expected.
    """
    return span(value, column)[0]


def span(value: Any, column: Column) -> tuple[Any, Any]:
    """Return what a value stands for in a column: where it begins and what comes after it.

    Returns
    -------
    first, after : of the column's type
        The same twice, except for dates that last: a month, a day of a column of times ...

    Raises
    ------
    QueryError
        If it is no value of the column; the message says what is expected.
    """
    try:
        return _span(_plain(value, column), column)
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise QueryError(
            f"{column.address}: expected {expected(column)}, not {shown(value)}"
        ) from None


def expected(column: Column) -> str:
    """Return in words what a column is compared with."""
    unit = f" in {column.spec.unit}" if column.spec.unit else ""
    if is_mjd(column):
        return "a Modified Julian Date or a date like 2002-04-13T18:16:35"
    return _EXPECTED[column.spec.type] + unit


def is_mjd(column: Column) -> bool:
    """Whether a column holds dates as numbers."""
    return column.spec.mjd and column.spec.type == "float"


def _plain(value: Any, column: Column) -> Any:
    """Return a scalar of numpy or astropy as Python's own, a quantity in the column's unit."""
    if isinstance(value, Time):
        return float(value.utc.mjd) if is_mjd(column) else _from_time(value)
    if isinstance(value, Quantity):
        return value.to_value(column.spec.unit or "").item()
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]").item()
    return value.item() if isinstance(value, np.generic) else value


def _span(value: Any, column: Column) -> tuple[Any, Any]:
    type_ = column.spec.type
    if is_mjd(column) and _is_date(value):
        first, after = map(_to_mjd, _period(value))
    elif type_ == "datetime":
        first, after = map(_to_milliseconds, _period(value))
    elif type_ == "date":
        first, after = map(_midnight, _period(value))
        # A day and what is shorter is one value.
        after = first if after - first <= _LASTING["day"] else after
    else:
        first = after = _CONVERSIONS[type_](value)
    if column.address == "rootname":
        first = after = rootname(first)
    return first, after


def rootname(value: Any) -> str:
    """Return the archive's key for a rootname, or raise QueryError."""
    try:
        return names.rootname(to_str(value))
    except (TypeError, ValueError):
        raise QueryError(f"rootname: expected text, not {shown(value)}") from None
    except InvalidName as error:
        raise QueryError(str(error)) from None


# --- dates


def _is_date(value: Any) -> bool:
    """Whether what is compared with a Modified Julian Date is a date and no number."""
    return isinstance(value, date) or (
        isinstance(value, str) and bool(_ISO.fullmatch(value.strip()))
    )


def _period(value: Any) -> tuple[datetime, datetime]:
    """Return when what a date names begins, and when it is over: of a moment, the same twice."""
    if isinstance(value, datetime):
        return (_moment(value),) * 2
    if isinstance(value, date):
        value = value.isoformat()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        value = repr(value)
    text = value.strip()
    if _MJD.fullmatch(text):
        return (_moment(_from_time(Time(float(text), format="mjd", scale="utc"))),) * 2
    match = _ISO.fullmatch(text)
    if not match:
        raise ValueError(value)
    if not match["day"]:
        return _months(int(match["year"]), int(match["month"] or 0))
    begins = _moment(datetime.fromisoformat(text))
    if match["fraction"]:
        return begins, begins
    finest = next(name for name in _LASTING if match[name])
    return begins, _behind(begins, _LASTING[finest])


def _months(year: int, month: int) -> tuple[datetime, datetime]:
    """Return when a month begins and the next one does, or a year if `month` is 0."""
    first = datetime(year, month or 1, 1)
    if month in (0, 12):
        return first, datetime(year + 1, 1, 1)
    return first, datetime(year, month + 1, 1)


def _behind(moment: datetime, lasting: timedelta) -> datetime:
    try:
        return moment + lasting
    except OverflowError:  # on the last day that there is
        return datetime.max


def _moment(value: datetime) -> datetime:
    """Return a moment in UTC without a time zone."""
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _to_milliseconds(moment: datetime) -> datetime:
    """Return a moment as exactly as MongoDB keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _midnight(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, moment.day)


def _to_mjd(moment: datetime) -> float:
    with warnings.catch_warnings():
        # Leap seconds are not known for all years that a user can think of.
        warnings.simplefilter("ignore", ErfaWarning)
        return float(Time(moment, scale="utc").mjd)


def _from_time(value: Time) -> datetime:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ErfaWarning)
        moment = value.utc.to_datetime()
    if not isinstance(moment, datetime):
        raise TypeError(value)
    return moment


# --- the other types


def _to_int(value: Any) -> int:
    if isinstance(value, bool | bytes):
        raise TypeError(value)
    number = int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError(value)
    return number


def _to_float(value: Any) -> float:
    if isinstance(value, bool | bytes):
        raise TypeError(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def to_str(value: Any) -> str:
    """Return a text as one that MongoDB takes, or raise TypeError or ValueError."""
    if not isinstance(value, str):
        raise TypeError(value)
    if "\0" in value:
        raise ValueError(value)
    value.encode()  # half a surrogate pair is no Unicode
    return str(value)


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


# --- the sky

MAX_RADIUS = 90.0


def position(ra: Any, dec: Any) -> tuple[float, float]:
    """Return right ascension (0 to 360) and declination of what a user gave, in degrees.

    Parameters
    ----------
    ra, dec : float, str or Quantity
        Degrees; a text may also be sexagesimal, then `ra` is in hours.  `dec` None says that
        `ra` is a text with both.

    Raises
    ------
    QueryError
        If they are no position.
    """
    if dec is None:
        ra, dec = _both(ra)
    longitude = _degrees("ra", ra, -180, 360, "hourangle")
    # Twice, because what is only just below 0 becomes 360 the first time.
    return longitude % 360 % 360, _degrees("dec", dec, -90, 90, "deg")


def radius(value: Any) -> float:
    """Return a radius in degrees, or raise QueryError."""
    degrees = _degrees("radius", value, 0, MAX_RADIUS, "deg")
    if not degrees:
        raise QueryError("radius: expected more than 0 degrees")
    return degrees


def _degrees(name: str, value: Any, low: float, high: float, sexagesimal: str) -> float:
    try:
        degrees = _angle(value, sexagesimal)
    except (ValueError, TypeError, OverflowError, AstropyWarning):
        raise QueryError(f"{name}: expected an angle in degrees, not {shown(value)}") from None
    if not low <= degrees <= high:
        raise QueryError(f"{name}: expected {low:g} to {high:g} degrees, not {shown(value)}")
    return degrees


def _angle(value: Any, sexagesimal: str) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            with warnings.catch_warnings():
                warnings.simplefilter("error", AstropyWarning)  # 60 minutes of an hour
                value = Angle(value, unit=sexagesimal)
                # Hours become degrees by way of radians; what is lost there is far below this.
                return round(float(value.to_value("deg")), 12)
    return _to_float(value.to_value("deg") if isinstance(value, Quantity) else value)


def _both(text: Any) -> tuple[Any, Any]:
    """Return the two angles of a text like ``00:24:05.7 -72:04:52`` or ``6.02 -72.08``."""
    refusal = f"expected a position like 6.02 -72.08 or 00:24:05.7 -72:04:52, not {shown(text)}"
    if not isinstance(text, str):
        raise QueryError(refusal)
    parts = text.split()
    if len(parts) == 2:
        return parts[0], parts[1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AstropyWarning)
            found = SkyCoord(text, unit=("hourangle", "deg"))
    except (ValueError, TypeError, AstropyWarning):
        raise QueryError(refusal) from None
    return tuple(round(float(angle.to_value("deg")), 12) for angle in (found.ra, found.dec))
