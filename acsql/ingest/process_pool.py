"""A pool of worker processes that survives the death of its workers.

A worker process that dies takes the whole pool with it.  Each worker therefore notes which item
it is processing: the others continue in a new pool, and the noted ones are retried, each in a
pool of one, to find the one that kills its worker.
"""

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

from ..config import Config
from ..errors import ArchiveError
from .jobs import Finished, Item, Job, Result, make_bag, silence_astropy, stream

# One pool that dies before it has finished anything is an accident, this many are a fault.
MAX_FRUITLESS_POOLS = 3
# The modules that workers import: all jobs read files as an ingest does.
PRELOADED = ["dask.bag", __name__, f"{__package__}.tasks", f"{__package__}.pipeline"]
# Seconds between two looks of a pool at its workers.
LOOK_S = 1.0
# The environment variable that is the option -P of Python.
SAFE_PATH = "PYTHONSAFEPATH"


def run_in_processes(
    job: Job[Item, Result], items: Sequence[Item], config: Config, workers: int
) -> Iterator[Finished[Result]]:
    """Run a job on every item in worker processes.

    Parameters
    ----------
    job : Job
        The work on each item.
    items : sequence
        No two of the same rootname.
    config : Config
        The archive.
    workers : int
        Number of processes.

    Yields
    ------
    Finished
        The result of each item, in the order in which they finish.

    Raises
    ------
    ArchiveError
        If worker processes die before they begin to work, or there is no place for temporary files.
    """
    remaining = {job.rootname(item): item for item in items}
    fruitless = 0
    with _needing_temporary_files():
        folder = tempfile.TemporaryDirectory(prefix="acsql-")
    with folder as path:
        notes = Path(path)
        while remaining:
            before = len(remaining)
            for finished in _run_pool(job, list(remaining.values()), config, workers, notes):
                del remaining[finished.rootname]
                yield finished
            for rootname in _take_notes(notes):
                if item := remaining.get(rootname):
                    alone = list(_run_pool(job, [item], config, 1, notes))
                    # Without a note the pool has died before it began with the item.
                    if not alone and rootname in _take_notes(notes):
                        alone = [Finished(rootname, job.crashed(item))]
                    if alone:
                        del remaining[rootname]
                    yield from alone
            fruitless = 0 if len(remaining) < before else fruitless + 1
            if fruitless == MAX_FRUITLESS_POOLS:
                raise ArchiveError("worker processes die before they begin to work")


@contextmanager
def _needing_temporary_files() -> Iterator[None]:
    """Explain an error of the folder for temporary files."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"worker processes need temporary files: {error}: set TMPDIR to a folder with room"
        ) from error


def prepare() -> None:
    """Start the process from which workers are forked; it imports their modules meanwhile.

    Raises
    ------
    ArchiveError
        If there is no place for temporary files.
    """
    multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOADED)
    with _needing_temporary_files():
        _start_forkserver()


def _run_pool(
    job: Job[Item, Result], items: Sequence[Item], config: Config, workers: int, notes: Path
) -> Iterator[Finished[Result]]:
    """Yield results from a pool of processes, until all are done or one of them dies."""
    # All are forked from one process that has imported everything: a worker starts at once, and
    # none inherits the threads and locks of this process.
    context = multiprocessing.get_context("forkserver")
    prepare()
    try:
        others = set(multiprocessing.active_children())
        nice = (config.worker_nice,)
        with ProcessPoolExecutor(workers, context, _start_worker, nice) as pool, _looking(pool):

            def abandon() -> None:
                """Kill the workers: one that hangs in a read would not end otherwise."""
                for worker in set(multiprocessing.active_children()) - others:
                    worker.kill()
                pool.shutdown(wait=False, cancel_futures=True)

            bag = make_bag(job, items, config, workers, notes)
            # By default the scheduler hands out six tasks at a time, which leaves a worker idle
            # at the end of a short run.
            try:
                yield from stream(
                    bag, abandon, scheduler="processes", pool=pool, num_workers=workers, chunksize=1
                )
            except (BrokenProcessPool, ConnectionError, EOFError):
                # A broken pool terminates its workers, but not one that is started meanwhile, and
                # then waits for it forever.
                abandon()
                raise
    except (BrokenProcessPool, ConnectionError, EOFError):
        # The last two where the process from which workers are forked dies while it starts one.
        return


@contextmanager
def _looking(pool: ProcessPoolExecutor) -> Iterator[None]:
    """Let a pool look at its workers again and again.

    The thread of the pool (Python 3.11) waits for a result, or for the death of a worker that it
    knows.  It is woken before another worker is started, and learns of that one with the next
    result or task.  If the new worker dies until then while it holds the lock of the task queue,
    all others wait for the lock forever.
    """
    ended = threading.Event()

    def look() -> None:
        """Wake the thread of the pool with a task, until the pool is broken or shut down."""
        with suppress(RuntimeError, ConnectionError, EOFError):
            while not ended.wait(LOOK_S):
                pool.submit(int)

    thread = threading.Thread(target=look, name="looking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _take_notes(notes: Path) -> list[str]:
    """Return the rootnames that workers were processing when they died, and delete the notes."""
    rootnames = []
    for note in notes.iterdir():
        rootnames.append(note.read_text(encoding="ascii"))
        note.unlink()
    return [rootname for rootname in rootnames if rootname]


def _start_forkserver() -> None:
    """Start the process from which workers are forked, without letting Ctrl-C reach it.

    A terminal sends Ctrl-C to all processes of a command, and Python would print a traceback from
    each.  Workers inherit the signal mask, and unblock SIGINT in `_start_worker`.
    """
    with _safe_import_path():
        # Its start unblocks SIGINT in this process, so it must come first.
        resource_tracker.ensure_running()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def _safe_import_path() -> Iterator[None]:
    """Let Python processes that start meanwhile import nothing from the working directory.

    They run ``python -c``, which looks there first: a folder ``acsql`` or a ``yaml.py`` in it
    would take the place of the installed one.  Workers get the import path of this process.
    """
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


def _start_worker(nice: int) -> None:
    """Make this process a worker that ends with the run, and at once on Ctrl-C.

    Only workers get the nice value: a private MongoDB that the run starts also serves others.
    """
    os.nice(nice)
    signal.signal(signal.SIGINT, lambda _signal, _frame: os._exit(128 + signal.SIGINT))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    silence_astropy()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
