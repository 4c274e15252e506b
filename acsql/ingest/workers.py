"""Workers: a job is run on observations in parallel, on this machine or on a cluster."""

import asyncio
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from ..config import Config
from ..errors import ConfigError
from .abandonable import in_thread
from .jobs import (
    Finished,
    Item,
    Job,
    Result,
    make_bag,
    partitions,
    run_partition,
    silence_astropy,
    stream,
    workers_in_this_process,
)
from .process_pool import run_in_processes

PROCESSES, THREADS, SYNCHRONOUS = LOCAL = ("processes", "threads", "synchronous")


def check_scheduler(scheduler: str) -> None:
    """Check the name of a scheduler before there is any work.

    Parameters
    ----------
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.

    Raises
    ------
    ConfigError
        If it is not one of these, and no cluster answers at it as an address.
    """
    if scheduler not in LOCAL:
        _connect(scheduler).close()


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
        The work on each item.
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
) -> Iterator[Finished[Result]]:
    if not items:
        return
    if scheduler == PROCESSES:
        yield from run_in_processes(job, items, config, workers)
    elif scheduler == THREADS:
        bag = make_bag(job, items, config, workers)
        with workers_in_this_process(config):
            yield from stream(bag, scheduler=THREADS, num_workers=workers)
    elif scheduler == SYNCHRONOUS:
        with workers_in_this_process(config):
            for partition in partitions(items, workers):
                yield from make_bag(job, partition, config, 1).compute(scheduler=SYNCHRONOUS)
    else:
        yield from _run_on_cluster(job, items, config, scheduler)


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
        # A client that could not connect blocks later ones if it is collected while they start.
        # In a thread, because a notebook has an event loop in this one.
        in_thread(asyncio.run, _answer(address)).result()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"scheduler {address!r} is not one of {', '.join(LOCAL)}, and no dask.distributed "
            f"cluster answers there: {error}"
        ) from error
    return distributed.Client(address)


async def _answer(address: str) -> None:
    """Connect to a cluster and disconnect."""
    from distributed.comm.core import connect

    connection = await connect(address)
    await connection.close()


def _run_on_cluster(
    job: Job[Item, Result], items: Sequence[Item], config: Config, address: str
) -> Iterator[Finished[Result]]:
    with _connect(address) as client:
        import distributed

        client.run(silence_astropy)
        workers = sum(client.nthreads().values())
        delayed = make_bag(job, items, config, workers).to_delayed()
        futures = dict(zip(client.compute(delayed), partitions(items, workers), strict=True))
        for future in (waiting := distributed.as_completed(futures)):
            partition = futures.pop(future)
            if not isinstance(future.exception(), distributed.KilledWorker):
                yield from future.result()
            elif len(partition) == 1:
                yield Finished(job.rootname(partition[0]), job.crashed(partition[0]))
            else:
                # One of them kills its worker: retry each alone to find it.
                alone = {
                    client.submit(run_partition, [item], job, config): [item] for item in partition
                }
                futures |= alone
                waiting.update(alone)
