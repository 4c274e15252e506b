"""Where observations are worked on: a Dask bag of them, on this machine or on a cluster.

Observations do not depend on each other, so the bag is all the parallelism there is.  A worker
process that dies takes the whole pool with it; each worker notes what it has in hand, so the
rest goes on in a new pool, and what was in hand is tried once more, each alone, to find out and
name the one that kills.
"""

import functools
import multiprocessing
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.bag
from astropy.utils.exceptions import AstropyWarning
from dask.callbacks import Callback

from .. import config as configuration
from .. import keywords as keyword_specs
from ..config import Config
from ..errors import ArchiveError, ConfigError, DatabaseUnavailable
from ..keywords import KeywordSpecs
from ..store.client import Store
from .observation import Failure, Outcome, ingest_observation
from .plan import Task

PROCESSES, THREADS, SYNCHRONOUS = LOCAL = ("processes", "threads", "synchronous")
# Small partitions keep all workers busy to the end, large ones save overhead in a backfill.
PARTITIONS_PER_WORKER = 16
LARGEST_PARTITION = 32
# So many pools that die before anything is done are no accident.
MOST_BARREN_POOLS = 3

Take = Callable[[Outcome], None]


@dataclass(frozen=True)
class Work:
    """What workers do: `do` makes an outcome of an item, `rootname` says whose the item is.

    `killed` makes the outcome of an item that took the life of its worker.  All three are
    functions of a module, for they travel to other processes.
    """

    do: Callable[[Any, Store, KeywordSpecs, Config], Outcome]
    rootname: Callable[[Any], str]
    killed: Callable[[Any], Outcome]


def ingest_all(
    tasks: Sequence[Task], config: Config, scheduler: str, workers: int, take: Take
) -> None:
    """Ingest observations; the parameters and errors are those of `do_all`."""
    do_all(tasks, Work(_ingest_one, _rootname, _killed), config, scheduler, workers, take)


def do_all(
    items: Sequence[Any], work: Work, config: Config, scheduler: str, workers: int, take: Take
) -> None:
    """Have workers do something with every item, and hand over what comes of each as it does.

    Parameters
    ----------
    items : sequence
        No two of the same rootname.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    workers : int
        How many processes or threads; a cluster has its own.
    take : callable
        Called in this process, once for each item.

    Raises
    ------
    ConfigError
        If `scheduler` is none of these, or no cluster answers there.
    """
    if not items:
        return
    if scheduler == PROCESSES:
        _do_in_processes(items, work, config, workers, take)
    elif scheduler in LOCAL:
        with _in_this_process(config), _handing_over(take):
            _bag(items, work, config, workers).compute(scheduler=scheduler, num_workers=workers)
    else:
        _do_on_cluster(items, work, config, scheduler, take)


def _bag(
    items: Sequence[Any], work: Work, config: Config, workers: int, notes: Path | None = None
) -> Any:
    bag = dask.bag.from_sequence(items, partition_size=_partition_size(items, workers))
    return bag.map_partitions(_do_partition, work=work, config=config, notes=notes)


