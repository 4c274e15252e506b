"""Reports of runs of monitors: numbers of measurements, failures, problems and alerts."""

import logging
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ArchiveError
from ..store import runs
from ..store.monitor_writes import Outcome
from .measure_plan import MeasurementPlan

logger = logging.getLogger(__name__)

# The log and the report have at most this many failures of each monitor.
SHOWN_FAILURES = 20
# Characters of the message of an error that are kept.
MAX_REASON = 500


@dataclass
class Tally:
    """The results of a run for one monitor: numbers of observations, rows and open alerts.

    Its problems are faults of the monitor as a whole.
    """

    wanted: int = 0
    measured: int = 0
    rows: int = 0
    failed: int = 0
    retired: int = 0
    alerts: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Report:
    """The outcome of a run.

    Attributes
    ----------
    run : int
        The number of the run.
    tallies : dict
        Names of monitors to the results for each.
    failures : list of Outcome
        The first failures of each monitor.
    alerts : list of dict
        The open alerts, as `acsql.monitors.results.MonitorResults.alerts` returns them.
    unloadable : sequence of str
        Modules of monitors that cannot be loaded.
    """

    run: int
    tallies: dict[str, Tally] = field(default_factory=dict)
    failures: list[Outcome] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    unloadable: Sequence[str] = ()

    @property
    def problems(self) -> list[str]:
        """The modules that cannot be loaded, and the faults of monitors as a whole."""
        found = (problem for tally in self.tallies.values() for problem in tally.problems)
        return [*self.unloadable, *found]

    @property
    def failing(self) -> list[str]:
        """The names of the monitors with problems."""
        return [name for name, tally in self.tallies.items() if tally.problems]

    @property
    def state(self) -> str:
        """One of the states in `acsql.store.runs`."""
        tallies = self.tallies.values()
        if self.problems or any(tally.failed for tally in tallies):
            return runs.SUCCEEDED_WITH_FAILURES
        return runs.SUCCEEDED if any(tally.measured for tally in tallies) else runs.NOTHING_NEW

    @property
    def needs_attention(self) -> bool:
        """Whether something failed, or an alert is open that no user has marked as seen."""
        is_unseen = any(not alert["seen"] for alert in self.alerts)
        return is_unseen or self.state == runs.SUCCEEDED_WITH_FAILURES

    def add_plan(self, plan: MeasurementPlan) -> None:
        """Add the numbers of observations that each monitor wants, and no longer wants.

        Parameters
        ----------
        plan : MeasurementPlan
            The plan of this run.
        """
        for name, number in plan.wanted.items():
            self.tallies[name].wanted = number
        for name, rootnames in plan.unwanted.items():
            self.tallies[name].retired = len(rootnames)

    def add_problems(self, problems: Mapping[str, Sequence[str]]) -> None:
        """Add faults of monitors as a whole.

        Parameters
        ----------
        problems : mapping
            Names of monitors to texts, as `problem` returns them.
        """
        for name, found in problems.items():
            self.tallies[name].problems += found

    def add_outcomes(self, outcomes: Iterable[Outcome]) -> None:
        """Count the outcomes of measurements.

        Parameters
        ----------
        outcomes : iterable of Outcome
            The outcomes, of monitors of this run.
        """
        for outcome in outcomes:
            tally = self.tallies[outcome.monitor]
            if outcome.reason is None:
                tally.measured += 1
                tally.rows += len(outcome.rows)
            else:
                tally.failed += 1
                if tally.failed <= SHOWN_FAILURES:
                    self.failures.append(outcome)

    def add_alerts(self, monitor: str, alerts: Sequence[dict[str, Any]]) -> None:
        """Add the open alerts of a monitor.

        Parameters
        ----------
        monitor : str
            Its name.
        alerts : sequence of dict
            The alerts, in the form of the attribute.
        """
        self.alerts += alerts
        self.tallies[monitor].alerts = len(alerts)

    def record(self) -> dict[str, Any]:
        """Return the fields of the run record."""
        return {
            "monitors": {name: asdict(tally) for name, tally in self.tallies.items()},
            "problems": self.problems,
            "failing": self.failing,
            "failures": [
                {"monitor": each.monitor, "rootname": each.rootname, "reason": each.reason}
                for each in self.failures
            ],
        }


def problem(monitor: str, what: str, error: BaseException) -> str:
    """Return the message about a fault of a monitor as a whole, and log its traceback.

    Parameters
    ----------
    monitor : str
        Its name.
    what : str
        The part of the monitor that failed, such as ``summary``.
    error : BaseException
        The error that the code of the monitor raised.
    """
    logger.debug("%s: %s", monitor, what, exc_info=error)
    return f"{monitor}: {what}: {described(error)}"


def described(error: BaseException, path: str | None = None) -> str:
    """Return the message of an error, with its type and place if it is not one of acsql.

    Parameters
    ----------
    error : BaseException
        The error.
    path : str, optional
        The file whose line is named, if the error came through it; otherwise the file that raised
        the error.

    Returns
    -------
    str
        In one line.
    """
    if isinstance(error, ArchiveError):
        return one_line(error)
    frames = traceback.extract_tb(error.__traceback__)
    frame = ([each for each in frames if each.filename == path] or frames)[-1]
    place = f"{Path(frame.filename).name} line {frame.lineno}"
    return f"{type(error).__name__}: {one_line(error)} ({place})"


def one_line(error: BaseException) -> str:
    """Return the message of an error in one line that the database can hold.

    Parameters
    ----------
    error : BaseException
        The error; its text can be long, and no valid Unicode.

    Returns
    -------
    str
        Without line breaks and surrogates, of at most `MAX_REASON` characters and an ellipsis.
    """
    text = " ".join(str(error).split()).encode(errors="replace").decode()
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}..."
