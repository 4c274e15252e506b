"""The entry point of the command line, and the exit status after an unforeseen error.

Ctrl-C is quiet before anything else is imported: until `main` runs, an interrupt prints a
traceback.  So this module and the packages around it import next to nothing.
"""

import os
import signal
import sys

ERROR = 2
INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Run the command line and exit with one of the statuses of `acsql.cli.exit_status`.

    Where the parent process ignores SIGINT, as for a background job of a script, it stays
    ignored.
    """
    exit_at_once_on_interrupt()
    try:
        from .process import run

        run()
    except Exception:
        # Python would exit with 1, with which commands say that they are complete.
        sys.excepthook(*sys.exc_info())
        sys.exit(ERROR)


def exit_at_once_on_interrupt() -> bool:
    """Let Ctrl-C end the process without unwinding the stack, for the time of imports.

    There is nothing to clean up yet, and extension modules turn a KeyboardInterrupt into an
    ImportError.

    Returns
    -------
    bool
        Whether Ctrl-C raised KeyboardInterrupt before.
    """
    raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if raises:
        signal.signal(signal.SIGINT, lambda _signal, _frame: os._exit(INTERRUPTED))
    return raises
