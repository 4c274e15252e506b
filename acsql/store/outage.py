"""Outages of the database: a log of them, and short time limits for a process that ends early.

The driver checks the servers in the background and reports changes, so that acsql needs neither
queries nor a thread for it.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import pymongo
from pymongo.monitoring import (
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)

from ..errors import DatabaseError

# Seconds that a process which ends early may spend on each of its last operations, and any process
# on the close of its connections.
LAST_SECONDS = 2

logger = logging.getLogger(__name__)


class OutageLog(ServerHeartbeatListener):
    """Logs the beginning and the end of each outage in one line.

    It listens to the checks of single servers, and not to what the driver concludes of all: for
    that the driver would start one more thread, and wait for it at each close.

    Parameters
    ----------
    address : str
        The address of the database, without user and password.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = Lock()  # the driver checks each server in a separate thread
        self._writable: set[tuple[str, int | None]] = set()
        self._since: float | None = None
        self._closed = False

    def close(self) -> None:
        """Log nothing more: the checks of a client that is closed fail."""
        with self._lock:
            self._closed = True

    def started(self, event: ServerHeartbeatStartedEvent) -> None:
        """Do nothing: a check has no result yet.

        Parameters
        ----------
        event : ServerHeartbeatStartedEvent
            The check.
        """

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        """Log the end of an outage if the server accepts writes, and its beginning if not.

        Parameters
        ----------
        event : ServerHeartbeatSucceededEvent
            The answer of a server.
        """
        self._note(event.connection_id, event.reply.is_writable)

    def failed(self, event: ServerHeartbeatFailedEvent) -> None:
        """Log the beginning of an outage if no other server accepts writes.

        Parameters
        ----------
        event : ServerHeartbeatFailedEvent
            A server that does not answer.
        """
        self._note(event.connection_id, False)

    def _note(self, server: tuple[str, int | None], writable: bool) -> None:
        """Log a change between a server that accepts writes and none."""
        with self._lock:
            before = bool(self._writable)
            if writable:
                self._writable.add(server)
            else:
                self._writable.discard(server)
            if self._closed or before == bool(self._writable):
                return
            if before:
                self._since = time.monotonic()
                logger.error("The database %s does not answer", self._address)
            elif self._since is not None:
                seconds = time.monotonic() - self._since
                logger.warning("The database %s answers again after %.1f s", self._address, seconds)


@contextmanager
def ending_early() -> Iterator[None]:
    """Limit the last operations of a process that ends because of an error or a signal.

    While the database does not answer, they must neither delay the end nor replace its reason: an
    error of the database in the block is logged.
    """
    try:
        with pymongo.timeout(LAST_SECONDS):
            yield
    except DatabaseError as error:
        logger.warning("The process ends early, and could not store its last results: %s", error)
