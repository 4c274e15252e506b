"""The process of a command: its signals, and the exit status to which they lead."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from .exit_status import ExitStatus
from .start import exit_at_once_on_interrupt

# Seconds after which a signal is sent again that arrived where Python cannot raise an exception.
_RETRY_DELAY_S = 0.05
# Seconds after a signal in which the process must have ended, whatever hangs: systemd and
# container runtimes send SIGKILL ten seconds after SIGTERM (docker stop).
_ENDING_S = 8.0


def run() -> NoReturn:
    """Run the command line and exit.

    Interrupts and terminations unwind the stack, so that the private MongoDB stops and an ingest
    closes its run record.
    """
    _leave_unusable_folder()
    from .root import acsql

    signal.signal(signal.SIGTERM, _terminate)
    # A terminal that is closed sends SIGHUP; nohup lets it be ignored.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _terminate)
    sys.unraisablehook = _retry_signal
    status: int = ExitStatus.INTERRUPTED
    try:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        status = _invoke(acsql)
    except KeyboardInterrupt:
        _end_soon(ExitStatus.INTERRUPTED)
    finally:
        # The status is decided: only the cleanup at exit remains, which a second Ctrl-C would
        # break off.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Python looks for cycles of objects once more as it ends, a tenth of the time of a short
    # command, and this leaves it nothing to look at.
    gc.freeze()
    sys.exit(status)


def _leave_unusable_folder() -> None:
    """Change to the root folder if the working directory was deleted or may not be entered.

    Processes that start in it would fail, and no relative path leads anywhere from it.
    """
    try:
        os.chdir(Path.cwd())
    except OSError:
        os.chdir("/")


def _invoke(command: click.Command) -> int:
    """Run a command and return the exit status."""
    try:
        status = command.main(prog_name="acsql", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        status = ExitStatus.PIPE_CLOSED
    except OSError:
        _discard_output()
        raise
    if status == ExitStatus.PIPE_CLOSED:
        _discard_output()
    return status if isinstance(status, int) else ExitStatus.OK


def _discard_output() -> None:
    """Let the flush of the output at exit succeed: it would replace the exit status."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    # A second signal would break off the cleanup.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _end_soon(ExitStatus.TERMINATED)
    sys.exit(ExitStatus.TERMINATED)


def _end_soon(status: ExitStatus) -> None:
    """End the process after `_ENDING_S` if its threads or its database let it live until then."""
    deadline = threading.Timer(_ENDING_S, _end_now, [status])
    deadline.daemon = True
    deadline.start()


def _end_now(status: ExitStatus) -> NoReturn:
    """End the process without its cleanup, and say so."""
    # Not print: another thread may hold the lock of the stream.
    message = f"acsql ended {_ENDING_S:g} s after the signal, before its cleanup was complete.\n"
    with suppress(OSError):
        os.write(2, message.encode())
    os._exit(status)


def _retry_signal(unraisable: "sys.UnraisableHookArgs") -> None:
    """Send a signal again that arrived in a destructor, where Python only reports its exception."""
    if unraisable.exc_type is KeyboardInterrupt:
        number = signal.SIGINT
    elif unraisable.exc_type is SystemExit:
        number = signal.SIGTERM
        signal.signal(number, _terminate)
    else:
        sys.__unraisablehook__(unraisable)
        return
    # To the main thread: only there does it end the wait of a system call.
    main = threading.main_thread().ident
    retry = threading.Timer(_RETRY_DELAY_S, signal.pthread_kill, [main, number])
    retry.daemon = True
    retry.start()


@contextmanager
def importing() -> Iterator[None]:
    """Let Ctrl-C end the process at once while a command is imported."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    raises = in_main_thread and exit_at_once_on_interrupt()
    try:
        yield
    finally:
        if raises:
            signal.signal(signal.SIGINT, signal.default_int_handler)
