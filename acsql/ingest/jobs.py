"""Jobs: a function that workers run on each item, as a Dask bag whose results come one by one.

Items do not depend on each other, so the bag is all the parallelism there is.  Each worker keeps
one connection to the database, and notes which item it is processing, in case it dies.
"""

import functools
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from ..config import Config
from ..keywords import KeywordSpecs
from ..store.client import Store
from ..store.configured import open_store
from .abandonable import in_thread

# The longest wait for workers whose results are no longer read, in seconds.
ABANDONED_SECONDS = 3
# Small partitions keep all workers busy to the end, large ones save overhead in a backfill.
PARTITIONS_PER_WORKER = 16
LARGEST_PARTITION = 32

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Job(Generic[Item, Result]):
    """The work on each item, for workers.

    Attributes
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
class Finished(Generic[Result]):
    """The result of an item, with its rootname."""

    rootname: str
    result: Result


def _partition_size(items: Sequence[Item], workers: int) -> int:
    return max(1, min(LARGEST_PARTITION, len(items) // (workers * PARTITIONS_PER_WORKER)))


def partitions(items: Sequence[Item], workers: int) -> Iterator[Sequence[Item]]:
    """Yield the partitions of `make_bag`.

    Parameters
    ----------
    items : sequence
        All items.
    workers : int
        Number of workers among which they are divided.

    Yields
    ------
    sequence
        Consecutive items.
    """
    size = _partition_size(items, workers)
    return (items[first : first + size] for first in range(0, len(items), size))


def make_bag(
    job: Job[Item, Result],
    items: Sequence[Item],
    config: Config,
    workers: int,
    notes: Path | None = None,
) -> Any:
    """Return the bag that runs a job on items.

    Parameters
    ----------
    job : Job
        The work on each item.
    items : sequence
        The items.
    config : Config
        The archive, which each worker opens for itself.
    workers : int
        Number of workers; it decides the size of partitions.
    notes : Path, optional
        The folder where each worker notes which item it is processing.

    Returns
    -------
    dask.bag.Bag
        A bag of `Finished`, not computed yet.
    """
    # An ingest that finds nothing new does not need it.
    import dask.bag

    bag = dask.bag.from_sequence(items, partition_size=_partition_size(items, workers))
    return bag.map_partitions(run_partition, job=job, config=config, notes=notes)


def stream(
    bag: Any, abandon: Callable[[], object] = lambda: None, **options: Any
) -> Iterator[Finished[Any]]:
    """Yield the results of a bag as its tasks finish.

    Dask passes them to a callback only, so the bag is computed in another thread.  If the results
    are not read to their end, as after a signal, that thread is waited for `ABANDONED_SECONDS` at
    most: a worker can hang in a read.

    Parameters
    ----------
    bag : dask.bag.Bag
        As `make_bag` returns it.
    abandon : callable
        Called if the results are not read to their end, to end the workers.
    **options : object
        The options of its `compute`.

    Yields
    ------
    Finished
        One for each item.
    """
    from dask.callbacks import Callback

    finished: SimpleQueue[Finished[Any] | None] = SimpleQueue()
    closed = threading.Event()

    def collect(_key: Any, value: Any, *_: Any) -> None:
        """Queue the results of one task; not all tasks of the graph return results."""
        if closed.is_set():
            raise _Closed
        for item in value if isinstance(value, list) else ():
            if isinstance(item, Finished):
                finished.put(item)

    def compute() -> None:
        """Compute the bag, and queue None at its end."""
        try:
            with Callback(posttask=collect):
                bag.compute(**options)
        finally:
            finished.put(None)

    seen: set[str] = set()
    _ending.clear()
    computation = in_thread(compute)
    try:
        while (item := finished.get()) is not None:
            # One list can pass through several tasks of the graph.
            if item.rootname not in seen:
                seen.add(item.rootname)
                yield item
        computation.result()
    finally:
        closed.set()
        if not computation.done():
            _ending.set()
            abandon()
            wait([computation], ABANDONED_SECONDS)


class _Closed(Exception):
    """The results are no longer read: ends the computation."""


# Set while workers that are threads of this process must not begin another item.
_ending = threading.Event()


def run_partition(
    items: Iterable[Item], job: Job[Item, Result], config: Config, notes: Path | None = None
) -> list[Finished[Result]]:
    """Run a job on the items of a partition, in a worker.

    Parameters
    ----------
    items : iterable
        The partition.
    job : Job
        The work on each item.
    config : Config
        The archive; the worker keeps its connection.
    notes : Path, optional
        The folder where the worker notes which item it is processing.

    Returns
    -------
    list of Finished
        One for each item.
    """
    store = _opened(config)
    results = []
    for item in items:
        if _ending.is_set():
            raise _Closed
        rootname = job.rootname(item)
        with _noted(rootname, notes):
            results.append(Finished(rootname, job.run(item, store, store.specs, config)))
    return results


@contextmanager
def _noted(rootname: str, notes: Path | None) -> Iterator[None]:
    """Note which observation this process is processing, in case it dies."""
    if notes is None:
        yield
        return
    note = notes / str(os.getpid())
    # On a full disk the note stays empty, and only the death of a worker would need it.
    with suppress(OSError):
        note.write_text(rootname, encoding="ascii")
    yield
    with suppress(OSError):
        note.write_text("", encoding="ascii")


@functools.lru_cache(maxsize=1)
def _opened(config: Config) -> Store:
    """Return this process's connection; a worker process keeps it until it ends."""
    # The run has had an answer of the database, so no answer now is an outage.
    wait = config.database_wait
    return open_store(config, wait, first_wait=wait)


def silence_astropy() -> None:
    """Ignore astropy's warnings about irregular headers: results have those that matter."""
    # Not in the process that starts the workers.
    from astropy.utils.exceptions import AstropyWarning

    warnings.simplefilter("ignore", AstropyWarning)


@contextmanager
def workers_in_this_process(config: Config) -> Iterator[None]:
    """Let workers run in this process, and close their connection afterwards.

    Parameters
    ----------
    config : Config
        The archive.
    """
    with warnings.catch_warnings():
        silence_astropy()
        try:
            yield
        finally:
            if _opened.cache_info().currsize:
                _opened(config).close()
                _opened.cache_clear()
