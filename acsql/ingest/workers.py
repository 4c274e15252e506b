"""Workers: observations are processed by a Dask bag, on this machine or on a cluster.

Observations do not depend on each other, so the bag is all the parallelism there is.  A worker
process that dies takes the whole pool with it.  Each worker therefore notes which observation it
is processing: the rest continues in a new pool, and the noted ones are retried, each in a pool of
one, to find the one that kills its worker.
"""

import functools
import multiprocessing
import os
import signal
import tempfile
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import dask.bag
from astropy.utils.exceptions import AstropyWarning
from dask.callbacks import Callback

from .. import config as configuration
from .. import keywords as keyword_specs
from ..config import Config
from ..errors import ArchiveError, ConfigError, DatabaseUnavailable
from ..keywords import KeywordSpecs
from ..store.client import Store
from .pipeline import ingest_observation
from .plan import Task
from .results import Failure, ObservationResult

PROCESSES, THREADS, SYNCHRONOUS = LOCAL = ("processes", "threads", "synchronous")
# Small partitions keep all workers busy to the end, large ones save overhead in a backfill.
PARTITIONS_PER_WORKER = 16
LARGEST_PARTITION = 32
# One pool that dies before it has finished anything is an accident, this many are a fault.
MAX_FRUITLESS_POOLS = 3

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Job(Generic[Item, Result]):
    """What workers do with each item.

    Parameters
    ----------
    run : callable
        Returns the result of an item.
    rootname : callable
        Returns the rootname of an item.
    crashed : callable
        Returns the result of an item whose worker died.

    Notes
    -----
    All three are functions of a module, because they are sent to other processes.
    """

    run: Callable[[Item, Store, KeywordSpecs, Config], Result]
    rootname: Callable[[Item], str]
    crashed: Callable[[Item], Result]


@dataclass(frozen=True)
class _Finished(Generic[Result]):
    """The result of an item, with its rootname."""

    rootname: str
    result: Result


def check_scheduler(scheduler: str) -> None:
    """Check the name of a scheduler before there is any work.

    Parameters
    ----------
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.

    Raises
    ------
    ConfigError
        If it is none of these, or no cluster answers at the address.
    """
    if scheduler not in LOCAL:
        _connect(scheduler).close()


def ingest_all(
    tasks: Sequence[Task], config: Config, scheduler: str, workers: int
) -> Generator[ObservationResult, None, None]:
    """Ingest observations in parallel.

    Parameters
    ----------
    tasks : sequence of Task
        The observations.
    config, scheduler, workers
        As for `run_all`, which also describes the errors.

    Yields
    ------
    ObservationResult
        One for each task, in the order in which they finish.
    """
    return run_all(Job(_ingest, _rootname, _crashed), tasks, config, scheduler, workers)


def run_all(
    job: Job[Item, Result],
    items: Sequence[Item],
    config: Config,
    scheduler: str,
    workers: int,
) -> Generator[Result, None, None]:
    """Run a job on every item in parallel.

    Parameters
    ----------
    job : Job
        What to do.
    items : sequence
        No two of the same rootname.
    config : Config
        The archive, which each worker opens for itself.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    workers : int
        Number of processes or threads; a cluster has its own.

    Yields
    ------
    object
        The result of each item, in the order in which they finish.  Close the iterator to stop.

    Raises
    ------
    ConfigError
        If the scheduler is unknown, or no cluster answers.
    ArchiveError
        If worker processes die before they begin to work.
    DatabaseUnavailable
        If the database does not answer.
    """
    for finished in _run(job, items, config, scheduler, workers):
        yield finished.result


def _run(
    job: Job[Item, Result], items: Sequence[Item], config: Config, scheduler: str, workers: int
) -> Iterator[_Finished[Result]]:
    if not items:
        return
    if scheduler == PROCESSES:
        yield from _run_in_processes(job, items, config, workers)
    elif scheduler == THREADS:
        bag = _bag(job, items, config, workers)
        with _workers_in_this_process(config):
            yield from _stream(bag, scheduler=THREADS, num_workers=workers)
    elif scheduler == SYNCHRONOUS:
        with _workers_in_this_process(config):
            for partition in _partitions(items, workers):
                yield from _bag(job, partition, config, 1).compute(scheduler=SYNCHRONOUS)
    else:
        yield from _run_on_cluster(job, items, config, scheduler)


