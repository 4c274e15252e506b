"""Tasks of an ingest: workers ingest observations, whose results are logged and failures stored."""

import logging
from collections.abc import Generator, Sequence
from contextlib import closing

from ..config import Config
from ..errors import ArchiveError, DatabaseUnavailable
from ..keywords import KeywordSpecs
from ..store.client import Store
from ..store.outage import ending_early
from . import write
from .jobs import Job
from .observation_result import FAILED, Failure, ObservationResult
from .plan import Task
from .progress import Progress, no_progress
from .workers import run_all

logger = logging.getLogger(__name__)


def ingest_tasks(
    tasks: Sequence[Task],
    store: Store,
    config: Config,
    scheduler: str,
    workers: int,
    progress: Progress = no_progress,
) -> Generator[ObservationResult, None, None]:
    """Ingest observations, log their results and store the failures.

    Parameters
    ----------
    tasks : sequence of Task
        The observations.
    store : Store
        The database.
    config : Config
        The archive.
    scheduler : str
        As for `acsql.ingest.workers.run_all`.
    workers : int
        As for `acsql.ingest.workers.run_all`.
    progress : callable, optional
        As for `acsql.ingest.run.ingest`.

    Yields
    ------
    ObservationResult
        One for each task.  Failures are stored when the iterator ends or is closed.
    """
    failed: list[Failure] = []
    ingested: list[str] = []
    with (
        progress(len(tasks)) as advance,
        closing(ingest_all(tasks, config, scheduler, workers)) as results,
    ):
        try:
            for result in results:
                _log_result(result)
                failed += result.failures
                ingested += result.filenames
                yield result
                advance()
        except BaseException:
            with ending_early():
                write.update_failures(store, failed, ingested)
            raise
        write.update_failures(store, failed, ingested)


def _log_result(result: ObservationResult) -> None:
    if result.state != FAILED:
        logger.info(
            "%s: %s: read %s; previews of %s; %.2f s",
            result.rootname,
            result.state,
            ", ".join(result.filetypes) or "nothing",
            ", ".join(result.previews) or "none",
            result.seconds,
        )
    for warning in result.warnings:
        logger.warning("%s: %s", result.rootname, warning)
    for (_, keyword), (value, filename) in result.mismatches.items():
        logger.warning("%s: type mismatch of %s: %.80r", filename, keyword, value)
    log_waiting(result.waiting)
    for failure in result.failures:
        logger.error("%s: %s", result.rootname, failure.reason)


def log_waiting(filenames: Sequence[str]) -> None:
    """Log the names of files that are still being written."""
    for filename in filenames:
        logger.warning("Skipped %s: still being written, will retry in the next run", filename)


def ingest_all(
    tasks: Sequence[Task], config: Config, scheduler: str, workers: int
) -> Generator[ObservationResult, None, None]:
    """Ingest observations in parallel.

    Parameters
    ----------
    tasks : sequence of Task
        The observations.
    config : Config
        The archive.
    scheduler : str
        As for `acsql.ingest.workers.run_all`.
    workers : int
        As for `acsql.ingest.workers.run_all`.

    Yields
    ------
    ObservationResult
        One for each task, in the order in which they finish.
    """
    return run_all(Job(_ingest, _rootname, _crashed), tasks, config, scheduler, workers)


def _rootname(task: Task) -> str:
    return task.observation.rootname


def _crashed(task: Task) -> ObservationResult:
    return _failed(task, "worker", "the worker that read its observation died")


def _ingest(task: Task, store: Store, specs: KeywordSpecs, config: Config) -> ObservationResult:
    """Ingest one observation; any error is its own failure, and the others continue."""
    # Here, because only workers need astropy and numpy, which take longer to load than all else.
    from .pipeline import ingest_observation

    try:
        return ingest_observation(task, store, specs, config)
    except DatabaseUnavailable:
        # The next observation would meet the same.
        raise
    except Exception as error:
        logger.debug("%s", task.observation.rootname, exc_info=True)
        kind = "" if isinstance(error, ArchiveError) else f"{type(error).__name__}: "
        return _failed(task, "write", f"{kind}{error}")


def _failed(task: Task, stage: str, reason: str) -> ObservationResult:
    """Return the result of an observation of which nothing was stored: all its files are owed."""
    rootname = task.observation.rootname
    filenames = [
        str(task.observation.files[filetype].name)
        for filetype in (*task.filetypes, *task.checksums)
    ]
    failures = [
        Failure(rootname, name, stage, f"{name} was not stored: {reason}")
        for name in filenames or [rootname]
    ]
    return ObservationResult(rootname, failures=tuple(failures))
