"""Calls that can be abandoned: a read of a frozen mount may never end, and nothing cancels it.

Such a call is made in a separate thread, which does not keep the process from ending.  The thread
is kept for the next call, because a new one for each file slows an ingest by some percent.
"""

import errno
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
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
        The function to call.
    *args, **kwargs : object
        Its arguments.

    Returns
    -------
    concurrent.futures.Future
        The result of the call, or its error.
    """
    thread = _CallingThread()
    future = thread.call(function, *args, **kwargs)
    thread.end()
    return future


class _CallingThread(threading.Thread):
    """A thread that makes one call after another."""

    def __init__(self) -> None:
        # Threads of a ThreadPoolExecutor are waited for at the end of the process.
        super().__init__(daemon=True)
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.start()

    def run(self) -> None:
        """Make calls until `end`."""
        while (call := self._calls.get()) is not None:
            call()

    def call(
        self,
        function: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        """Call a function after the calls before; parameters and result as of `in_thread`."""
        future: Future[Result] = Future()
        self._calls.put(partial(_fulfil, future, partial(function, *args, **kwargs)))
        return future

    def end(self) -> None:
        """End after the calls so far."""
        self._calls.put(None)


def _fulfil(future: Future[Result], function: Callable[[], Result]) -> None:
    """Give a future the result of a function, or its error."""
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)


class Patience:
    """Waits for calls up to a time limit, half as long after each that did not end.

    On a mount that is frozen as a whole every call reaches the limit; the first call that ends
    restores it.
    """

    def __init__(self) -> None:
        self._missed = 0
        # Threads that call at the same time do not wait for each other.
        self._own = threading.local()

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
            The function to call.
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
        thread = self._thread()
        future = thread.call(function, *args, **kwargs)
        try:
            future.exception(limit)
        except BaseException as reason:
            # Also after Ctrl-C: the thread may never be free again.
            self._own.thread = None
            thread.end()
            if not isinstance(reason, TimeoutError):
                raise
            self._missed += 1
            text = f"no answer within {limit:g} s (read_timeout)"
            raise TimeoutError(errno.ETIMEDOUT, text) from reason
        self._missed = 0
        return future.result()

    def _thread(self) -> _CallingThread:
        """Return the thread for the calls of this one; a fork has left it in the other process."""
        thread: _CallingThread | None = getattr(self._own, "thread", None)
        if thread is None or not thread.is_alive():
            thread = self._own.thread = _CallingThread()
        return thread
