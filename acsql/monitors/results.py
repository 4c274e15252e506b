"""Results of a monitor: its rows as a table, its failures and its alerts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .. import query
from ..errors import QueryError
from ..query import Column, Condition, computed_column, dates
from ..store import monitor_alerts, monitor_rows, monitor_summaries, monitor_windows
from ..store.monitor_summaries import KeptSummary
from ..store.schema import now
from .alerts import Alert, Measurements
from .monitor import KEY_COLUMNS, Monitor

if TYPE_CHECKING:
    from astropy.table import Table

    from .monitored import Monitored

Row = dict[str, Any]
# Observations that are drawn; of more, a random sample, and the extremes of each period and series.
# With four rows each, their plots are drawn in a third of a second.
MAX_DRAWN = 2500
MAX_EXTREMES = 1000
# The columns that a table has beside those of the monitor if it has older rows.
AGE_COLUMNS = (
    computed_column("superseded", "bool", "whether the observation was measured again since"),
    computed_column("measured", "datetime", "time of an older measurement (UTC)"),
)


class MonitorResults:
    """The results of one monitor; `acsql.Archive.monitor` returns them.

    Parameters
    ----------
    archive : Monitored
        The archive.
    monitor : Monitor
        The monitor.
    """

    def __init__(self, archive: Monitored, monitor: Monitor) -> None:
        self.archive = archive
        """The archive."""
        self._store = archive.store
        self.monitor = monitor
        """The definition: observations, measurements and columns."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.monitor.name}>"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the table, with units and descriptions."""
        return self.monitor.all_columns

    def table(
        self,
        *conditions: Condition | str,
        since: datetime | str | None = None,
        older: bool = False,
        **keywords: Any,
    ) -> Table:
        """Return the rows in the order of time.

        Parameters
        ----------
        *conditions : Condition or str
            Conditions on the observations, as in `acsql.Archive.where`; by default all.
        since : datetime or str, optional
            Only observations from this date on, such as ``2020``.
        older : bool
            Whether to add the rows of files and versions of the monitor that were replaced, with
            two columns, ``superseded`` and ``measured``.
        **keywords
            More conditions, as in `acsql.Archive.where`.

        Returns
        -------
        astropy.table.Table
            With the units of the columns.

        Raises
        ------
        QueryError
            If a condition or the date is invalid.

        Examples
        --------
        >>> table = archive.monitor("pointing").table("detector=WFC", since="2003")
        >>> table["jitter_rms"].unit
        Unit("mas")
        """
        # Loads astropy, which an archive that is only searched does not need.
        from ..export.columns import make_table

        columns = (*self.columns, *(AGE_COLUMNS if older else ()))
        table = make_table(
            list(self.rows(*conditions, since=since, older=older, **keywords)), columns
        )
        table.meta["monitor"] = self.monitor.name
        return table

    def rows(
        self,
        *conditions: Condition | str,
        since: datetime | str | None = None,
        older: bool = False,
        **keywords: Any,
    ) -> Iterator[Row]:
        """Yield the rows in the order of time; parameters and errors are those of `table`.

        Parameters
        ----------
        *conditions : Condition or str
            Conditions on the observations.
        since : datetime or str, optional
            Only observations from this date on.
        older : bool
            Whether to yield the rows that were replaced as well, after the others.
        **keywords
            More conditions.

        Yields
        ------
        dict
            Values by column.
        """
        allowed = self._rootnames(conditions, keywords)
        begin = None if since is None else _begin(since)
        current = monitor_rows.find(self._store, self.monitor.name, begin)
        yield from self._flat(current, allowed, {"superseded": False, "measured": None})
        if older:
            replaced = monitor_rows.older(self._store, self.monitor.name, begin)
            yield from self._flat(replaced, allowed, {"superseded": True})

    def latest(self, observations: int) -> list[Row]:
        """Return the rows of the last observations, in the order of time.

        Parameters
        ----------
        observations : int
            Of how many observations.

        Returns
        -------
        list of dict
            Values by column.
        """
        return list(
            self._flat(monitor_rows.find(self._store, self.monitor.name, latest=observations))
        )

    def drawn(self) -> list[Row]:
        """Return the rows that plots show, in the order of time.

        Returns
        -------
        list of dict
            Values by column: all rows, or of many observations those of the ones that the last run
            has chosen.
        """
        kept = self.kept_summary()
        rootnames = [*kept.drawn, *kept.extremes] if kept and kept.drawn else None
        if rootnames is None and (kept is None or kept.numbers.measured > MAX_DRAWN):
            # No run has ended yet, or only one of an older acsql.
            rootnames = monitor_rows.sample(self._store, self.monitor.name, MAX_DRAWN)
        found = monitor_rows.find(self._store, self.monitor.name, rootnames=rootnames)
        return list(self._flat(found))

    def _rootnames(
        self, conditions: Iterable[Condition | str], keywords: Mapping[str, Any]
    ) -> set[str] | None:
        """Return the rootnames that meet conditions; None if there are no conditions."""
        conditions = tuple(conditions)
        if not conditions and not keywords:
            return None
        try:
            search = self.archive.where(*conditions, **keywords)
        except QueryError as error:
            words = set(re.findall(r"\w+", " ".join(map(str, conditions)))) | keywords.keys()
            if own := sorted(words & {column.address for column in self.monitor.columns}):
                raise QueryError(
                    f"{error}; conditions select observations by their keywords, and "
                    f"{', '.join(own)} is a column of the monitor {self.monitor.name}"
                ) from error
            raise
        return {row["rootname"] for row in search.columns("rootname").rows()}

    def _flat(
        self,
        documents: Iterable[Mapping[str, Any]],
        allowed: set[str] | None = None,
        also: Mapping[str, Any] | None = None,
        columns: Sequence[Column] | None = None,
    ) -> Iterator[Row]:
        """Yield each row of each document; columns that it lacks, of an older version, are None."""
        names = [each.address for each in (self.monitor.columns if columns is None else columns)]
        for document in documents:
            if allowed is None or document["rootname"] in allowed:
                key = {
                    **(also or {}),
                    **{name: document[name] for name in document if name != "rows"},
                }
                for row in document["rows"]:
                    yield key | {name: row.get(name) for name in names}

    def counts(self, *columns: str) -> dict[tuple[Any, ...], int]:
        """Return how often values of columns occur together, which the database counts.

        Parameters
        ----------
        *columns : str
            Columns of the monitor.

        Returns
        -------
        dict
            A tuple with one value for each column, None for a missing one, to the number of rows.

        Examples
        --------
        >>> counts = archive.monitor("calibration").counts("detector", "keyword")
        >>> counts.get(("WFC", "CAL_VER"), 0) <= archive.count(detector="WFC")
        True
        """
        return monitor_windows.counts(self._store, self.monitor.name, columns)

    def summary(self) -> Table | None:
        """Return the summary that the monitor makes of its rows; None if it makes none."""
        return self.summary_and_marks()[0]

    def marks(self) -> list[float]:
        """Return the times that plots mark, as Modified Julian Dates; empty for most monitors."""
        return self.summary_and_marks()[1]

    def summary_and_marks(self) -> tuple[Table | None, list[float]]:
        """Return what `summary` and `marks` return; the table of all rows is read once for both."""
        monitor, summary = self.monitor, None
        needs_table = monitor.marks or (monitor.summary and not monitor.archive_summary)
        table = self.table() if needs_table else None
        if monitor.archive_summary is not None:
            summary = monitor.archive_summary(self.archive)
        elif monitor.summary is not None and table is not None:
            summary = monitor.summary(table)
        marks = [] if monitor.marks is None or table is None else monitor.marks(table)
        return summary, [float(time) for time in marks]

    def kept_summary(self) -> KeptSummary | None:
        """Return the summary that the last run has made, without reading all rows.

        Returns
        -------
        acsql.store.monitor_summaries.KeptSummary or None
            None if no run has made one.
        """
        return monitor_summaries.find(self._store, self.monitor.name)

    def check(self) -> list[Alert]:
        """Return the alerts of the current measurements, by the rules of the monitor.

        Returns
        -------
        list of Alert
            The alerts that a run of the monitor would open.
        """
        if not self.monitor.alerts:
            return []
        search = self.archive.where(query.Exists("expstart")).columns("expstart")
        newest = [row["expstart"] for row in search.sort("-expstart").limit(1).rows()]
        measured = Measurements(
            self._table_for_alerts(), self.monitor.by, newest[0] if newest else None
        )
        return [alert for rule in self.monitor.alerts for alert in rule.check(measured)]

    def _table_for_alerts(self) -> Table:
        """Return the rows that the alert rules of the monitor look at; all rows may be millions."""
        from ..export.columns import make_table

        store, name = self._store, self.monitor.name
        # One day more, so that no rounding leaves out a row that a rule counts.
        windows = [
            (last - rule.days - 1, last)
            for rule in self.monitor.alerts
            for column in rule.columns
            for last in monitor_windows.last_times(store, name, column, self.monitor.by).values()
        ]
        newest = monitor_windows.newest_time(store, name)
        if newest is not None:
            windows.append((newest, newest))
        used = {self.monitor.by, *(name for rule in self.monitor.alerts for name in rule.columns)}
        columns = [each for each in self.monitor.columns if each.address in used]
        found = monitor_windows.find(store, name, windows, [each.address for each in columns])
        return make_table(list(self._flat(found, columns=columns)), (*KEY_COLUMNS, *columns))

    def alerts(self, limit: int = 100) -> list[dict[str, Any]]:
        """Return the alerts of the last runs.

        Parameters
        ----------
        limit : int
            At most this many.

        Returns
        -------
        list of dict
            The open ones first: key, message, rootname, opened, closed, and ``seen`` with
            users and times.
        """
        return monitor_alerts.listed(self._store, [self.monitor.name], limit)

    def mark_seen(self, user: str) -> int:
        """Record that a user has seen the open alerts.

        Parameters
        ----------
        user : str
            Who has seen them.

        Returns
        -------
        int
            The number of alerts that this user had not seen before.
        """
        return monitor_alerts.mark_seen(self._store, self.monitor.name, user, now())

    def failures(self, limit: int = 1000) -> list[dict[str, Any]]:
        """Return the observations that could not be measured.

        Parameters
        ----------
        limit : int
            At most this many.

        Returns
        -------
        list of dict
            The latest first: rootname, reason, ``owed`` (whether every run tries again), and
            ``measured``, the time of the attempt.
        """
        return monitor_rows.failures(self._store, self.monitor.name, limit)


def _begin(since: datetime | str) -> float:
    """Return the begin of a date as Modified Julian Date."""
    try:
        return dates.to_mjd(dates.period(since)[0])
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise QueryError(f"{since!r} is not a date, such as 2020 or 2020-04-13") from error
