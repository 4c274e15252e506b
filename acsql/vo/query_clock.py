"""The clock of a query, which stops it at its time limit or when its job is aborted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from time import monotonic

import duckdb

from ..errors import QueryTimeout


class QueryClock:
    """Stops the steps of one query.

    Parameters
    ----------
    time_limit : float or None
        Seconds that they may take together.
    """

    def __init__(self, time_limit: float | None) -> None:
        self._time_limit = time_limit
        self._end = None if time_limit is None else monotonic() + time_limit
        self._is_interrupted = False
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def remaining(self) -> float | None:
        """The seconds that are left, None without a limit."""
        return None if self._end is None else max(0.0, self._end - monotonic())

    def interrupt(self) -> None:
        """Stop the step that runs, and those that follow; threads may call this at any time."""
        self._is_interrupted = True
        connection = self._connection
        if connection is not None:
            with suppress(duckdb.ConnectionException):
                connection.interrupt()

    def check(self) -> None:
        """Raise an error if the query has to stop.

        Raises
        ------
        QueryTimeout
            If no time is left, or the query was interrupted.
        """
        if self._is_interrupted or self.remaining == 0:
            raise self.error()

    def error(self) -> QueryTimeout:
        """Return the error of a query that was stopped."""
        limit = "" if self._time_limit is None else f" of {self._time_limit:g} seconds"
        return QueryTimeout(
            f"the query exceeded its time limit{limit}: add conditions, or name fewer columns"
        )

    @contextmanager
    def limiting(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Interrupt the query of a connection that a block runs, when it has to stop."""
        self.check()
        remaining, self._connection = self.remaining, connection
        timer = None if remaining is None else Timer(remaining, self.interrupt)
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            yield
        finally:
            self._connection = None
            if timer is not None:
                timer.cancel()
