"""Runs of monitors: each measures the observations that are new or changed for it.

Workers measure, and this process alone writes, a few hundred measurements at a time.  What is
pending follows from the database: the state of an observation is compared with that of its last
measurement.  So a run that dies at any moment leaves measurements that are whole, and the next run
measures the others.
"""

import logging
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from .. import __version__
from ..archive import Archive, connect
from ..config import Config
from ..errors import AccessDenied, ArchiveError, DatabaseError, DatabaseUnavailable
from ..keywords import KeywordSpecs
from ..monitors import Monitor
from ..monitors.discovery import find_monitors
from ..monitors.summarize import keep_summary
from ..observation import Observation
from ..query import Between, Condition
from ..store import lock, monitor_alerts, monitor_rows, observations, runs
from ..store.client import Store
from ..store.monitor_rows import Outcome
from ..store.outage import ending_early
from ..store.schema import MONITOR_RUNS, now
from .abandonable import Patience
from .jobs import Job
from .progress import Progress, no_progress
from .run import broken_off
from .workers import PROCESSES, check_scheduler, run_all

logger = logging.getLogger(__name__)

# Measurements are written when there are this many, or after this time in seconds.
BATCH, BATCH_SECONDS = 500, 5.0
# The log and the report have at most this many failures of each monitor.
SHOWN_FAILURES = 20
_patience = Patience()


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
    problems : tuple of str
        Modules of monitors that cannot be loaded, and summaries that cannot be made.
    """

    run: int
    tallies: dict[str, Tally] = field(default_factory=dict)
    failures: list[Outcome] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    problems: tuple[str, ...] = ()

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

    def record(self) -> dict[str, Any]:
        """Return the fields of the run record."""
        return {
            "monitors": {name: asdict(tally) for name, tally in self.tallies.items()},
            "problems": list(self.problems),
            "failures": [
                {"monitor": each.monitor, "rootname": each.rootname, "reason": each.reason}
                for each in self.failures
            ],
        }


@dataclass(frozen=True)
class MeasurementTask:
    """An observation, and the state of it that each of some monitors has not measured."""

    rootname: str
    states: Mapping[str, str]


def run(config: Config, options: Options | None = None, progress: Progress = no_progress) -> Report:
    """Measure the observations that are new or changed for some monitors.

    Parameters
    ----------
    config : Config
        The archive.
    options : Options, optional
        What to measure, and how.
    progress : callable, optional
        As for `acsql.ingest.run.ingest`.

    Returns
    -------
    Report
        What was measured, and what failed.

    Raises
    ------
    MonitorError
        If a monitor does not exist.
    QueryError
        If a condition is invalid.
    Busy
        If another run of monitors is in progress.
    DatabaseError
        If the database fails.
    """
    options = options or Options()
    found = find_monitors(config)
    monitors = [found.named(name) for name in options.monitors or found.monitors]
    check_scheduler(options.scheduler)
    with (
        connect(config, time_limit=None) as archive,
        lock.hold(archive.store, "monitor run", lock.MONITORS),
    ):
        archive.check()
        archive.store.make_indexes()
        runs.close_died(archive.store, MONITOR_RUNS)
        problems = () if options.monitors else found.problems
        with _recorded(archive.store, options, problems, monitors) as report:
            pending, unwanted = _plan(archive, monitors, options)
            for name, rootnames in unwanted.items():
                monitor_rows.retire(archive.store, name, rootnames)
                report.tallies[name].retired = len(rootnames)
            workers = options.workers or config.ncores
            with progress(len(pending)) as advance:
                for outcomes in _measure_all(pending, archive, options.scheduler, workers, report):
                    _log(outcomes)
                    advance()
            for monitor in monitors:
                alerts = _update_alerts(archive, monitor)
                report.alerts += alerts
                report.tallies[monitor.name].alerts = len(alerts)
                report.problems += keep_summary(archive.monitor(monitor.name), report.run)
    return report


@contextmanager
def _recorded(
    store: Store, options: Options, problems: tuple[str, ...], monitors: Sequence[Monitor]
) -> Iterator[Report]:
    """Open the record of a run, and close it with its report however the run ends."""
    started = now()
    recorded = asdict(options) | {
        "monitors": [monitor.name for monitor in monitors],
        "conditions": [str(each) for each in options.conditions],
    }
    record = {"started": started, "version": __version__, "options": recorded}
    number = runs.start(store, record, MONITOR_RUNS)
    report = Report(number, {monitor.name: Tally() for monitor in monitors}, problems=problems)

    def finish(state: str, reason: str | None) -> None:
        """Close the record."""
        finished = now()
        seconds = (finished - started).total_seconds()
        ending = {"finished": finished, "seconds": seconds, "state": state, "reason": reason}
        runs.finish(store, number, ending | report.record(), MONITOR_RUNS)

    try:
        yield report
    except BaseException as error:
        with ending_early():
            finish(*broken_off(error))
        raise
    finish(report.state, None)


def _plan(
    archive: Archive, monitors: Sequence[Monitor], options: Options
) -> tuple[list[MeasurementTask], dict[str, list[str]]]:
    """Return what to measure, and for each monitor the observations that it no longer wants."""
    wanted = {monitor.name: _wanted(archive, monitor, options) for monitor in monitors}
    is_whole = not options.conditions and options.since is None
    measured = {
        monitor.name: monitor_rows.states(archive.store, monitor.name, options.retry_failed)
        for monitor in monitors
    }
    states: dict[str, dict[str, str]] = {}
    every = sorted(set().union(*wanted.values()))
    # One observation at a time: what is recorded of all files of the mission takes a gigabyte.
    for rootname, files in observations.files_of(archive.store, every):
        for monitor in monitors:
            if rootname in wanted[monitor.name]:
                filetypes = monitor.filetypes or tuple(archive.specs.filetypes)
                state = monitor_rows.state(monitor.version, files, filetypes)
                if options.again or measured[monitor.name].get(rootname) != state:
                    states.setdefault(rootname, {})[monitor.name] = state
    unwanted = {}
    if is_whole:
        for name, of_monitor in measured.items():
            retired = {each for each, state in of_monitor.items() if state == monitor_rows.RETIRED}
            unwanted[name] = sorted(of_monitor.keys() - wanted[name] - retired)
    return [MeasurementTask(*task) for task in sorted(states.items())], unwanted


def _wanted(archive: Archive, monitor: Monitor, options: Options) -> set[str]:
    search = archive.where(*([monitor.condition] if monitor.condition else []), *options.conditions)
    if options.since is not None:
        search = search.where(Between("last_ingest_date", low=options.since))
    return {row["rootname"] for row in search.columns("rootname").rows()}


def _measure_all(
    tasks: Sequence[MeasurementTask],
    archive: Archive,
    scheduler: str,
    workers: int,
    report: Report,
) -> Iterator[tuple[Outcome, ...]]:
    """Yield the outcomes of each task, and write them in batches, also if the run ends early."""
    batch: list[Outcome] = []
    written = time.monotonic()
    write = partial(monitor_rows.write, archive.store, run=report.run)
    job = Job(_measure, _rootname, _crashed)
    with closing(run_all(job, tasks, archive.config, scheduler, workers)) as results:
        try:
            for outcomes in results:
                batch += outcomes
                if len(batch) >= BATCH or time.monotonic() - written > BATCH_SECONDS:
                    write(batch, when=now())
                    batch, written = [], time.monotonic()
                for outcome in outcomes:
                    report.add(outcome)
                yield outcomes
        except BaseException:
            with ending_early():
                write(batch, when=now())
            raise
        write(batch, when=now())


def _log(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.reason is not None:
            logger.error("%s: %s: %s", outcome.monitor, outcome.rootname, outcome.reason)


def _update_alerts(archive: Archive, monitor: Monitor) -> list[dict[str, Any]]:
    present = {
        alert.key: {"message": alert.message, "rootname": alert.rootname}
        for alert in archive.monitor(monitor.name).check()
    }
    return monitor_alerts.update(archive.store, monitor.name, present, now())


def _rootname(task: MeasurementTask) -> str:
    return task.rootname


def _crashed(task: MeasurementTask) -> tuple[Outcome, ...]:
    reason = "the worker that measured it died"
    return tuple(
        Outcome(name, task.rootname, state, reason=reason, owed=True)
        for name, state in task.states.items()
    )


def _measure(
    task: MeasurementTask, store: Store, specs: KeywordSpecs, config: Config
) -> tuple[Outcome, ...]:
    """Measure one observation with each monitor, in a worker."""
    monitors = find_monitors(config)
    observation = Observation.load(store, specs, config, task.rootname)
    return tuple(
        _outcome(monitors.named(name), observation, specs, config.read_timeout)
        for name in task.states
    )


def _outcome(
    monitor: Monitor, observation: Observation, specs: KeywordSpecs, seconds: float
) -> Outcome:
    """Measure one observation with one monitor; an error is the failure of this one alone."""
    # That of the document that is measured: it may have changed since the plan was made.
    state = monitor_rows.state(
        monitor.version, observation.files, monitor.filetypes or tuple(specs.filetypes)
    )
    expstart = observation["expstart"]
    known = expstart if isinstance(expstart, float) else None
    outcome = partial(Outcome, monitor.name, observation.rootname, state, known)
    try:
        return outcome(tuple(_patience.call(seconds, monitor.rows, observation)))
    except DatabaseUnavailable:
        # The next observation would meet the same.
        raise
    except Exception as error:
        logger.debug("%s: %s", monitor.name, observation.rootname, exc_info=True)
        return outcome(reason=_reason(error), owed=_is_outside(error))


def _reason(error: Exception) -> str:
    """Return why a measurement failed, with the place of an error in the code of a monitor."""
    if isinstance(error, ArchiveError):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name} line {frame.lineno}"
    return f"{type(error).__name__}: {error} ({place})"


def _is_outside(error: BaseException | None) -> bool:
    """Return whether the cause is outside of the observation: the file system or the database."""
    while error is not None:
        if isinstance(error, (AccessDenied, DatabaseError, MemoryError)):
            return True
        # astropy reports damaged files as OSError as well, without a number.
        if isinstance(error, OSError) and error.errno is not None:
            return True
        error = error.__cause__
    return False
