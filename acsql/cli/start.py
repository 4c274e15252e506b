"""Start and end of the process: signals, and the exit status that they lead to.

This module is loaded before all others and imports little: an interrupt before `main` runs would
print a traceback.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from .exit_status import ExitStatus

# Seconds after which an interrupt is sent again that Python raised where nothing can catch it.
_RETRY_DELAY_S = 0.05


def main() -> NoReturn:
    """Run the command line and exit with one of `ExitStatus`.

    An interrupt (SIGINT) and a termination (SIGTERM) unwind the stack, so that the private
    MongoDB stops and an ingest closes its run record.  Where the parent process ignores SIGINT,
    as for a background job of a script, it stays ignored.
    """
    signal.signal(signal.SIGTERM, _terminate)
    sys.unraisablehook = _retry_interrupt
    status = int(ExitStatus.INTERRUPTED)
    try:
        with exit_at_once_on_interrupt():
            from .root import acsql
        status = _run(acsql)
    except KeyboardInterrupt:
        pass
    finally:
        # The work is done or abandoned, and its status is known: only the cleanup remains.
        _ignore_interrupts()
    sys.exit(status)


def _run(command: Any) -> int:
    """Run a click command and return the exit status."""
    import click

    try:
        status = command.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # Without a descriptor to write to, the flush at exit fails silently.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.PIPE_CLOSED
    return status if isinstance(status, int) else ExitStatus.OK


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(ExitStatus.TERMINATED)


@contextmanager
def exit_at_once_on_interrupt() -> Iterator[None]:
    """Let Ctrl-C end the process without unwinding, while modules are imported.

    There is nothing to clean up yet, and extension modules turn a KeyboardInterrupt into an
    ImportError.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda _signal, _frame: os._exit(ExitStatus.INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _retry_interrupt(unraisable: Any) -> None:
    """Send an interrupt again that arrived in a destructor, where Python cannot raise it."""
    if unraisable.exc_type is KeyboardInterrupt:
        retry = threading.Timer(_RETRY_DELAY_S, signal.raise_signal, [signal.SIGINT])
        retry.daemon = True
        retry.start()
    else:
        sys.__unraisablehook__(unraisable)
