"""Calls that can be abandoned: a read of a frozen mount may never end, and nothing cancels it.

Such a call is made in a separate thread, which does not keep the process from ending.
"""

import errno
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

# The shortest time limit in seconds, after many calls in a row that did not end.
SHORTEST_LIMIT = 1.0

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def in_thread(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Future[Result]:
    """Call a function in a thread that does not keep the process from ending.

    Parameters
    ----------
    function : callable
        What to call.
    *args, **kwargs : object
        Its arguments.

    Returns
    -------
    concurrent.futures.Future
        Has its result or its error.
    """
    future: Future[Result] = Future()

    def run() -> None:
        """Give the future the result or the error."""
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)

    # Threads of a ThreadPoolExecutor are waited for at the end of the process.
    threading.Thread(target=run, daemon=True).start()
    return future


class Patience:
    """Waits for calls up to a time limit, half as long after each that did not end.

    On a mount that is frozen as a whole every call reaches the limit; the first call that ends
    restores it.
    """

    def __init__(self) -> None:
        self._missed = 0

    def call(
        self,
        seconds: float,
        function: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call a function, and abandon the call if it does not end in time.

        Parameters
        ----------
        seconds : float
            The time limit.
        function : callable
            What to call.
        *args, **kwargs : object
            Its arguments.

        Returns
        -------
        object
            Its result.

        Raises
        ------
        TimeoutError
            If it does not end in time.
        Exception
            Any that the function raises.
        """
        limit = max(min(seconds, SHORTEST_LIMIT), seconds / 2**self._missed)
        future = in_thread(function, *args, **kwargs)
        try:
            future.exception(limit)
        except TimeoutError as timeout:
            self._missed += 1
            reason = f"no answer within {limit:g} s (read_timeout)"
            raise TimeoutError(errno.ETIMEDOUT, reason) from timeout
        self._missed = 0
        return future.result()
