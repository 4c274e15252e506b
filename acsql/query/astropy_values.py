"""Values of numpy and astropy in conditions, and conversions of dates and angles by astropy.

Loading astropy takes longer than most searches, so the other modules of this package import this
one when a condition has a position, a Modified Julian Date or a value that is not Python's own.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np
from astropy.coordinates import (
    Angle,
    IllegalHourWarning,
    IllegalMinuteWarning,
    IllegalSecondWarning,
    SkyCoord,
)
from astropy.time import Time
from astropy.units import Quantity
from erfa import ErfaWarning

# Faults that astropy only warns of.  Not all of its warnings: all threads share the filters, and
# another thread may read a file meanwhile.
_REFUSED = (IllegalHourWarning, IllegalMinuteWarning, IllegalSecondWarning)


def to_scalar(value: Any, unit: str, as_mjd: bool) -> Any:
    """Return a scalar of numpy or astropy as Python's own.

    Parameters
    ----------
    value : object
        Any value.
    unit : str
        The unit into which a quantity is converted; empty for a number.
    as_mjd : bool
        Whether a time becomes a Modified Julian Date (UTC, in days) rather than a datetime.

    Returns
    -------
    object
        The value itself if it is none of numpy or astropy.
    """
    if isinstance(value, Time):
        return float(value.utc.mjd) if as_mjd else _to_datetime(value)
    if isinstance(value, Quantity):
        return value.to_value(unit).item()
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]").item()
    return value.item() if isinstance(value, np.generic) else value


def unwrap(value: Any) -> Any:
    """Return None for a masked value, and the value in an array without dimensions."""
    if value is np.ma.masked:
        return None
    return value.item() if type(value) is np.ndarray and value.ndim == 0 else value


def to_mjd(moment: datetime) -> float:
    """Return a moment as Modified Julian Date (UTC, in days)."""
    with warnings.catch_warnings():
        # ERFA warns of leap seconds that are not known yet, for years far from now.
        warnings.simplefilter("ignore", ErfaWarning)
        return float(Time(moment, scale="utc").mjd)


def from_mjd(days: float) -> datetime:
    """Return the moment of a Modified Julian Date (UTC, in days)."""
    return _to_datetime(Time(days, format="mjd", scale="utc"))


def _to_datetime(value: Time) -> datetime:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ErfaWarning)
        moment = value.utc.to_datetime()
    if not isinstance(moment, datetime):
        raise TypeError(value)
    return moment


def to_degrees(value: Any) -> float:
    """Return a quantity or a number in degrees.

    Parameters
    ----------
    value : float or Quantity
        Degrees, or an angle of any unit.
    """
    return float(value.to_value("deg") if isinstance(value, Quantity) else value)


def parse_angle(text: str, sexagesimal_unit: str) -> float:
    """Return the angle that a text states, in degrees.

    Parameters
    ----------
    text : str
        Such as ``5arcmin`` or ``00:24:05.7``.
    sexagesimal_unit : str
        The unit of a text without one: ``hourangle`` or ``deg``.

    Raises
    ------
    ValueError, TypeError
        If it is not an angle.
    """
    with _strict():
        return float(Angle(text, unit=sexagesimal_unit).to_value("deg"))


def to_position(value: str | SkyCoord) -> tuple[float, float]:
    """Return the right ascension and declination (ICRS) of a position, in degrees.

    Parameters
    ----------
    value : str or SkyCoord
        Such as ``00h24m05.7s -72d04m52s``, or one position in any frame.

    Raises
    ------
    ValueError, TypeError
        If it is not one position.
    """
    with _strict():
        if isinstance(value, str):
            value = SkyCoord(value, unit=("hourangle", "deg"))
        elif not isinstance(value, SkyCoord) or not value.isscalar:
            raise TypeError(value)
        coordinates = value.icrs
    return float(coordinates.ra.to_value("deg")), float(coordinates.dec.to_value("deg"))


@contextmanager
def _strict() -> Iterator[None]:
    """Refuse faults that astropy only warns of, such as 60 minutes of an hour."""
    with warnings.catch_warnings():
        for category in _REFUSED:
            warnings.simplefilter("error", category)
        try:
            yield
        except _REFUSED as warning:
            raise ValueError(str(warning)) from warning
