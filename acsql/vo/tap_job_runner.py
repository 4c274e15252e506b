"""Jobs of the TAP service run in a thread of the process that starts them, one after the other.

A request to any process may end a job, so its file says whether it may go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from threading import Event, Thread
from time import monotonic
from typing import Self

from ..errors import JobNotFound, QueryError, QueryTimeout
from ..store.client import Store
from . import tap
from .engine import Interrupt
from .tables import TapTable
from .tap_job import Phase, TapJob
from .tap_job_folder import Step, TapJobFolder

logger = logging.getLogger(__name__)

# Jobs of one process that wait or run; a site refuses more.
MOST_STARTED = 50
# Seconds after which a job that has been ended stops.
_LOOK_EVERY_S = 0.3
_TOO_LONG = "the job exceeded its execution duration: add conditions, or name fewer columns"


class TapJobRunner:
    """Runs jobs in this process; threads may share it.

    Parameters
    ----------
    jobs : TapJobFolder
        All jobs.
    store : Store
        The open database.

    Attributes
    ----------
    jobs : TapJobFolder
        The same.
    """

    def __init__(self, jobs: TapJobFolder, store: Store) -> None:
        self.jobs = jobs
        self._store = store
        self._thread = ThreadPoolExecutor(1, "tap-job")
        self._started: set[str] = set()

    @property
    def is_full(self) -> bool:
        """Whether as many jobs wait as may."""
        return len(self._started) >= MOST_STARTED

    def start(self, id_: str, tables: Mapping[str, TapTable], site: str | None = None) -> None:
        """Let a job run when its turn comes.

        Parameters
        ----------
        id_ : str
            Its id.
        tables : mapping
            All tables by name.
        site : str, optional
            As in `acsql.vo.tap.result`.

        Raises
        ------
        QueryError
            If it has been started before.
        JobNotFound
            If there is no such job.
        """
        lock = ExitStack()
        try:
            lock.enter_context(self.jobs.running(id_))
        except BlockingIOError:
            raise QueryError("the job is running and cannot be started again") from None
        try:
            self.jobs.change(id_, TapJob.queued)
            self._started.add(id_)
            self._thread.submit(
                self._run, id_, partial(self._executed, tables=tables, site=site), lock
            )
        except BaseException:
            self._started.discard(id_)
            lock.close()
            raise

    def close(self) -> None:
        """Wait for the job that runs; those that wait do not run."""
        self._thread.shutdown(cancel_futures=True)

    def _run(self, id_: str, execute: Callable[[TapJob], Step], lock: ExitStack) -> None:
        """Run a job whose turn has come, unless it was ended before."""
        try:
            job = self.jobs.change(id_, TapJob.executing)
            if job.phase is Phase.EXECUTING:
                job = self.jobs.change(id_, execute(job))
            has_result = job.phase is Phase.COMPLETED
        except JobNotFound:
            # It was removed.
            has_result = False
        finally:
            self._started.discard(id_)
            lock.close()
        if not has_result:
            self.jobs.result(id_).unlink(missing_ok=True)

    def _executed(self, job: TapJob, tables: Mapping[str, TapTable], site: str | None) -> Step:
        """Execute a job, and return the step that ends it."""
        try:
            query, limit = tap.tap_query(job.parameters), job.duration
            with _Watch(self.jobs, job) as watch, self.jobs.result(job.id).open("wb") as file:
                for piece in tap.result(query, tables, self._store, limit, watch.started, site):
                    if watch.is_over:
                        break
                    file.write(piece)
            return partial(TapJob.completed, media_type=query.media_type)
        except QueryTimeout as error:
            return partial(TapJob.aborted, message=str(error))
        except QueryError as error:
            return partial(TapJob.failed, message=str(error))
        except Exception:
            logger.exception("TAP job %s failed", job.id)
            return partial(TapJob.failed, message=f"The error was logged (job {job.id}).")


class _Watch:
    """Interrupts the query of a job that is ended by a request, or takes too long.

    Parameters
    ----------
    jobs : TapJobFolder
        All jobs.
    job : TapJob
        One that executes.
    """

    def __init__(self, jobs: TapJobFolder, job: TapJob) -> None:
        self._jobs = jobs
        self._job = job
        self._interrupt: Interrupt = int
        self._is_done = Event()
        self.is_over = False

    def __enter__(self) -> Self:
        Thread(target=self._look, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._is_done.set()

    def started(self, interrupt: Interrupt) -> None:
        """Take the function that interrupts the query."""
        self._interrupt = interrupt

    def _look(self) -> None:
        latest = monotonic() + self._job.duration
        while not self._is_done.wait(_LOOK_EVERY_S):
            with suppress(JobNotFound):
                if monotonic() > latest:
                    self._jobs.change(self._job.id, lambda job: job.aborted(_TOO_LONG))
            self.is_over = not self._jobs.is_unfinished(self._job.id)
            if self.is_over:
                # Until the query ends, because it may not have begun.
                self._interrupt()
