"""Dates as users write them, and the periods that they stand for.

A date stands for the whole of what it names: ``2002`` for a year, ``2002-04`` for a month,
``2002-04-13`` for a day, ``2002-04-13T18:16`` for a minute and ``2002-04-13T18:16:35`` for a
second.  With a fraction of a second, as a number (a Modified Julian Date) and as a
`datetime.datetime` it is a moment.  All dates are UTC, as in the headers.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

_ISO = re.compile(
    r"(?P<year>\d{4})(-(?P<month>0[1-9]|1[0-2])(-(?P<day>\d\d)([T ](?P<minute>\d\d:\d\d)"
    r"(:(?P<second>\d\d)(\.(?P<fraction>\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
# A number with five digits before the point is a Modified Julian Date, as all dates from 1886 to
# 2132 have; four digits are a year.
_MJD = re.compile(r"\d{5}(\.\d*)?", re.ASCII)
DAY = timedelta(days=1)
_DURATIONS = {"second": timedelta(seconds=1), "minute": timedelta(minutes=1), "day": DAY}


def is_date(value: Any) -> bool:
    """Return whether a value is a date rather than a number.

    Parameters
    ----------
    value : object
        The value that a Modified Julian Date is compared with.
    """
    return isinstance(value, date) or (
        isinstance(value, str) and bool(_ISO.fullmatch(value.strip()))
    )


def period(value: Any) -> tuple[datetime, datetime]:
    """Return the period that a date stands for.

    Parameters
    ----------
    value : str, float, datetime.date or datetime.datetime
        A text in ISO 8601, possibly cut short, or a Modified Julian Date.

    Returns
    -------
    tuple of (datetime, datetime)
        Begin and end in UTC, without a time zone; the end does not belong to the period.  Both
        are the same for a moment.

    Raises
    ------
    AttributeError, TypeError, ValueError, OverflowError
        If the value is not a date.
    """
    if isinstance(value, datetime):
        moment = _in_utc(value)
        return moment, moment
    if isinstance(value, date):
        value = value.isoformat()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        value = repr(value)
    text = value.strip()
    if _MJD.fullmatch(text):
        from . import astropy_values

        moment = astropy_values.from_mjd(float(text))
        return moment, moment
    match = _ISO.fullmatch(text)
    if not match:
        raise ValueError(value)
    if not match["day"]:
        return _months(int(match["year"]), int(match["month"] or 0))
    begin = _in_utc(datetime.fromisoformat(text))
    if match["fraction"]:
        return begin, begin
    finest = next(name for name in _DURATIONS if match[name])
    return begin, _later(begin, _DURATIONS[finest])


def _months(year: int, month: int) -> tuple[datetime, datetime]:
    """Return the first days of a month and the next one, or of two years if `month` is 0."""
    first = datetime(year, month or 1, 1)
    if month in (0, 12):
        return first, datetime(year + 1, 1, 1)
    return first, datetime(year, month + 1, 1)


def _later(moment: datetime, duration: timedelta) -> datetime:
    try:
        return moment + duration
    except OverflowError:  # on 9999-12-31
        return datetime.max


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def to_milliseconds(moment: datetime) -> datetime:
    """Return a moment with the precision of MongoDB's dates, cut to the millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_midnight(moment: datetime) -> datetime:
    """Return the begin of the day of a moment."""
    return datetime(moment.year, moment.month, moment.day)


def to_mjd(moment: datetime) -> float:
    """Return a moment as Modified Julian Date (UTC, in days)."""
    from . import astropy_values

    return astropy_values.to_mjd(moment)
