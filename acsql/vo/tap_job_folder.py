"""The jobs of the TAP service on disk, where all processes of the site find them.

The site may only read the database, so a job is a JSON file, with its result beside it.  A process
holds the lock of each job that it runs; the system releases it if the process dies, so that a job
whose lock is free cannot be running.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from .. import file_lock
from ..errors import JobNotFound
from ..permissions import replace_file
from ..query.messages import abbreviate
from .tap_job import ACTIVE, TapJob, now

# Jobs that are kept, and bytes of all results; beyond, the oldest that do not run are removed.
MOST_JOBS = 1000
MOST_BYTES = 2_000_000_000
_LOST = "The site was restarted while the job was running. Send it again."
_ID = re.compile("[0-9a-f]{1,64}")
_SUFFIXES = _JOB, _RESULT, _LOCK = ".json", ".result", ".lock"
_JOBS = TypeAdapter(TapJob)

# Returns a job as it is to be.
Step = Callable[[TapJob], TapJob]


class TapJobFolder:
    """The jobs in a folder; processes and threads may share it.

    Parameters
    ----------
    folder : Path
        The first job makes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, job: TapJob) -> TapJob:
        """Keep a new job, and remove those that are no longer kept.

        Parameters
        ----------
        job : TapJob
            The job.

        Returns
        -------
        TapJob
            The same.

        Raises
        ------
        OSError
            If the folder cannot be written.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._clean()
        self._write(job)
        return job

    def job(self, id_: str) -> TapJob:
        """Return a job as it is now.

        Parameters
        ----------
        id_ : str
            Its id.

        Returns
        -------
        TapJob
            With an error, if the process that ran it has ended.

        Raises
        ------
        JobNotFound
            If there is none, or its time is over.
        """
        job = self._read(id_)
        if job.destruction <= now():
            self.remove(id_)
            raise _missing(id_)
        if job.phase not in ACTIVE:
            return job
        try:
            with self.running(id_):
                return self.change(id_, lambda each: each.failed(_LOST))
        except BlockingIOError:
            return job

    def jobs(self) -> list[TapJob]:
        """Return all jobs, the oldest first."""
        jobs = []
        for path in self._folder.glob(f"*{_JOB}"):
            try:
                jobs.append(self.job(path.stem))
            except JobNotFound:
                continue
        return sorted(jobs, key=lambda job: (job.created, job.id))

    def change(self, id_: str, step: Step) -> TapJob:
        """Change a job.

        Parameters
        ----------
        id_ : str
            Its id.
        step : callable
            Takes the job and returns it as it is to be; its errors pass through.

        Returns
        -------
        TapJob
            As it is then.

        Raises
        ------
        JobNotFound
            If there is none.
        """
        with self._locked(id_, self._folder / _LOCK):
            before = self._read(id_)
            after = step(before)
            if after != before:
                self._write(after)
        return after

    def remove(self, id_: str) -> None:
        """Remove a job and its result; the process that runs it notices."""
        paths = [self._path(id_, suffix) for suffix in _SUFFIXES]
        with suppress(JobNotFound), self._locked(id_, self._folder / _LOCK):
            for path in paths:
                path.unlink(missing_ok=True)

    def is_unfinished(self, id_: str) -> bool:
        """Return whether a job is kept, and has not been ended."""
        try:
            return self._read(id_).phase in ACTIVE
        except JobNotFound:
            return False

    @contextmanager
    def running(self, id_: str) -> Iterator[None]:
        """Hold the lock of a job that this process runs.

        Parameters
        ----------
        id_ : str
            Its id.

        Raises
        ------
        BlockingIOError
            If the job runs already.
        JobNotFound
            If the folder was deleted.
        """
        with self._locked(id_, self._path(id_, _LOCK), wait=False):
            yield

    def result(self, id_: str) -> Path:
        """Return the file with the result of a job."""
        return self._path(id_, _RESULT)

    def _clean(self) -> None:
        """Remove jobs whose time is over, the oldest of too many, and files of removed jobs."""
        # Listed first: a process makes the other files of a job after its own.
        files = [path for path in self._folder.iterdir() if path.suffix in _SUFFIXES]
        jobs = self.jobs()
        kept = {job.id for job in jobs}
        for path in files:
            if path.stem not in kept:
                path.unlink(missing_ok=True)
        sizes = {job.id: _size(self.result(job.id)) for job in jobs}
        for job in jobs:
            if len(sizes) < MOST_JOBS and sum(sizes.values()) <= MOST_BYTES:
                break
            if job.phase not in ACTIVE:
                self.remove(job.id)
                del sizes[job.id]

    def _read(self, id_: str) -> TapJob:
        try:
            return _JOBS.validate_json(self._path(id_, _JOB).read_bytes())
        except (FileNotFoundError, ValidationError) as error:
            # A job of another version of acsql cannot be read; the next cleaning removes it.
            raise _missing(id_) from error

    def _write(self, job: TapJob) -> None:
        replace_file(self._path(job.id, _JOB), _JOBS.dump_json(job).decode())

    @contextmanager
    def _locked(self, id_: str, file: Path, wait: bool = True) -> Iterator[None]:
        """Hold a lock in the folder; without a folder there is no job."""
        with ExitStack() as stack:
            try:
                stack.enter_context(file_lock.held(file, wait=wait))
            except FileNotFoundError as error:
                raise _missing(id_) from error
            yield

    def _path(self, id_: str, suffix: str) -> Path:
        if not _ID.fullmatch(id_):
            raise _missing(id_)
        return self._folder / f"{id_}{suffix}"


def _missing(id_: str) -> JobNotFound:
    return JobNotFound(f"there is no job {abbreviate(id_)}; it may have been removed")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
