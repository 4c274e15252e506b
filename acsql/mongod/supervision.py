"""Supervision: each process that uses the private server starts it again when it ends.

A thread watches the process of the server, not a connection to it: a server that is slow must not
be started a second time.  All processes that use it watch it, and the lock of the registry lets one
of them start it, so it returns as long as one process uses it.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import DatabaseError
from .process import RunningServer, identity

LOOK_SECONDS = 0.3  # between two looks at the process, and between two attempts to start it

logger = logging.getLogger(__name__)

# The folders whose server this process supervises; only the holder of a registry changes them.
_supervised: set[Path] = set()
os.register_at_fork(after_in_child=_supervised.clear)  # threads do not survive a fork


def supervise(
    data_dir: Path, server: RunningServer, revive: Callable[[Path], RunningServer | None]
) -> None:
    """Start the thread that supervises the server of a folder, unless it runs already.

    Parameters
    ----------
    data_dir : Path
        The folder, whose registry the caller holds.
    server : RunningServer
        The server as it runs now.
    revive : callable
        Called with the folder when the server has ended; returns the server, started again if
        necessary, or None if it has to stay away for now.  It calls `leave` to end the supervision.
    """
    if data_dir not in _supervised:
        _supervised.add(data_dir)
        threading.Thread(
            target=_supervise, args=(data_dir, server, revive), name="mongod", daemon=True
        ).start()


def leave(data_dir: Path) -> None:
    """End the supervision of a folder, whose registry the caller holds."""
    _supervised.discard(data_dir)


def _supervise(
    data_dir: Path,
    server: RunningServer | None,
    revive: Callable[[Path], RunningServer | None],
) -> None:
    reported = ""
    while data_dir in _supervised:
        _await_end(server)
        try:
            server = revive(data_dir)
        except DatabaseError as error:
            server = None
            if str(error) != reported:  # one line, however many attempts fail
                reported = str(error)
                logger.error(
                    "The private MongoDB ended, and every attempt to start it fails: %s", error
                )
        else:
            reported = ""


def _await_end(server: RunningServer | None) -> None:
    """Wait until a process has ended; without one, until the next attempt."""
    time.sleep(LOOK_SECONDS)
    process = server and identity(server.pid)
    while process and identity(process[0]) == process:
        time.sleep(LOOK_SECONDS)