def _partition_size(items: Sequence[Item], workers: int) -> int:
    return max(1, min(LARGEST_PARTITION, len(items) // (workers * PARTITIONS_PER_WORKER)))


def _partitions(items: Sequence[Item], workers: int) -> Iterator[Sequence[Item]]:
    size = _partition_size(items, workers)
    return (items[first : first + size] for first in range(0, len(items), size))


def _bag(
    job: Job[Item, Result],
    items: Sequence[Item],
    config: Config,
    workers: int,
    notes: Path | None = None,
) -> Any:
    bag = dask.bag.from_sequence(items, partition_size=_partition_size(items, workers))
    return bag.map_partitions(_run_partition, job=job, config=config, notes=notes)


def _stream(bag: Any, **options: Any) -> Iterator[_Finished[Any]]:
    """Yield the results of a bag as its tasks finish.

    Dask passes them to a callback alone, so the bag is computed in a thread of its own.
    """
    finished: SimpleQueue[_Finished[Any] | None] = SimpleQueue()
    closed = threading.Event()

    def collect(_key: Any, value: Any, *_: Any) -> None:
        """Queue the results of a task of the graph; not all tasks return results."""
        if closed.is_set():
            raise _Closed
        for item in value if isinstance(value, list) else ():
            if isinstance(item, _Finished):
                finished.put(item)

    def compute() -> None:
        try:
            with Callback(posttask=collect):
                bag.compute(**options)
        finally:
            finished.put(None)

    seen: set[str] = set()
    with ThreadPoolExecutor(1, thread_name_prefix="dask") as thread:
        computation = thread.submit(compute)
        try:
            while (item := finished.get()) is not None:
                # One list can pass through several tasks of the graph.
                if item.rootname not in seen:
                    seen.add(item.rootname)
                    yield item
            computation.result()
        finally:
            closed.set()


class _Closed(Exception):
    """Nobody reads the results any more: ends the computation."""


def _run_in_processes(
    job: Job[Item, Result], items: Sequence[Item], config: Config, workers: int
) -> Iterator[_Finished[Result]]:
    remaining = {job.rootname(item): item for item in items}
    fruitless = 0
    with tempfile.TemporaryDirectory(prefix="acsql-") as folder:
        notes = Path(folder)
        while remaining:
            before = len(remaining)
            for finished in _run_pool(job, list(remaining.values()), config, workers, notes):
                del remaining[finished.rootname]
                yield finished
            for rootname in _take_notes(notes):
                if rootname in remaining:
                    item = remaining.pop(rootname)
                    alone = list(_run_pool(job, [item], config, 1, notes))
                    yield from alone or [_Finished(rootname, job.crashed(item))]
            fruitless = 0 if len(remaining) < before else fruitless + 1
            if fruitless == MAX_FRUITLESS_POOLS:
                raise ArchiveError("worker processes die before they begin to work")


def _run_pool(
    job: Job[Item, Result], items: Sequence[Item], config: Config, workers: int, notes: Path
) -> Iterator[_Finished[Result]]:
    """Yield results from a pool of processes, until all are done or one of them dies."""
    # All are forked from one process that has imported everything: a worker starts at once, and
    # none inherits the threads and locks of this process.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    _start_forkserver()
    try:
        with ProcessPoolExecutor(workers, context, initializer=_start_worker) as pool:
            bag = _bag(job, items, config, workers, notes)
            # By default the scheduler hands out six tasks at a time, which leaves a worker idle
            # at the end of a short run.
            yield from _stream(
                bag, scheduler=PROCESSES, pool=pool, num_workers=workers, chunksize=1
            )
    except (BrokenProcessPool, ConnectionError, EOFError):
        # The last two where the process from which workers are forked dies while it starts one.
        return


def _take_notes(notes: Path) -> list[str]:
    """Return the rootnames that workers were processing when they died, and delete the notes."""
    rootnames = []
    for note in notes.iterdir():
        rootnames.append(note.read_text(encoding="ascii"))
        note.unlink()
    return [rootname for rootname in rootnames if rootname]


def _connect(address: str) -> Any:
    """Return a client of a cluster."""
    try:
        import distributed
    except ImportError as error:
        raise ConfigError(
            f"scheduler {address!r} is not one of {', '.join(LOCAL)}; the address of a "
            'cluster needs dask.distributed: pip install "acsql[distributed]"'
        ) from error
    try:
        return distributed.Client(address)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"scheduler {address!r} is not one of {', '.join(LOCAL)}, and no dask.distributed "
            f"cluster answers there: {error}"
        ) from error


def _run_on_cluster(
    job: Job[Item, Result], items: Sequence[Item], config: Config, address: str
) -> Iterator[_Finished[Result]]:
    with _connect(address) as client:
        import distributed

        client.run(_silence_astropy)
        workers = sum(client.nthreads().values())
        delayed = _bag(job, items, config, workers).to_delayed()
        partitions = _partitions(items, workers)
        futures = dict(zip(client.compute(delayed), partitions, strict=True))
        for future in (waiting := distributed.as_completed(futures)):
            partition = futures.pop(future)
            if not isinstance(future.exception(), distributed.KilledWorker):
                yield from future.result()
            elif len(partition) == 1:
                yield _Finished(job.rootname(partition[0]), job.crashed(partition[0]))
            else:
                # One of them kills its worker: retry each alone to find it.
                alone = {
                    client.submit(_run_partition, [item], job, config): [item] for item in partition
                }
                futures |= alone
                waiting.update(alone)


def _run_partition(
    items: Iterable[Item], job: Job[Item, Result], config: Config, notes: Path | None = None
) -> list[_Finished[Result]]:
    """Run a job in a worker, with the connection that the worker keeps."""
    store, specs = _opened(config)
    results = []
    for item in items:
        rootname = job.rootname(item)
        with _noted(rootname, notes):
            results.append(_Finished(rootname, job.run(item, store, specs, config)))
    return results


@contextmanager
def _noted(rootname: str, notes: Path | None) -> Iterator[None]:
    """Note which observation this process is processing, in case it dies."""
    if notes is None:
        yield
        return
    note = notes / str(os.getpid())
    note.write_text(rootname, encoding="ascii")
    yield
    note.write_text("", encoding="ascii")


def _rootname(task: Task) -> str:
    return task.found.rootname


def _crashed(task: Task) -> ObservationResult:
    rootname = task.found.rootname
    files = ", ".join(str(task.found.files[name].name) for name in task.filetypes)
    reason = f"{rootname}: the worker that read {files} died; nothing of it was stored"
    return ObservationResult(rootname, failures=(Failure(rootname, rootname, "worker", reason),))


def _ingest(task: Task, store: Store, specs: KeywordSpecs, config: Config) -> ObservationResult:
    """Ingest one observation; any error is its own failure, and the others continue."""
    try:
        return ingest_observation(task, store, specs, config)
    except DatabaseUnavailable:
        # The next observation would meet the same.
        raise
    except Exception as error:
        rootname = task.found.rootname
        kind = "" if isinstance(error, ArchiveError) else f"{type(error).__name__}: "
        failure = Failure(rootname, rootname, "write", f"{rootname}: {kind}{error}")
        return ObservationResult(rootname, failures=(failure,))


@functools.lru_cache(maxsize=1)
def _opened(config: Config) -> tuple[Store, KeywordSpecs]:
    """Return this process's connection; a worker process keeps it until it ends."""
    specs = keyword_specs.load(configuration.specs_overlay(config))
    return open_store(config, specs), specs


def open_store(config: Config, specs: KeywordSpecs) -> Store:
    """Return a handle on the database of an archive that waits as its configuration says.

    Parameters
    ----------
    config : Config
        With a `connection_string`.
    specs : KeywordSpecs
        The keyword specs of the archive.

    Returns
    -------
    Store
        Open; the caller closes it.

    Raises
    ------
    DatabaseError
        If the database does not answer.
    """
    assert config.connection_string is not None
    return Store(config.connection_string, specs, config.database_wait)


def _start_forkserver() -> None:
    """Start the process from which workers are forked, without letting Ctrl-C reach it.

    A terminal sends Ctrl-C to all processes of a command, and Python would print a traceback from
    each.  Workers inherit the signal mask, and unblock SIGINT in `_start_worker`.
    """
    # Its start unblocks SIGINT in this process, so it must come first.
    resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _start_worker() -> None:
    """Make this process a worker that ends with the run, and at once on Ctrl-C."""
    signal.signal(signal.SIGINT, lambda _signal, _frame: os._exit(128 + signal.SIGINT))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    _silence_astropy()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _silence_astropy() -> None:
    """Ignore astropy's warnings about irregular headers: results have those that matter."""
    warnings.simplefilter("ignore", AstropyWarning)


@contextmanager
def _workers_in_this_process(config: Config) -> Iterator[None]:
    """Let workers run in this process, and close the connection that they shared."""
    with warnings.catch_warnings():
        _silence_astropy()
        try:
            yield
        finally:
            if _opened.cache_info().currsize:
                _opened(config)[0].close()
                _opened.cache_clear()
