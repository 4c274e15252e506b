"""Outages: the time during which the database does not answer, in the log and at an early end.

The driver checks the servers in the background and reports what changes, so that neither queries
nor a thread of acsql have to find out.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pymongo
from pymongo.monitoring import TopologyDescriptionChangedEvent, TopologyEvent, TopologyListener

from ..errors import DatabaseError

# Seconds that a process which ends early may spend on each of its last operations.
LAST_SECONDS = 2

logger = logging.getLogger(__name__)


class OutageLog(TopologyListener):
    """Logs the beginning and the end of each outage in one line.

    Parameters
    ----------
    address : str
        The address of the database, without user and password.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._since: float | None = None

    def description_changed(self, event: TopologyDescriptionChangedEvent) -> None:
        """Log a change between a server that accepts writes and none.

        Parameters
        ----------
        event : TopologyDescriptionChangedEvent
            What the driver knows of the servers now and before.
        """
        if not event.new_description.server_descriptions():
            return  # the client was closed
        if event.new_description.has_writable_server():
            if self._since is not None:
                seconds = time.monotonic() - self._since
                logger.warning("The database %s answers again after %.1f s", self._address, seconds)
            self._since = None
        elif event.previous_description.has_writable_server():
            self._since = time.monotonic()
            logger.error("The database %s does not answer", self._address)

    def opened(self, event: TopologyEvent) -> None:
        """Do nothing: before the first answer there is no outage."""

    def closed(self, event: TopologyEvent) -> None:
        """Do nothing: a closed client has no outage."""


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
        logger.warning("Not stored at the early end: %s", error)
