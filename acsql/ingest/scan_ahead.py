"""Scanning while the database is read: one waits for disks, the other for the server."""

import gc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

from .abandonable import in_thread

# Observations that a scan finds while the database is read: some 50 MB.
_MOST_AHEAD = 20_000
# The longest wait for a database that is read for a scan that failed, in seconds.
_ABANDONED_SECONDS = 3

Stored = TypeVar("Stored")
Observation = TypeVar("Observation")


def read_during_scan(
    read: Callable[[], Stored], scanned: Iterable[Observation]
) -> tuple[Stored, Iterator[Observation]]:
    """Read the stored files while a scan begins: one waits for the database, the other for disks.

    Parameters
    ----------
    read : callable
        Returns the stored files and failures; called in another thread.
    scanned : iterable of ObservationOnDisk
        The scan.

    Returns
    -------
    stored : object
        The result of `read`.
    scanned : iterator of ObservationOnDisk
        All observations of the scan.

    Raises
    ------
    Exception
        Any that `read` or the scan raises.
    """
    reading = in_thread(read)
    remaining = iter(scanned)
    first: list[Observation] = []
    try:
        for observation in islice(remaining, _MOST_AHEAD):
            first.append(observation)
            if reading.done():
                break
    except BaseException:
        wait([reading], _ABANDONED_SECONDS)
        raise
    return reading.result(), chain(first, remaining)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Free objects by their reference counts alone while the block runs.

    A scan makes millions of objects without cycles.  Looking for cycles took most of the time of
    their comparison.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
