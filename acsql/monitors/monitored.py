"""The monitors of an archive: their states, results, runs and alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..runs import RunRecord, hours_since, is_overdue, is_successful, newest
from ..store import monitor_alerts, monitor_health, monitor_rows, monitor_summaries, runs
from ..store.client import Store
from ..store.schema import MONITOR_RUNS
from ..watching.watchable import Watchable
from .discovery import Found, find_monitors
from .monitor import Monitor
from .results import MonitorResults

# The number of runs among which the last run of a monitor is looked for.
RECENT_RUNS = 200


@dataclass(frozen=True)
class MonitorState:
    """A monitor and its state.

    Attributes
    ----------
    monitor : Monitor
        The monitor.
    numbers : acsql.store.monitor_rows.Numbers
        Numbers of measured observations, of their rows, and of failed observations.
    open_alerts : int
        Number of open alerts.
    last_run : dict or None
        The record of its last run.
    hours_since_success : float or None
        Hours since the end of its last successful run.
    overdue : bool
        Whether that is too long ago, of a monitor that was run before.
    """

    monitor: Monitor
    numbers: monitor_rows.Numbers
    open_alerts: int
    last_run: RunRecord | None
    hours_since_success: float | None
    overdue: bool

    @property
    def state(self) -> str:
        """One word or two: ``never run``, ``overdue``, ``failing``, or that of the last run."""
        if self.last_run is None:
            return "never run"
        if self.overdue:
            return "overdue"
        if self.is_failing:
            return "failing"
        if not self._tally or not is_successful(self.last_run):
            return str(self.last_run["state"])
        # The state of a run is that of all its monitors together.
        return runs.SUCCEEDED if self._tally["measured"] else runs.NOTHING_NEW

    @property
    def problems(self) -> list[str]:
        """The problems of the monitor as a whole in its last run, such as with its summary."""
        return list(self._tally.get("problems", ()))

    @property
    def _tally(self) -> dict[str, Any]:
        """The tally of this monitor in the last run; empty while it is in progress."""
        record = self.last_run or {}
        return dict(record.get("monitors", {}).get(self.monitor.name, {}))

    @property
    def is_failing(self) -> bool:
        """Whether its last run failed or had problems, or observations could not be measured."""
        state = None if self.last_run is None else self.last_run["state"]
        return _is_failing(state, self.numbers.failed) or bool(self.problems)


@dataclass(frozen=True)
class MonitorHealth:
    """The monitors that need attention.

    Attributes
    ----------
    failing, overdue : list of str
        Names of monitors.
    problems : int
        Number of the modules of monitors that cannot be loaded.
    open_alerts : int
        Number of open alerts of all monitors.
    """

    failing: list[str] = field(default_factory=list)
    overdue: list[str] = field(default_factory=list)
    open_alerts: int = 0
    problems: int = 0


class Monitored(Watchable):
    """An archive with monitors; the base of `acsql.Archive`."""

    store: Store

    def found_monitors(self) -> Found:
        """Return the monitors of this archive, and which modules cannot be loaded.

        Returns
        -------
        acsql.monitors.discovery.Found
            The monitors of acsql, of installed packages and of the folder ``monitors_dir``.

        Examples
        --------
        >>> archive.found_monitors().problems
        ()
        """
        return find_monitors(self.config)

    def monitor(self, name: str) -> MonitorResults:
        """Return the results of a monitor.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        MonitorResults
            Its table, failures and alerts are read on request.

        Raises
        ------
        MonitorError
            If there is no monitor of this name.

        Examples
        --------
        >>> archive.monitor("pointing").table().colnames[:2]
        ['rootname', 'expstart']
        """
        return MonitorResults(self, self.found_monitors().named(name))

    def monitors(self) -> dict[str, MonitorState]:
        """Return the state of every monitor.

        Returns
        -------
        dict
            Names to `acsql.monitors.monitored.MonitorState`.

        Examples
        --------
        >>> "pointing" in archive.monitors()
        True
        """
        records = self.monitor_runs(RECENT_RUNS)
        numbers, alerts = self._monitor_numbers(records), monitor_alerts.count_open(self.store)
        return {
            name: _state(monitor, numbers.get(name), alerts.get(name, 0), records)
            for name, monitor in self.found_monitors().monitors.items()
        }

    def _monitor_numbers(self, records: list[RunRecord]) -> dict[str, monitor_rows.Numbers]:
        """Return the numbers of each monitor: those that its last run kept, or counted ones."""
        kept = monitor_summaries.numbers(self.store)
        names = self.found_monitors().monitors
        last_runs = {name: run["_id"] for name in names for run in _runs_of(name, records)[:1]}
        current = {
            name: numbers for name, (run, numbers) in kept.items() if last_runs.get(name) == run
        }
        # A run that is in progress or has died has kept nothing yet.
        others = names.keys() - current.keys()
        return current | (monitor_rows.numbers(self.store, others) if others else {})

    def monitor_health(self) -> MonitorHealth:
        """Return which monitors are failing or overdue, and the number of open alerts.

        Returns
        -------
        MonitorHealth
            Monitors that were never run are neither.

        Examples
        --------
        >>> archive.monitor_health().overdue
        []
        """
        # Without counting rows, which takes longer than a health check may.
        found = monitor_health.health(self.store, RECENT_RUNS)
        loaded = self.found_monitors()
        states = {name: found[name] for name in loaded.monitors if name in found}
        return MonitorHealth(
            [
                name
                for name, each in states.items()
                if each.has_problems or _is_failing(each.state, each.failed)
            ],
            [
                name
                for name, each in states.items()
                if each.state and _is_overdue(each.state, each.succeeded)
            ],
            sum(each.open_alerts for each in states.values()),
            len(loaded.problems),
        )

    def monitor_runs(self, limit: int = 20) -> list[RunRecord]:
        """Return the records of the newest runs of monitors.

        Parameters
        ----------
        limit : int
            At most this many.

        Returns
        -------
        list of dict
            The newest first; ``monitors`` has the numbers of each monitor.

        Examples
        --------
        >>> archive.monitor_runs()
        []
        """
        return newest(self.store, limit, collection=MONITOR_RUNS)

    def alerts(self, limit: int = 100) -> list[dict[str, Any]]:
        """Return the latest alerts of all monitors.

        Parameters
        ----------
        limit : int
            At most this many.

        Returns
        -------
        list of dict
            The open ones first, each with ``monitor`` and the fields of
            `acsql.monitors.results.MonitorResults.alerts`.

        Examples
        --------
        >>> archive.alerts()
        []
        """
        # One that was removed has no page, and no run closes its alerts.
        return monitor_alerts.listed(self.store, self.found_monitors().monitors, limit)


def _runs_of(name: str, records: list[RunRecord]) -> list[RunRecord]:
    """Return the records of the runs of a monitor, the newest first."""
    return [record for record in records if name in record["options"]["monitors"]]


def _is_failing(state: str | None, failed: int) -> bool:
    """Return whether the last run failed, or observations could not be measured."""
    return state in (runs.FAILED, runs.DIED) or failed > 0


def _state(
    monitor: Monitor, numbers: monitor_rows.Numbers | None, alerts: int, records: list[RunRecord]
) -> MonitorState:
    own = _runs_of(monitor.name, records)
    ends = [record["finished"] for record in own if is_successful(record)]
    end = ends[0] if ends else None
    return MonitorState(
        monitor,
        numbers or monitor_rows.Numbers(),
        alerts,
        own[0] if own else None,
        hours_since(end),
        bool(own) and _is_overdue(own[0]["state"], end),
    )


def _is_overdue(state: str, succeeded: datetime | None) -> bool:
    """Return whether the last success is too long ago; the first run of all may take its time."""
    is_first = succeeded is None and state == runs.RUNNING
    return not is_first and is_overdue(hours_since(succeeded))
