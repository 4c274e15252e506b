"""Runs of monitors: each measures the observations that are new or changed for it.

Workers measure, and this process alone writes, a few hundred measurements at a time.  A run that
dies leaves complete measurements, and the next run measures the remaining observations.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from typing import Any

from .. import __version__
from ..archive import Archive, connect
from ..config import Config
from ..errors import AccessDenied, ArchiveError, DatabaseError, DatabaseUnavailable, MonitorError
from ..keywords import KeywordSpecs
from ..monitors import Monitor
from ..monitors.discovery import find_monitors
from ..monitors.results import MonitorResults
from ..monitors.summarize import keep_summary
from ..observation import Observation
from ..query import Column
from ..store import lock, monitor_alerts, monitor_writes, runs
from ..store.client import Store
from ..store.monitor_writes import Outcome
from ..store.outage import ending_early
from ..store.schema import MONITOR_RUNS, now
from .abandonable import Patience
from .jobs import Job
from .measure_plan import MeasurementTask, Options, make_plan, selected
from .measure_report import Report, Tally, described, problem
from .progress import Progress, no_progress
from .run_end import finishing
from .workers import check_scheduler, run_all

logger = logging.getLogger(__name__)

# Measurements are written when there are this many, or after this time in seconds.
BATCH, BATCH_SECONDS = 500, 5.0
_patience = Patience()


def run(config: Config, options: Options | None = None, progress: Progress = no_progress) -> Report:
    """Measure the observations that are new or changed for some monitors.

    Parameters
    ----------
    config : Config
        The archive.
    options : Options, optional
        The options of the run.
    progress : callable, optional
        As for `acsql.ingest.run.ingest`.

    Returns
    -------
    Report
        The numbers of measurements, the failures and the alerts.

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
    monitors = [found.named(name) for name in dict.fromkeys(options.monitors or found.monitors)]
    check_scheduler(options.scheduler)
    with (
        connect(config, time_limit=None) as archive,
        lock.hold(archive.store, "monitor run", lock.MONITORS),
    ):
        archive.check()
        # An invalid condition begins no run, after which all monitors would be failing.
        search = selected(archive, options)
        archive.store.make_indexes()
        runs.close_died(archive.store, MONITOR_RUNS)
        unloadable = () if options.monitors else found.problems
        with _recorded(archive.store, options, unloadable, monitors) as report:
            unusable = _unusable(archive, monitors)
            report.add_problems(unusable)
            usable = [each for each in monitors if each.name not in unusable]
            plan = make_plan(archive, search, usable, options)
            for name, rootnames in plan.unwanted.items():
                monitor_writes.retire(archive.store, name, rootnames)
            report.add_plan(plan)
            with progress(len(plan.tasks)) as advance:
                for outcomes in _measure_all(plan.tasks, archive, options, report.run):
                    report.add_outcomes(outcomes)
                    _log(outcomes)
                    advance()
            for monitor in monitors:
                alerts, problems = _concluded(archive.monitor(monitor.name), report.run)
                report.add_alerts(monitor.name, alerts)
                report.add_problems({monitor.name: problems})
    return report


@contextmanager
def _recorded(
    store: Store, options: Options, unloadable: Sequence[str], monitors: Sequence[Monitor]
) -> Iterator[Report]:
    """Open the record of a run, and close it with its report however the run ends."""
    started = now()
    recorded = asdict(options) | {
        "monitors": [monitor.name for monitor in monitors],
        "conditions": [str(each) for each in options.conditions],
    }
    record = {"started": started, "version": __version__, "options": recorded}
    number = runs.start(store, record, MONITOR_RUNS)
    tallies = {monitor.name: Tally() for monitor in monitors}
    report = Report(number, tallies, unloadable=unloadable)

    def finish(state: str, reason: str | None) -> None:
        """Close the record."""
        finished = now()
        seconds = (finished - started).total_seconds()
        ending = {"finished": finished, "seconds": seconds, "state": state, "reason": reason}
        runs.finish(store, number, ending | report.record(), MONITOR_RUNS)

    with finishing(finish, report):
        yield report


def _unusable(archive: Archive, monitors: Iterable[Monitor]) -> dict[str, list[str]]:
    """Return the names of the monitors that cannot run, with the problems, which end no run."""
    problems = {monitor.name: _problem(archive, monitor) for monitor in monitors}
    return {name: [found] for name, found in problems.items() if found is not None}


