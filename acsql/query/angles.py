"""Positions and radii as users write them: degrees, sexagesimal texts and astropy quantities."""

import math
from typing import Any

from ..errors import QueryError
from .messages import abbreviate

# Degrees; a circle of this radius is the whole sky.
MAX_RADIUS = 180.0
# Decimals of degrees (4e-9 arcsec): astropy converts hours by way of radians, which loses more.
_DECIMALS = 12


def position(ra: Any, dec: Any) -> tuple[float, float]:
    """Return a position in degrees.

    Parameters
    ----------
    ra, dec : float, str or Quantity
        Degrees; `ra` is taken modulo 360, `dec` runs from -90 to 90.  Sexagesimal texts are in
        hours and degrees.  If `dec` is None, `ra` is a SkyCoord, a pair of two angles, or a text
        with both, such as ``00:24:05.7 -72:04:52``.

    Returns
    -------
    tuple of (float, float)
        Right ascension from 0 to 360 and declination, in degrees.

    Raises
    ------
    QueryError
        If they are not a position.
    """
    if dec is None:
        ra, dec = _split_position(ra)
    longitude = _degrees("ra", ra, -math.inf, math.inf, "hourangle")
    # Twice, because the remainder of a tiny negative number is 360 itself.
    return longitude % 360 % 360, _degrees("dec", dec, -90, 90, "deg")


def radius(value: Any) -> float:
    """Return a radius in degrees.

    Parameters
    ----------
    value : float, str or Quantity
        Degrees, or a text with its unit such as ``5arcmin``.

    Returns
    -------
    float
        More than 0 and at most `MAX_RADIUS` degrees.

    Raises
    ------
    QueryError
        If it is not an angle, or out of range.
    """
    degrees = _degrees("radius", value, 0, MAX_RADIUS, "deg")
    if not degrees:
        raise QueryError("radius: expected more than 0 degrees")
    return degrees


def _degrees(name: str, value: Any, low: float, high: float, sexagesimal_unit: str) -> float:
    try:
        degrees = _angle(value, sexagesimal_unit)
    except (ValueError, TypeError, OverflowError):
        raise QueryError(f"{name}: expected an angle in degrees, not {abbreviate(value)}") from None
    if not low <= degrees <= high:
        raise QueryError(f"{name}: expected {low:g} to {high:g} degrees, not {abbreviate(value)}")
    return degrees


def _angle(value: Any, sexagesimal_unit: str) -> float:
    if isinstance(value, str):
        degrees = _parse_angle(value, sexagesimal_unit)
    elif isinstance(value, bool | bytes):
        raise TypeError(value)
    else:
        degrees = _to_degrees(value)
    if not math.isfinite(degrees):
        raise ValueError(value)
    return degrees


def _to_degrees(value: Any) -> float:
    if isinstance(value, int | float):
        return float(value)
    from . import astropy_values

    return astropy_values.to_degrees(value)


def _parse_angle(text: str, sexagesimal_unit: str) -> float:
    try:
        return float(text)
    except ValueError:
        from . import astropy_values

        return round(astropy_values.parse_angle(text, sexagesimal_unit), _DECIMALS)


def _split_position(value: Any) -> tuple[Any, Any]:
    """Return the two angles of a position like ``"00:24:05.7 -72:04:52"`` or ``(6.02, -72.08)``."""
    parts = value.split() if isinstance(value, str) else value
    if isinstance(parts, list | tuple) and len(parts) == 2:
        return parts[0], parts[1]
    from . import astropy_values

    try:
        ra, dec = astropy_values.to_position(value)
    except (ValueError, TypeError):
        raise QueryError(
            "expected a position like 6.02 -72.08, 00:24:05.7 -72:04:52 or a SkyCoord, "
            f"not {abbreviate(value)}"
        ) from None
    return round(ra, _DECIMALS), round(dec, _DECIMALS)
