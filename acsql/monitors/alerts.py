"""Alerts: limits on the latest value of a column, its trend, and the time without measurements.

A rule takes the table of a monitor and returns its current violations.  Alerts have keys, so that a
violation that lasts over several runs remains one alert.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from astropy.table import Table

_DAYS_PER_YEAR = 365.25
# A line through fewer points says nothing about a trend.
_FEWEST_POINTS = 5


class Alert(NamedTuple):
    """Something that is wrong.

    Attributes
    ----------
    key : str
        The same for the same thing in the next run.
    message : str
        The problem, with the value and the limit.
    rootname : str or None
        The latest observation that shows it.
    """

    key: str
    message: str
    rootname: str | None = None


class Measurements(NamedTuple):
    """The measurements of a monitor, for alert rules.

    Attributes
    ----------
    table : astropy.table.Table
        The rows of the monitor in the order of time, at least those that its rules read.
    by : str or None
        The column that divides them into series.
    newest : float or None
        The start of the latest observation of the archive, as Modified Julian Date.
    """

    table: Table
    by: str | None = None
    newest: float | None = None

    def series(self, column: str) -> Iterator[tuple[str, Table]]:
        """Yield the name and the rows of each series that have a value of a column and a time.

        Parameters
        ----------
        column : str
            A column of the table.

        Yields
        ------
        str
            The name of the series.
        astropy.table.Table
            Its rows in the order of time.
        """
        import numpy as np

        table = self.table
        known = ~(_mask(table[column]) | _mask(table["expstart"]))
        names = np.asarray(table[self.by].astype(str)) if self.by else np.full(len(table), "")
        for name in np.unique(names[known]):
            yield str(name), table[known & (names == name)]

    def named(self, column: str, series: str) -> str:
        """Return the name of a column in a series, for messages."""
        return f"{column} of {self.by} {series}" if self.by else column


class AlertRule(Protocol):
    """The common base of `Limit`, `Trend` and `Silence`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule reads."""

    @property
    def days(self) -> float:
        """The period before the latest row of a series whose rows the rule reads, in days."""

    def check(self, measured: Measurements) -> Iterator[Alert]:
        """Yield what is wrong."""


@dataclass(frozen=True)
class Limit:
    """The latest value of a column, in each series, must be between two limits.

    Attributes
    ----------
    column : str
        The column.
    low, high : float, optional
        The limits, which are allowed; None for no limit.
    """

    column: str
    low: float | None = None
    high: float | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The column that the rule reads."""
        return (self.column,)

    @property
    def days(self) -> float:
        """No period: the rule reads only the latest row of each series."""
        return 0.0

    def check(self, measured: Measurements) -> Iterator[Alert]:
        """Yield an alert for each series whose latest value is outside the limits.

        Parameters
        ----------
        measured : Measurements
            The rows of the monitor.

        Yields
        ------
        Alert
        """
        for series, rows in measured.series(self.column):
            value = rows[self.column][-1]
            for limit, is_outside, side in (
                (self.low, self.low is not None and value < self.low, "below"),
                (self.high, self.high is not None and value > self.high, "above"),
            ):
                if is_outside:
                    message = (
                        f"{measured.named(self.column, series)} is {value:g}, {side} {limit:g}"
                    )
                    key = f"limit {self.column} {side} {series}".rstrip()
                    yield Alert(key, message, str(rows["rootname"][-1]))


@dataclass(frozen=True)
class Trend:
    """The values of a column, in each series, must not change faster than a limit.

    Attributes
    ----------
    column : str
        The column.
    per_year : float
        The largest allowed change in a year, up or down, in the unit of the column.
    days : float
        The period before the latest observation through which a line is fitted (least squares).
    """

    column: str
    per_year: float
    days: float = _DAYS_PER_YEAR

    @property
    def columns(self) -> tuple[str, ...]:
        """The column that the rule reads."""
        return (self.column,)

    def check(self, measured: Measurements) -> Iterator[Alert]:
        """Yield an alert for each series that changes too fast.

        Parameters
        ----------
        measured : Measurements
            The rows of the monitor.

        Yields
        ------
        Alert
        """
        import numpy as np

        for series, rows in measured.series(self.column):
            times = np.asarray(rows["expstart"], float)
            recent = times >= times[-1] - self.days
            if np.count_nonzero(recent) < _FEWEST_POINTS or np.ptp(times[recent]) == 0:
                continue
            values = np.asarray(rows[self.column], float)[recent]
            slope = np.polyfit(times[recent] - times[-1], values, 1)[0] * _DAYS_PER_YEAR
            if abs(slope) > self.per_year:
                yield Alert(
                    f"trend {self.column} {series}".rstrip(),
                    f"{measured.named(self.column, series)} changes by {slope:.3g} a year, "
                    f"more than {self.per_year:g}",
                    str(rows["rootname"][-1]),
                )


@dataclass(frozen=True)
class Silence:
    """The archive must not go on for long without an observation that this monitor measures.

    Attributes
    ----------
    days : float
        Days between the latest observation of the archive and the latest of this monitor.
    """

    days: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The rule reads no column of the monitor."""
        return ()

    def check(self, measured: Measurements) -> Iterator[Alert]:
        """Yield an alert if the latest observation of the monitor is too old.

        Parameters
        ----------
        measured : Measurements
            The rows of the monitor.

        Yields
        ------
        Alert
        """
        import numpy as np

        times = np.ma.asarray(measured.table["expstart"]).compressed()
        if not len(times) or measured.newest is None:
            return
        days = measured.newest - max(times)
        if days > self.days:
            message = f"no measurement in the last {days:.0f} days of the archive"
            yield Alert("silence", f"{message} (limit: {self.days:g} days)")


def _mask(column: Any) -> Any:
    import numpy as np

    return np.ma.getmaskarray(np.ma.asarray(column))