def _problem(archive: Archive, monitor: Monitor) -> str | None:
    """Return the fault that keeps a monitor from running, None if it has none."""
    what = "filetypes"
    try:
        if unknown := sorted(set(monitor.filetypes) - archive.specs.filetypes.keys()):
            known = ", ".join(archive.specs.filetypes)
            raise MonitorError(f"{', '.join(unknown)}: the filetypes are {known}")
        what = "units"
        for each in monitor.columns:
            _check_unit(each)
        what = "condition"
        if monitor.condition:
            archive.where(monitor.condition)
    except DatabaseError:
        raise
    except ArchiveError as error:
        return problem(monitor.name, what, error)
    return None


def _check_unit(column: Column) -> None:
    from astropy.units import Unit

    try:
        Unit(column.spec.unit or "")
    except (TypeError, ValueError) as error:
        raise MonitorError(
            f"{column.spec.unit!r} of {column.address} is no unit that astropy.units.Unit can read"
        ) from error


def _measure_all(
    tasks: Sequence[MeasurementTask], archive: Archive, options: Options, run: int
) -> Iterator[tuple[Outcome, ...]]:
    """Yield the outcomes of each task, and write them in batches, also if the run ends early."""
    batch: list[Outcome] = []
    written = time.monotonic()
    write = partial(monitor_writes.write, archive.store, run=run)
    workers = options.workers or archive.config.ncores
    job = Job(_measure, _rootname, _crashed)
    with closing(run_all(job, tasks, archive.config, options.scheduler, workers)) as results:
        try:
            for outcomes in results:
                batch += outcomes
                if len(batch) >= BATCH or time.monotonic() - written > BATCH_SECONDS:
                    write(batch, when=now())
                    batch, written = [], time.monotonic()
                yield outcomes
        except BaseException:
            with ending_early():
                write(batch, when=now())
            raise
        write(batch, when=now())


def _log(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.reason is not None:
            # The report has it as well; without a handler Python would print warnings and errors.
            logger.info("%s: %s: %s", outcome.monitor, outcome.rootname, outcome.reason)


def _concluded(results: MonitorResults, run: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Update the alerts and the summary of a monitor; return its open alerts and the problems."""
    name, problems = results.monitor.name, []
    try:
        alerts = _update_alerts(results)
    except DatabaseError:
        raise
    except (Exception, SystemExit) as error:
        problems.append(problem(name, "alerts", error))
        # Alerts that were open stay open.
        alerts = [alert for alert in results.alerts() if alert["closed"] is None]
    if failure := keep_summary(results, run):
        problems.append(problem(name, "summary", failure))
    if failure := _plot_failure(results):
        problems.append(problem(name, "plot", failure))
    return alerts, problems


def _plot_failure(results: MonitorResults) -> BaseException | None:
    """Return the error of the plot that the page of a monitor would show, None if it has none."""
    plot = results.monitor.plot
    # An ingest may run where the site, and Bokeh with it, is not installed.
    if plot is None or find_spec("bokeh") is None:
        return None
    try:
        if len(table := results.table()):
            plot(table)
    except DatabaseError:
        raise
    except (Exception, SystemExit) as error:
        return error
    return None


def _update_alerts(results: MonitorResults) -> list[dict[str, Any]]:
    """Open and close alerts as the rules of a monitor say, and return those that are open."""
    present = {
        alert.key: {"message": alert.message, "rootname": alert.rootname}
        for alert in results.check()
    }
    return monitor_alerts.update(results.archive.store, results.monitor.name, present, now())


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
    outcomes = []
    for name, state in task.states.items():
        try:
            monitor = monitors.named(name)
        except MonitorError as error:
            # Its module was changed since the run began.
            reason = described(error)
            outcomes.append(Outcome(name, task.rootname, state, reason=reason, owed=True))
        else:
            outcomes.append(_outcome(monitor, observation, specs, config.read_timeout))
    return tuple(outcomes)


def _outcome(
    monitor: Monitor, observation: Observation, specs: KeywordSpecs, seconds: float
) -> Outcome:
    """Measure one observation with one monitor; an error is the failure of this one alone."""
    # The state of the document that is measured: it may have changed since the plan was made.
    state = monitor_writes.state(
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
    except (Exception, SystemExit) as error:
        logger.debug("%s: %s", monitor.name, observation.rootname, exc_info=True)
        # The line in the code of the monitor, not in a library that it calls.
        code = getattr(monitor.measure, "__code__", None)
        reason = described(error, code and code.co_filename)
        return outcome(reason=reason, owed=_is_outside(error))


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