def _partition_size(items: Sequence[Any], workers: int) -> int:
    return max(1, min(LARGEST_PARTITION, len(items) // (workers * PARTITIONS_PER_WORKER)))


def _do_in_processes(
    items: Sequence[Any], work: Work, config: Config, workers: int, take: Take
) -> None:
    left = {work.rootname(item): item for item in items}

    def took(outcome: Outcome) -> None:
        del left[outcome.rootname]
        take(outcome)

    with tempfile.TemporaryDirectory(prefix="acsql-") as folder:
        notes = Path(folder)
        barren = 0
        while left:
            before = len(left)
            if _survived(list(left.values()), work, config, workers, took, notes):
                continue
            for rootname in _in_hand(notes):
                alone = left.get(rootname)
                if alone and not _survived([alone], work, config, 1, took, notes):
                    took(work.killed(alone))
            # One that is killed while it starts is an accident, all of them are none.
            barren = 0 if len(left) < before else barren + 1
            if barren == MOST_BARREN_POOLS:
                raise ArchiveError("worker processes die before they have anything in hand")


def _survived(
    items: Sequence[Any], work: Work, config: Config, workers: int, take: Take, notes: Path
) -> bool:
    """Do the work in a pool of processes; return whether all of them lived."""
    # Forked off one process that has imported everything: a worker starts in no time, and none
    # inherits the threads and locks of this process.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(workers, context, initializer=_start_worker) as pool:
        try:
            with _handing_over(take):
                # The scheduler hands out six tasks at a time unless told otherwise, which
                # leaves a worker idle at the end of a short run.
                _bag(items, work, config, workers, notes).compute(
                    scheduler="processes", pool=pool, num_workers=workers, chunksize=1
                )
        except (BrokenProcessPool, ConnectionError, EOFError):
            # The last two where what workers are forked off dies while it starts one.
            return False
    return True


def _in_hand(notes: Path) -> list[str]:
    """Return what workers had in hand when they died, and forget it."""
    found = []
    for note in notes.iterdir():
        found.append(note.read_text(encoding="ascii"))
        note.unlink()
    return [rootname for rootname in found if rootname]


def _handing_over(take: Take) -> Callback:
    """Return the callback by which a local scheduler hands over outcomes as they come.

    It hears of every task of the graph, and the same list can pass through several of them.
    """
    handed: set[str] = set()

    def finished(_key: Any, result: Any, *_: Any) -> None:
        for outcome in result if isinstance(result, list) else ():
            if isinstance(outcome, Outcome) and outcome.rootname not in handed:
                handed.add(outcome.rootname)
                take(outcome)

    return Callback(posttask=finished)


def _do_on_cluster(
    items: Sequence[Any], work: Work, config: Config, address: str, take: Take
) -> None:
    try:
        import distributed
    except ImportError as error:
        raise ConfigError(
            f"scheduler {address!r} is none of {', '.join(LOCAL)}; the address of a "
            'cluster needs dask.distributed: pip install "acsql[distributed]"'
        ) from error
    try:
        client = distributed.Client(address)
    except (OSError, ValueError) as error:
        raise ConfigError(f"no dask.distributed cluster at {address!r}: {error}") from error
    with client:
        client.run(_quieten)
        workers = sum(client.nthreads().values())
        size = _partition_size(items, workers)
        partitions = [items[first : first + size] for first in range(0, len(items), size)]
        delayed = _bag(items, work, config, workers).to_delayed()
        futures = dict(zip(client.compute(delayed), partitions, strict=True))
        for future in (waiting := distributed.as_completed(futures)):
            partition = futures.pop(future)
            if not isinstance(future.exception(), distributed.KilledWorker):
                for outcome in future.result():
                    take(outcome)
            elif len(partition) == 1:
                take(work.killed(partition[0]))
            else:
                # One of them kills: each alone shows which.
                alone = {
                    client.submit(_do_partition, [item], work, config): [item] for item in partition
                }
                futures |= alone
                waiting.update(alone)


def _do_partition(
    items: Iterable[Any], work: Work, config: Config, notes: Path | None = None
) -> list[Outcome]:
    """Do the work in a worker, with one connection for all that it ever gets."""
    store, specs = _opened(config)
    outcomes = []
    for item in items:
        with _noted(work.rootname(item), notes):
            outcomes.append(work.do(item, store, specs, config))
    return outcomes


@contextmanager
def _noted(rootname: str, notes: Path | None) -> Iterator[None]:
    """Let what this process has in hand be known, should it die."""
    if notes is None:
        yield
        return
    note = notes / str(os.getpid())
    note.write_text(rootname, encoding="ascii")
    yield
    note.write_text("", encoding="ascii")


def _rootname(task: Task) -> str:
    return task.found.rootname


def _killed(task: Task) -> Outcome:
    rootname = task.found.rootname
    files = ", ".join(str(task.found.files[filetype].name) for filetype in task.filetypes)
    reason = f"{rootname}: the worker that read {files} died; what it had done is undone"
    return Outcome(rootname, failures=[Failure(rootname, rootname, "worker", reason)])


def _ingest_one(task: Task, store: Store, specs: KeywordSpecs, config: Config) -> Outcome:
    """Ingest one observation; whatever goes wrong is its own failure and nobody else's."""
    try:
        return ingest_observation(task.found, task.filetypes, store, specs, config, task.compared)
    except DatabaseUnavailable:
        # Not this observation's fault, and the next one would fare no better.
        raise
    except Exception as error:
        rootname = task.found.rootname
        kind = "" if isinstance(error, ArchiveError) else f"{type(error).__name__}: "
        failure = Failure(rootname, rootname, "write", f"{rootname}: {kind}{error}")
        return Outcome(rootname, failures=[failure])


@functools.lru_cache(maxsize=1)
def _opened(config: Config) -> tuple[Store, KeywordSpecs]:
    """Return this process's connection; a worker process keeps it until it ends."""
    specs = keyword_specs.load(configuration.specs_overlay(config))
    return Store(config.connection_string, specs, config.database_wait), specs


def _start_worker() -> None:
    """Make this process a worker that does not outlive the run."""
    _quieten()
    parent = multiprocessing.parent_process()

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _quieten() -> None:
    """Keep astropy's warnings about odd headers quiet: what matters is in the outcomes."""
    warnings.simplefilter("ignore", AstropyWarning)


@contextmanager
def _in_this_process(config: Config) -> Iterator[None]:
    """Let workers run in this process, and close the connection that they shared."""
    with warnings.catch_warnings():
        _quieten()
        try:
            yield
        finally:
            if _opened.cache_info().currsize:
                _opened(config)[0].close()
                _opened.cache_clear()
