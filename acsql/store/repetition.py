"""Retries of operations that the driver does not retry after a lost connection.

The driver retries single reads and writes.  Index builds, changes of many documents, aggregations
that write, and cursors end with the connection.  Functions made of these are retried as a whole,
which is safe for functions that leave the same state the second time.
"""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from ..errors import DatabaseUnavailable


class Waiting(Protocol):
    """An object with a time to wait for the database, such as a `Store`: 0 seconds or more."""

    wait: float


S = TypeVar("S", bound=Waiting)
P = ParamSpec("P")
T = TypeVar("T")


def repeated(function: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Repeat a function when the database is lost, for as long as its `Store` waits for it.

    Parameters
    ----------
    function : callable
        Its first parameter is the open database.  It may run more than once.

    Returns
    -------
    callable
        The function; without a wait it is not repeated.
    """

    @functools.wraps(function)
    def repeating(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function until it succeeds or the wait is over."""
        # Not for commands that only search: it takes a tenth of their start.
        from tenacity import Retrying, retry_if_exception_type, stop_after_delay

        retrying = Retrying(
            retry=retry_if_exception_type(DatabaseUnavailable),
            stop=stop_after_delay(store.wait),
            reraise=True,
        )
        return retrying(function, store, *args, **kwargs)

    return repeating
