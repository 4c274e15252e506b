"""What a run of monitors was asked to do, and what it did."""

import logging
import traceback
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import ArchiveError
from ..query import Condition
from ..store import runs
from ..store.monitor_rows import Outcome
from .workers import PROCESSES

logger = logging.getLogger(__name__)

# The log and the report have at most this many failures of each monitor.
SHOWN_FAILURES = 20
# Characters of the message of an error that are kept.
MAX_REASON = 500


@dataclass(frozen=True)
class Options:
    """What to measure, and how.

    Attributes
    ----------
    monitors : tuple of str
        The names of the monitors; empty for all.
    conditions : tuple of str or Condition
        Only observations that meet these as well.
    since : datetime or str, optional
        Only observations that were ingested at or after this moment.
    again : bool
        Measure also what is measured, as ``acsql monitor redo`` does.
    retry_failed : bool
        Measure also observations that failed and have not changed.
    workers : int, optional
        Number of processes or threads, by default `Config.ncores`.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    """

    monitors: tuple[str, ...] = ()
    conditions: tuple[str | Condition, ...] = ()
    since: datetime | str | None = None
    again: bool = False
    retry_failed: bool = False
    workers: int | None = None
    scheduler: str = PROCESSES


@dataclass
class Tally:
    """What a run did for one monitor, in numbers of observations, rows and open alerts."""

    wanted: int = 0
    measured: int = 0
    rows: int = 0
    failed: int = 0
    retired: int = 0
    alerts: int = 0


@dataclass
class Report:
    """The outcome of a run.

    Attributes
    ----------
    run : int
        The number of the run.
    tallies : dict
        Names of monitors to what was done.
    failures : list of Outcome
        The first failures of each monitor.
    alerts : list of dict
        The open alerts, as `acsql.monitors.results.MonitorResults.alerts` returns them.
    problems : list of str
        Modules of monitors that cannot be loaded, conditions that are invalid, and alerts and
        summaries that cannot be made.
    failing : list of str
        The names of the monitors with problems.
    """

    run: int
    tallies: dict[str, Tally] = field(default_factory=dict)
    failures: list[Outcome] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)

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

    def add(self, outcome: Outcome) -> None:
        """Count the outcome of a measurement.

        Parameters
        ----------
        outcome : Outcome
            Of a monitor of this run.
        """
        tally = self.tallies[outcome.monitor]
        if outcome.reason is None:
            tally.measured += 1
            tally.rows += len(outcome.rows)
        else:
            tally.failed += 1
            if tally.failed <= SHOWN_FAILURES:
                self.failures.append(outcome)

    def add_problem(self, monitor: str, what: str, error: BaseException) -> None:
        """Add what is wrong with a monitor as a whole.

        Parameters
        ----------
        monitor : str
            Its name.
        what : str
            What was made, such as ``summary``.
        error : BaseException
            What the code of the monitor raised.
        """
        logger.debug("%s: %s", monitor, what, exc_info=error)
        self.problems.append(f"{monitor}: {what}: {described(error)}")
        if monitor not in self.failing:
            self.failing.append(monitor)

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


def described(error: BaseException, path: str | None = None) -> str:
    """Return the message of an error, with its type and place if it is not one of acsql.

    Parameters
    ----------
    error : BaseException
        The error.
    path : str, optional
        The file whose line is named, if the error came through it; by default, and else, that
        which raised the error.

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
        Whose text can be long, and no Unicode.

    Returns
    -------
    str
        Without line breaks and surrogates, of at most `MAX_REASON` characters and an ellipsis.
    """
    text = " ".join(str(error).split()).encode(errors="replace").decode()
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}..."
