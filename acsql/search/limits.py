"""Checks of the numbers that limit a search: seconds and rows."""

from typing import Literal

from ..errors import QueryError
from ..query.messages import abbreviate

# Seconds that a search may take unless `acsql.connect` or the search sets another limit.
TIME_LIMIT = 60
# Sentinel "default": use the time limit given to `acsql.connect`.
TimeLimit = float | Literal["default"] | None


def seconds(value: float, name: str = "time_limit") -> float:
    """Return a duration in seconds if it is a positive number.

    Parameters
    ----------
    value : float
        The duration in seconds.
    name : str
        The parameter that the error message names.

    Returns
    -------
    float
        `value`, unchanged.

    Raises
    ------
    QueryError
        If `value` is not a number greater than 0.
    """
    # NaN is not greater than 0 either.
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise QueryError(
            f"{name} must be a number of seconds greater than 0, not {abbreviate(value)}"
        )
    return value


def optional_seconds(value: float | None, name: str = "time_limit") -> float | None:
    """Return a duration as `seconds` does, or None for no limit."""
    return None if value is None else seconds(value, name)


def at_least_one(value: int, name: str) -> int:
    """Return a number of rows or values if it is at least 1.

    Parameters
    ----------
    value : int
        The number.
    name : str
        The parameter that the error message names.

    Returns
    -------
    int
        `value`, unchanged.

    Raises
    ------
    QueryError
        If `value` is less than 1.
    """
    if value < 1:
        raise QueryError(f"{name} must be at least 1, not {value}")
    return value


def optional_at_least_one(value: int | None, name: str) -> int | None:
    """Return a number as `at_least_one` does, or None for all."""
    return None if value is None else at_least_one(value, name)
