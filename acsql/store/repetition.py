"""Repetition of what the driver does not repeat when it loses the connection.

The driver repeats single reads and writes.  Index builds, changes of many documents, aggregations
that write, and cursors end with the connection; functions made of these are repeated as a whole,
which is safe for those that leave the same state the second time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_delay

from ..errors import DatabaseUnavailable

if TYPE_CHECKING:
    from .client import Store

P = ParamSpec("P")
T = TypeVar("T")


def repeated(
    function: Callable[Concatenate[Store, P], T],
) -> Callable[Concatenate[Store, P], T]:
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
    def repeating(store: Store, /, *args: P.args, **kwargs: P.kwargs) -> T:
        retrying = Retrying(
            retry=retry_if_exception_type(DatabaseUnavailable),
            stop=stop_after_delay(store.wait),
            reraise=True,
        )
        return retrying(function, store, *args, **kwargs)

    return repeating
