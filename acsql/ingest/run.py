"""A whole ingest: what is new or changed on disk goes in and is accounted for.

Two runs at once exclude each other.  Workers send back only what happened; the log, the counts
and the run's record are written here, by one process, and the record is open from the start, so
that a run that dies leaves it behind.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from .. import __version__
from .. import config as configuration
from .. import keywords as keyword_specs
from ..config import Config
from ..errors import ConfigError
from ..keywords import KeywordSpecs
from ..migrations import runner
from ..mongod.server import resolve_connection
from ..store import failures, lock, observations, runs
from ..store.client import Store
from ..store.derived import freshness, refresh
from ..store.schema import now
from .log import log_file
from .observation import FAILED, Outcome
from .plan import Changes, Choice, ready_before, tasks
from .proposals import in_background, provider_for
from .report import Report
from .scan import scan
from .workers import PROCESSES, ingest_all

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What to ingest, and where it runs.

    Parameters
    ----------
    filetypes : tuple of str, optional
        Only these filetypes.
    rootnames : tuple of str, optional
        Only these observations.
    everything : bool
        Read what has not changed as well.
    checksum : bool
        Compare the content of files whose size and time have not changed.
    retry_failed : bool
        Read files that failed before and have not changed since.
    min_age : float
        Files younger than so many seconds are left for the next run.
    workers : int, optional
        By default `Config.ncores`.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    """

    filetypes: tuple[str, ...] | None = None
    rootnames: tuple[str, ...] | None = None
    everything: bool = False
    checksum: bool = False
    retry_failed: bool = False
    min_age: float = 0.0
    workers: int | None = None
    scheduler: str = PROCESSES


# Called with the number of observations, gives a context whose value is called for each one.
Progress = Callable[[int], Any]


@contextmanager
def silent(_: int) -> Iterator[Callable[[], Any]]:
    """Show no progress."""
    yield lambda: None


def ingest(config: Config, options: Options | None = None, progress: Progress = silent) -> Report:
    """Ingest what is new or changed.

    Parameters
    ----------
    progress : callable, optional
        Called with the number of observations to ingest; returns a context manager whose value
        is called without arguments whenever one is done.

    Raises
    ------
    ConfigError
        If the file system is not there, or an option is wrong.
    DatabaseError
        If the database is not there, or stays away for longer than `Config.database_wait`.
    Busy
        If another ingest is under way.
    """
    options = options or Options()
    config = resolve_connection(config)
    specs = keyword_specs.load(configuration.specs_overlay(config))
    filetypes = _filetypes(options, specs)
    started = now()
    with (
        Store(config.connection_string, specs, config.database_wait) as store,
        lock.hold(store, "ingest"),
        log_file(config.log_dir, started) as log,
    ):
        if runs.close_died(store):
            logger.warning("An earlier run died: what it left undone is done now")
        record = {"started": started, "log": str(log), **_described(options, specs)}
        run = runs.start(store, record)
        report = Report(log=log)
        try:
            runner.migrate_if_empty(store, specs)
            runner.check(store)
            store.make_indexes()
            with in_background(store, provider_for(config)) as proposals:
                _ingest(config, options, filetypes, store, specs, report, progress)
            report.notes.append(f"Proposals: {proposals.result()}")
            refresh.refresh_if_stale(store, specs)
            _log_oddities(report)
        except BaseException as error:
            logger.error("The run failed: %s", error or type(error).__name__)
            runs.finish(store, run, _closed(report, started, runs.FAILED, str(error)))
            raise
        record = _closed(report, started, report.state)
        for line in report.lines():
            logger.info(line)
        runs.finish(store, run, record)
    return report


def _filetypes(options: Options, specs: KeywordSpecs) -> tuple[str, ...]:
    for filetype in options.filetypes or ():
        if filetype not in specs.filetypes:
            known = ", ".join(specs.filetypes)
            raise ConfigError(f"there is no filetype {filetype!r}; the filetypes are {known}")
    return options.filetypes or tuple(specs.filetypes)


def _ingest(
    config: Config,
    options: Options,
    filetypes: Sequence[str],
    store: Store,
    specs: KeywordSpecs,
    report: Report,
    progress: Progress,
) -> None:
    logger.info("Gathering files to ingest from %s", config.filesystem)
    choice = Choice(
        filetypes,
        ready_before(now(), options.min_age),
        options.everything,
        options.checksum,
        options.retry_failed,
    )
    changes = Changes.against(store, choice)
    found = scan(config.filesystem, specs.filetypes, options.rootnames)
    to_do = list(tasks(found, changes, specs, whole=options.rootnames is None))
    if to_do or changes.vanished:
        freshness.invalidate(store)
    observations.mark_vanished(store, changes.vanished, now())
    report.take_account(changes)
    logger.info("%d observations to ingest", len(to_do))
    with progress(len(to_do)) as done:

        def take(outcome: Outcome) -> None:
            _log(outcome)
            report.add(outcome)
            done()

        try:
            ingest_all(to_do, config, options.scheduler, options.workers or config.ncores, take)
        finally:
            remember(store, report)


def remember(store: Store, report: Report) -> None:
    """Keep which files failed and need not be tried again before they change."""
    failed = [failure for failure in report.failures if failure.size is not None]
    failures.record(store, map(asdict, failed), now())
    failures.remove(store, set(report.read) - {failure.filename for failure in failed})


def _log(outcome: Outcome) -> None:
    if outcome.state != FAILED:
        logger.info(
            "%s: %s: read %s; previews of %s; %.2f s",
            outcome.rootname,
            outcome.state,
            ", ".join(outcome.filetypes) or "nothing",
            ", ".join(outcome.previews) or "none",
            outcome.seconds,
        )
    for note in outcome.notes:
        logger.warning("%s: %s", outcome.rootname, note)
    for filename in outcome.waiting:
        logger.warning("%s: %s is still being written", outcome.rootname, filename)
    for failure in outcome.failures:
        logger.error("%s: %s", outcome.rootname, failure.reason)


def _log_oddities(report: Report) -> None:
    """Log what the specs do not know or have otherwise, each keyword once."""
    for rootname, filetype in report.vanished:
        logger.warning("%s: its %s file has vanished", rootname, filetype)
    for (key, keyword), (type_, filename) in report.unknown.items():
        logger.info("New to the specs: %s in %s (%s), met in %s", keyword, key, type_, filename)
    for (key, keyword), number in report.misfits.items():
        logger.warning("%d values of %s in %s do not fit its type", number, keyword, key)


def _described(options: Options, specs: KeywordSpecs) -> dict[str, Any]:
    return {"version": __version__, "specs": specs.version, "options": asdict(options)}


def _closed(
    report: Report, started: datetime, state: str, reason: str | None = None
) -> dict[str, Any]:
    """Return what closes a run's record."""
    finished = now()
    report.seconds = (finished - started).total_seconds()
    return {"finished": finished, "state": state, "reason": reason, **report.record()}
