"""Image statistics that are missing because an older acsql ingested the images without them.

An ingest computes some of them at its end; ``acsql statistics fill`` computes all.  Each
observation is completed and written alone, so a fill that was killed continues where it stopped.
It reads pixels and renders nothing.  The command yields the lock to a waiting ingest: the two never
write at the same time.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .. import paths
from ..config import Config
from ..errors import FileError, PreviewError
from ..fits.walk import open_headers
from ..images.image_statistics import ImageStatistics
from ..keywords import KeywordSpecs
from ..migrations import runner
from ..mongod import resolve_connection
from ..names import Filename
from ..store import lock, missing_statistics, observation_writes
from ..store.client import Store
from ..store.configured import open_store
from . import folding
from .abandonable import Patience
from .file_images import description, read_statistics
from .jobs import Job
from .observation_result import Failure
from .on_disk import size_and_mtime
from .progress import Progress, no_progress
from .workers import PROCESSES, check_scheduler, run_all

logger = logging.getLogger(__name__)

_patience = Patience()
# Seconds for which the lock is left to a process that waits for it.
PAUSE = 2.0


@dataclass(frozen=True)
class Filled:
    """The statistics that were added to one observation.

    Attributes
    ----------
    rootname : str
        The observation.
    filetypes : tuple of str
        The files whose statistics were stored.
    failures : tuple of Failure
        Files whose statistics could not be computed; the next fill tries them again.
    changed : tuple of str
        Files that are not as they were ingested, which the next ingest reads.
    """

    rootname: str
    filetypes: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass
class FillReport:
    """The result of a fill.

    Attributes
    ----------
    observations, files : int
        Numbers of the observations and files that were completed.
    failures : list of Failure
        Files whose statistics could not be computed.
    changed : list of str
        Names of files that are not as they were ingested.
    left : int
        Number of listed observations that are left for later.
    """

    observations: int = 0
    files: int = 0
    failures: list[Failure] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left: int = 0

    def add(self, result: Filled) -> None:
        """Add the result of one observation."""
        self.observations += bool(result.filetypes)
        self.files += len(result.filetypes)
        self.failures += result.failures
        self.changed += result.changed


def fill_statistics(
    config: Config,
    workers: int | None = None,
    scheduler: str = PROCESSES,
    progress: Progress = no_progress,
) -> FillReport:
    """Compute the statistics of all images that have a preview and no statistics.

    Parameters
    ----------
    config : Config
        The archive.
    workers : int, optional
        Number of processes or threads, by default `Config.ncores`.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    progress : callable, optional
        Called with the number of observations; returns a context manager whose value is called
        without arguments each time one is done.

    Returns
    -------
    FillReport
        The numbers of completed observations and files, and the failures.

    Raises
    ------
    ConfigError
        If `scheduler` is invalid.
    DatabaseError
        If the database does not answer.
    Busy
        If an ingest is running.  One that begins meanwhile is let in.
    """
    config = resolve_connection(config)
    check_scheduler(scheduler)
    workers = workers or config.ncores
    report, left, is_first = FillReport(), set[str](), True
    with open_store(config, config.database_wait, log_outages=True) as store:
        while is_first or left:
            with lock.hold(store, "statistics fill", yields=True, patient=not is_first):
                runner.check(store)
                if is_first:
                    left |= set(missing_statistics.found(store, store.specs.with_preview()))
                    is_first = False
                wanted = partial(lock.is_wanted, store)
                with folding.in_background(store):
                    for result in _fill_some(
                        sorted(left), config, scheduler, workers, progress, wanted
                    ):
                        report.add(result)
                        left.discard(result.rootname)
            if left:
                logger.info(
                    "Yielding the lock to another acsql; %d observations are left", len(left)
                )
                time.sleep(PAUSE)
    return report


def fill_listed(
    rootnames: Sequence[str],
    store: Store,
    config: Config,
    scheduler: str,
    workers: int,
    progress: Progress = no_progress,
) -> FillReport:
    """Compute statistics that are listed as missing, for some time.

    Parameters
    ----------
    rootnames : sequence of str
        The observations that are listed.
    store : Store
        The database; the caller holds its lock, and folds changed observations.
    config : Config
        The archive; ``statistics_minutes`` is the time.
    scheduler, workers : str, int
        As for `fill_statistics`.
    progress : callable, optional
        As for `fill_statistics`.

    Returns
    -------
    FillReport
        As of `fill_statistics`, with the number of observations that are left.
    """
    seconds = 60.0 * config.statistics_minutes
    report = FillReport()
    if seconds:
        logger.info("Observations without image statistics: %d", len(rootnames))
        end = time.monotonic() + seconds
        for result in _fill_some(
            rootnames, config, scheduler, workers, progress, lambda: time.monotonic() > end
        ):
            report.add(result)
    report.left = len(missing_statistics.listed(store))
    return report


def _fill_some(
    rootnames: Sequence[str],
    config: Config,
    scheduler: str,
    workers: int,
    progress: Progress,
    must_stop: Callable[[], bool],
) -> Iterator[Filled]:
    """Complete observations until all are done, or the rest is left for later."""
    job = Job(_fill, _itself, _crashed)
    with (
        progress(len(rootnames)) as advance,
        closing(run_all(job, rootnames, config, scheduler, workers)) as results,
    ):
        for result in results:
            for failure in result.failures:
                logger.error("%s: %s", result.rootname, failure.reason)
            yield result
            advance()
            if must_stop():
                break


def _itself(rootname: str) -> str:
    return rootname


def _crashed(rootname: str) -> Filled:
    reason = "the worker that computed its statistics died"
    return Filled(rootname, failures=(Failure(rootname, rootname, "worker", reason),))


def _fill(rootname: str, store: Store, specs: KeywordSpecs, config: Config) -> Filled:
    """Complete one observation."""
    statistics: dict[str, ImageStatistics] = {}
    failures, changed = [], []
    files = missing_statistics.files(store, rootname, specs.with_preview())
    for filetype, (filename, file) in files.items():
        try:
            read = _patience.call(config.read_timeout, _read, filename, file, specs, config)
        except PreviewError as error:
            failures.append(Failure(rootname, filename, "statistics", str(error), owed=False))
        except FileError as error:
            failures.append(Failure(rootname, filename, "statistics", str(error)))
        except Exception as error:
            reason = f"no statistics of {filename}: {description(error)}"
            failures.append(Failure(rootname, filename, "statistics", reason))
        else:
            if read is None:
                changed.append(filename)
            else:
                statistics[filetype] = read
    if statistics:
        observation_writes.set_statistics(store, rootname, statistics)
    if not any(failure.owed for failure in failures):
        missing_statistics.remove(store, rootname)
    return Filled(rootname, tuple(statistics), tuple(failures), tuple(changed))


def _read(
    filename: str, file: Mapping[str, Any], specs: KeywordSpecs, config: Config
) -> ImageStatistics | None:
    """Return the statistics of a file, None if it is not the one that was ingested."""
    path = paths.confined(config.filesystem, file["path"])
    with open_headers(path) as opened:
        statistics = read_statistics(opened, Filename.parse(filename), specs)
    unchanged = size_and_mtime(path) == (file["size"], file["mtime"])
    return statistics if unchanged else None
