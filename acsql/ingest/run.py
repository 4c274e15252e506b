"""A whole ingest run: new and changed files are ingested, and the run is recorded.

Two runs at once exclude each other.  Workers return results only; the log, the report and the
record of the run are written by this process.  The record is opened at the start, so that a run
that dies leaves one.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .. import __version__
from .. import config as configuration
from .. import keywords as keyword_specs
from ..config import Config
from ..errors import ConfigError
from ..keywords import KeywordSpecs
from ..migrations import runner
from ..mongod import resolve_connection
from ..permissions import permissions_of
from ..settings import INGEST
from ..store import failures, file_records, lock, missing_statistics, runs
from ..store.client import Store
from ..store.configured import open_store
from ..store.recorded_files import recorded_files
from ..store.schema import now
from . import folding, process_pool
from .changed_files import Selection
from .layouts import find_misplaced
from .log import log_file
from .plan import Plan, Stored, make_plan
from .progress import Progress, no_progress
from .proposal_providers import provider_for
from .proposals import in_background
from .report import Report
from .run_end import finishing
from .scan import scan
from .scan_ahead import read_during_scan, without_garbage_collection
from .tasks import ingest_tasks, log_waiting
from .workers import PROCESSES, check_scheduler

if TYPE_CHECKING:
    from .fill_statistics import FillReport

logger = logging.getLogger(__name__)

# The record of a run has at most this many of the rootnames that were selected.
RECORDED_ROOTNAMES = 100


@dataclass(frozen=True)
class Options:
    """The options of an ingest.

    Attributes
    ----------
    filetypes : tuple of str, optional
        Only these filetypes.
    rootnames : tuple of str, optional
        Only these observations.
    everything : bool
        Read unchanged files again.
    checksum : bool
        Compare the content of files whose size and time have not changed.
    retry_failed : bool
        Read damaged files again that have not changed since they failed.
    confirm_vanished : bool
        Mark missing files as vanished, however many they are.
    min_age : float
        Seconds; younger files are left for the next run.
    workers : int, optional
        Number of processes or threads, by default `Config.ncores`.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    """

    filetypes: tuple[str, ...] | None = None
    rootnames: tuple[str, ...] | None = None
    everything: bool = False
    checksum: bool = False
    retry_failed: bool = False
    confirm_vanished: bool = False
    min_age: float = 0.0
    workers: int | None = None
    scheduler: str = PROCESSES


def ingest(
    config: Config, options: Options | None = None, progress: Progress = no_progress
) -> Report:
    """Ingest new and changed files.

    Parameters
    ----------
    config : Config
        The archive.
    options : Options, optional
        The options of the ingest.
    progress : callable, optional
        Called with the number of observations to ingest; returns a context manager whose value
        is called without arguments each time one is done.

    Returns
    -------
    Report
        The numbers of files and observations that were ingested, and the failures.

    Raises
    ------
    ConfigError
        If the file system does not exist, or an option is invalid.
    DatabaseError
        If the database does not answer for longer than `Config.database_wait`.
    Busy
        If another ingest is running.
    """
    options = options or Options()
    config = resolve_connection(config)
    specs = keyword_specs.load(configuration.specs_overlay(config))
    filetypes = _filetypes(options, specs)
    check_scheduler(options.scheduler)
    started = now()
    with (
        open_store(config, config.database_wait, log_outages=True) as store,
        lock.hold(store, "ingest"),
        log_file(config.log_dir, started, permissions_of(config)) as log,
    ):
        if runs.close_died(store):
            logger.warning("An earlier run died; this run ingests what it left")
        report = Report(started, log)
        with _recorded(store, report, options, specs):
            runner.migrate_if_empty(store, specs)
            runner.check(store)
            with (
                folding.in_background(store),
                in_background(store, provider_for(config)) as proposals,
            ):
                plan = _plan(config, options, filetypes, store, specs)
                report.add_plan(plan)
                if plan.tasks and options.scheduler == PROCESSES:
                    # It imports the modules of workers while indexes are made.
                    process_pool.prepare()
                store.make_indexes()
                workers = options.workers or config.ncores
                with closing(
                    ingest_tasks(plan.tasks, store, config, options.scheduler, workers, progress)
                ) as results:
                    for result in results:
                        report.add(result)
                if options.rootnames is None and config.image_statistics == INGEST:
                    report.add_fill(_fill(store, config, options, specs, progress))
            report.owed = failures.count(store).owed
            report.add_lookup(proposals.result())
            _log_keywords(report)
    return report


def _fill(
    store: Store, config: Config, options: Options, specs: KeywordSpecs, progress: Progress
) -> "FillReport | None":
    """Complete statistics of images that an older acsql has ingested, if there are any."""
    if not runs.have_listed_statistics(store):
        missing_statistics.list_all(store, specs.with_preview())
    rootnames = missing_statistics.listed(store)
    if not rootnames:
        return None
    # The libraries of images take longer to import than most runs.
    from .fill_statistics import fill_listed

    workers = options.workers or config.ncores
    return fill_listed(rootnames, store, config, options.scheduler, workers, progress)


def _filetypes(options: Options, specs: KeywordSpecs) -> tuple[str, ...]:
    for filetype in options.filetypes or ():
        if filetype not in specs.filetypes:
            filetypes = ", ".join(specs.filetypes)
            raise ConfigError(f"{filetype!r} is not a filetype; the filetypes are {filetypes}")
    return options.filetypes or tuple(specs.filetypes)


@contextmanager
def _recorded(
    store: Store, report: Report, options: Options, specs: KeywordSpecs
) -> Iterator[None]:
    """Open the record of a run, and close it with its report however the run ends."""
    number = runs.start(
        store,
        {
            "started": report.started,
            "log": str(report.log),
            "version": __version__,
            "specs": specs.version,
            "options": _recorded_options(options),
        },
    )

    def finish(state: str, reason: str | None) -> None:
        """Log the end of the run, and close its record."""
        record = _closing(report, state, reason)
        if reason is None:
            for line in report.lines():
                logger.info(line)
        else:
            ended = "failed" if state == runs.FAILED else "ended early"
            logger.error("The run %s: %s", ended, reason)
        runs.finish(store, number, record)

    with finishing(finish, report):
        yield


def _recorded_options(options: Options) -> dict[str, Any]:
    """Return options as the record has them: of a long list of rootnames only the beginning."""
    record = asdict(options)
    more = len(options.rootnames or ()) - RECORDED_ROOTNAMES
    if more > 0:
        record["rootnames"] = [*record["rootnames"][:RECORDED_ROOTNAMES], f"and {more} more"]
    return record


def _closing(report: Report, state: str, reason: str | None) -> dict[str, Any]:
    """Return the fields that close the record of a run."""
    finished = now()
    report.seconds = (finished - (report.started or finished)).total_seconds()
    return {"finished": finished, "state": state, "reason": reason, **report.record()}


def _plan(
    config: Config,
    options: Options,
    filetypes: Sequence[str],
    store: Store,
    specs: KeywordSpecs,
) -> Plan:
    """Compare disk and database, and store the changes that need no reading of a file."""
    logger.info("Scanning %s", config.filesystem)
    plan = _compared(config, options, filetypes, store, specs)
    failures.remove(store, plan.settled)
    file_records.mark_vanished(store, plan.vanished, now())
    file_records.mark_returned(store, plan.returned)
    file_records.set_marks(store, plan.marks)
    _log_plan(plan)
    return plan


def _compared(
    config: Config,
    options: Options,
    filetypes: Sequence[str],
    store: Store,
    specs: KeywordSpecs,
) -> Plan:
    """Compare disk and database, and change nothing."""
    selection = Selection(
        filetypes,
        now(),
        options.min_age,
        options.everything,
        options.checksum,
        options.retry_failed,
        100.0 if options.confirm_vanished else config.vanish_limit,
        config.moved_limit,
    )
    scanned = scan(
        config.filesystem,
        specs.filetypes,
        options.rootnames,
        layout=config.layout,
        read_timeout=config.read_timeout,
    )
    whole = options.rootnames is None

    def read() -> Stored:
        return Stored(recorded_files(store), failures.by_filename(store))

    with without_garbage_collection():
        # The scan of some observations takes less time than a thread.
        stored, scanned = read_during_scan(read, scanned) if whole else (read(), scanned)
        plan = make_plan(scanned, stored, selection, specs, whole=whole)
    if not whole:
        return plan
    misplaced = find_misplaced(config.filesystem, config.layout, read_timeout=config.read_timeout)
    return plan.with_misplaced(misplaced)


def _log_plan(plan: Plan) -> None:
    if plan.marks:
        logger.info("Files of which inode number and change time were stored: %d", len(plan.marks))
    for rootname, filetype in plan.vanished:
        logger.warning("%s: the %s file has vanished from disk", rootname, filetype)
    for rootname, filetype in plan.returned:
        logger.info("%s: the %s file is on disk again, unchanged", rootname, filetype)
    if plan.misplaced.number:
        logger.warning("%s", plan.misplaced.message)
    for problem in plan.problems:
        logger.error("%s", problem)
    log_waiting(plan.waiting)
    logger.info("Observations to ingest: %d", len(plan.tasks))


def _log_keywords(report: Report) -> None:
    """Log each keyword that is not in the specs or has type mismatches once."""
    for (key, keyword), (type_, filename) in report.unspecified.items():
        logger.info("Keyword not in the specs: %s in %s (%s), in %s", keyword, key, type_, filename)
    for (place, keyword), number in report.mismatches.items():
        logger.warning(
            "Type mismatches of %s in %s: %d", keyword, place or "unknown header", number
        )
