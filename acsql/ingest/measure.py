"""Runs of monitors: each measures the observations that are new or changed for it.

Workers measure, and this process alone writes, a few hundred measurements at a time.  What is
pending follows from the database: the state of an observation is compared with that of its last
measurement.  So a run that dies at any moment leaves measurements that are whole, and the next run
measures the others.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from .. import __version__
from ..archive import Archive, connect
from ..config import Config
from ..errors import AccessDenied, ArchiveError, DatabaseError, DatabaseUnavailable, MonitorError
from ..keywords import KeywordSpecs
from ..monitors import Monitor
from ..monitors.discovery import find_monitors
from ..monitors.summarize import keep_summary
from ..observation import Observation
from ..query import Between, Column
from ..search import Search
from ..store import lock, monitor_alerts, monitor_rows, observations, runs
from ..store.client import Store
from ..store.monitor_rows import Outcome
from ..store.outage import ending_early
from ..store.schema import MONITOR_RUNS, now
from .abandonable import Patience
from .jobs import Job
from .measure_report import Options, Report, Tally, described
from .progress import Progress, no_progress
from .run import broken_off
from .workers import check_scheduler, run_all

logger = logging.getLogger(__name__)

# Measurements are written when there are this many, or after this time in seconds.
BATCH, BATCH_SECONDS = 500, 5.0
_patience = Patience()


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
    monitors = [found.named(name) for name in dict.fromkeys(options.monitors or found.monitors)]
    check_scheduler(options.scheduler)
    with (
        connect(config, time_limit=None) as archive,
        lock.hold(archive.store, "monitor run", lock.MONITORS),
    ):
        archive.check()
        # An invalid condition begins no run, after which all monitors would be failing.
        selected = _selected(archive, options)
        archive.store.make_indexes()
        runs.close_died(archive.store, MONITOR_RUNS)
        problems = () if options.monitors else found.problems
        with _recorded(archive.store, options, problems, monitors) as report:
            usable = [each for each in monitors if _is_usable(each, archive, report)]
            pending, unwanted = _plan(archive, selected, usable, options, report)
            for name, rootnames in unwanted.items():
                monitor_rows.retire(archive.store, name, rootnames)
                report.tallies[name].retired = len(rootnames)
            workers = options.workers or config.ncores
            with progress(len(pending)) as advance:
                for outcomes in _measure_all(pending, archive, options.scheduler, workers, report):
                    _log(outcomes)
                    advance()
            for monitor in monitors:
                alerts = _update_alerts(archive, monitor, report)
                report.alerts += alerts
                report.tallies[monitor.name].alerts = len(alerts)
                if error := keep_summary(archive.monitor(monitor.name), report.run):
                    report.add_problem(monitor.name, "summary", error)
    return report


@contextmanager
def _recorded(
    store: Store, options: Options, problems: Sequence[str], monitors: Sequence[Monitor]
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
    report = Report(number, tallies, problems=list(problems))

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


def _selected(archive: Archive, options: Options) -> Search:
    """Return the search of the observations that the options select."""
    search = archive.where(*options.conditions)
    if options.since is not None:
        search = search.where(Between("last_ingest_date", low=options.since))
    return search


def _is_usable(monitor: Monitor, archive: Archive, report: Report) -> bool:
    """Return whether a monitor can run; if not, that is a problem of this monitor alone."""
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
        report.add_problem(monitor.name, what, error)
        return False
    return True


def _check_unit(column: Column) -> None:
    from astropy.units import Unit

    try:
        Unit(column.spec.unit or "")
    except (TypeError, ValueError) as error:
        raise MonitorError(
            f"{column.spec.unit!r} of {column.address} is no unit that astropy.units.Unit can read"
        ) from error


def _plan(
    archive: Archive,
    selected: Search,
    monitors: Sequence[Monitor],
    options: Options,
    report: Report,
) -> tuple[list[MeasurementTask], dict[str, list[str]]]:
    """Return what to measure, and for each monitor the observations that it no longer wants."""
    wanted = {}
    for monitor in monitors:
        search = selected.where(monitor.condition) if monitor.condition else selected
        wanted[monitor.name] = {row["rootname"] for row in search.columns("rootname").rows()}
        report.tallies[monitor.name].wanted = len(wanted[monitor.name])
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
            # The report has it as well; without a handler Python would print warnings and errors.
            logger.info("%s: %s: %s", outcome.monitor, outcome.rootname, outcome.reason)


def _update_alerts(archive: Archive, monitor: Monitor, report: Report) -> list[dict[str, Any]]:
    """Return the open alerts of a monitor; those of before stay open if its rules fail."""
    results = archive.monitor(monitor.name)
    try:
        found = results.check()
    except DatabaseError:
        raise
    except (Exception, SystemExit) as error:
        report.add_problem(monitor.name, "alerts", error)
        return [alert for alert in results.alerts() if alert["closed"] is None]
    present = {alert.key: {"message": alert.message, "rootname": alert.rootname} for alert in found}
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
    except (Exception, SystemExit) as error:
        logger.debug("%s: %s", monitor.name, observation.rootname, exc_info=True)
        # The line in the code of the monitor, rather than that in a library which it calls.
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
