"""Locks that processes hold on files, in folders that may be deleted meanwhile."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(file: Path, mode: int = 0o600, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a file, which the system releases if the process dies.

    A second attempt of the same process is like one of another process.

    Parameters
    ----------
    file : Path
        It is made if it is missing, unlike its folder: a lock must not bring back a folder that
        was deleted.
    mode : int
        The permissions of a file that is made.
    wait : bool
        Whether to wait for another holder.

    Raises
    ------
    BlockingIOError
        If there is another holder, and `wait` is false.
    FileNotFoundError
        If there is no folder.
    """
    opened = os.open(file, os.O_RDWR | os.O_CREAT, mode)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield
        finally:
            # A process that was forked meanwhile has the file open as well.
            fcntl.flock(opened, fcntl.LOCK_UN)
    finally:
        os.close(opened)
