"""Jitter tables: pointing stability, orbital night and losses of guide stars during an exposure.

A table has a row for every three seconds of an exposure, or for every second of a short one (Jitter
File Format Definition, STScI).
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from astropy.table import Table

# The column of the time, and those without which a table is none of jitter.
TIME = "Seconds"
_COLUMNS = {TIME, "SI_V2_AVG", "SI_V2_RMS", "SI_V3_AVG", "SI_V3_RMS"}
# States of the telescope, each with its column and the value that this has during the state.
_STATES = {
    "night": ("DayNight", 1),
    "recentring": ("Recenter", 1),
    "guide stars lost": ("TakeData", 0),
    "slew": ("SlewFlag", 1),
}
# No reading is so large: tables of STSDAS have 1.6e38 for an undefined one (INDEFR of IRAF).
_UNDEFINED = 1e38

# Begin and end in seconds since the beginning of the exposure.
Interval = tuple[float, float]
Readings = npt.NDArray[np.float64]


def is_jitter(names: Iterable[str]) -> bool:
    """Return whether a table is one of jitter, by the names of its columns."""
    return set(names) >= _COLUMNS


def readings(table: Table, name: str) -> Readings:
    """Return the readings of a column.

    Parameters
    ----------
    table : astropy.table.Table
        A jitter table.
    name : str
        A column of numbers.

    Returns
    -------
    ndarray, shape (rows,)
        In the unit of the column; NaN where unknown.
    """
    known = np.ma.asarray(table[name]).astype(np.float64)
    values: Readings = np.array(np.ma.filled(known, np.nan))
    values[np.abs(values) >= _UNDEFINED] = np.nan
    return values


def rms(table: Table, name: str) -> float | None:
    """Return the RMS of a column with the RMS of each row.

    Parameters
    ----------
    table : astropy.table.Table
        A jitter table.
    name : str
        ``SI_V2_RMS`` or ``SI_V3_RMS``.

    Returns
    -------
    float or None
        In the unit of the column, None if no row has a value.
    """
    values = readings(table, name)
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else None


def states(table: Table) -> dict[str, list[Interval]]:
    """Return when the telescope was in the night, was recentred, lost its guide stars or slewed.

    Parameters
    ----------
    table : astropy.table.Table
        A jitter table.

    Returns
    -------
    dict of list of (float, float)
        Begin and end of each interval in seconds, by the name of the state; a row lasts until the
        next one.
    """
    begins = readings(table, TIME)
    ends = np.append(begins[1:], begins[-1:] + np.median(np.diff(begins)) if len(begins) > 1 else 0)
    return {
        state: _intervals(begins, ends, readings(table, column) == value)
        for state, (column, value) in _STATES.items()
        if column in table.colnames
    }


def _intervals(begins: Readings, ends: Readings, flags: npt.NDArray[np.bool_]) -> list[Interval]:
    """Return begin and end of each run of rows with a flag."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [
        (float(begins[first]), float(ends[after - 1]))
        for first, after in edges.reshape(-1, 2).tolist()
    ]
