"""Processes: identify one beyond its id, find the mongod of a folder, and end it.

Running processes are read from the operating system, never from a record: mongod writes its process
id into its own lock file, and its command line names its folder and port.  So nothing needs repair
after a killed server, a reboot or the reuse of a process id.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from ..errors import DatabaseError

SHUTDOWN_SECONDS = 120  # the longest that mongod may take to write its cache to disk
_POLL_SECONDS = 0.02  # between two looks at a process that is ending


class ServerEnded(DatabaseError):
    """A mongod was killed while it was starting: its log has no reason, and it may start again."""


class RunningServer(NamedTuple):
    """A running mongod: process id, port, start of the process in UTC, and whether it has a key."""

    pid: int
    port: int
    started: datetime
    secured: bool


def identity(pid: int) -> tuple[int, float] | None:
    """Return what distinguishes a live process from a later one with the same id.

    Parameters
    ----------
    pid : int
        A process id.

    Returns
    -------
    tuple of (int, float), or None
        The id, and the start of the process in seconds after that of the machine: a time of day
        would change with every correction of the clock.  None if there is no such process.  A
        zombie has ended (in a container there may be no process that reaps it) once its last
        thread has released locks and ports.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE and process.num_threads() < 2:
            return None
        booted = psutil.boot_time()  # first: older versions of psutil cache the last call
        return pid, round(process.create_time() - booted, 2)
    except psutil.NoSuchProcess:
        return None


def find_running(dbpath: Path) -> RunningServer | None:
    """Return the mongod that serves a folder.

    Parameters
    ----------
    dbpath : Path
        The folder with the data.

    Returns
    -------
    RunningServer or None
        None if no mongod of this account serves it.

    Notes
    -----
    mongod's lock file has its process id, and is empty after a clean shutdown.  After any other
    end the id may be free, or of another program, whose command line differs.
    """
    lock = dbpath / "mongod.lock"
    pid = lock.read_text(encoding="ascii", errors="replace").strip() if lock.exists() else ""
    if not pid.isdecimal():
        return None
    try:
        process = psutil.Process(int(pid))
        if _is_ending(process):
            await_end(process.pid)  # it may still hold its files and its port
        arguments = process.cmdline()
        if f"--dbpath={dbpath}" not in arguments:
            return None
        (port,) = (argument for argument in arguments if argument.startswith("--port="))
        started = datetime.fromtimestamp(process.create_time(), UTC)
        secured = any(argument.startswith("--keyFile=") for argument in arguments)
        return RunningServer(process.pid, int(port.removeprefix("--port=")), started, secured)
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # a process of another account
        return None


def shut_down(server: RunningServer) -> None:
    """End a mongod cleanly, and wait until its process is gone.

    Parameters
    ----------
    server : RunningServer
        The mongod.

    Raises
    ------
    DatabaseError
        If it belongs to another account, or does not end within `SHUTDOWN_SECONDS`.
    """
    begin_shutdown(server)
    await_end(server.pid)


def begin_shutdown(server: RunningServer) -> None:
    """End a mongod cleanly, without waiting until its process is gone.

    SIGTERM does the same as the ``shutdown`` command without a connection.  So it also ends a
    server that is still starting, and works at the exit of Python, when the driver can no longer
    start threads.  It takes up to 1 s, because a replication thread of a primary sleeps that long.

    Parameters
    ----------
    server : RunningServer
        The mongod.

    Raises
    ------
    DatabaseError
        If it belongs to another account.
    """
    try:
        psutil.Process(server.pid).terminate()
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied as error:
        raise DatabaseError(
            f"mongod (process {server.pid}) belongs to another account, which has to stop it"
        ) from error


def await_end(pid: int) -> None:
    """Wait until a process has ended; unlike psutil's own wait, not until it is reaped.

    Parameters
    ----------
    pid : int
        The process.

    Raises
    ------
    DatabaseError
        If it does not end within `SHUTDOWN_SECONDS`.
    """
    process = identity(pid)
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    while process and identity(pid) == process:
        if time.monotonic() > deadline:
            raise DatabaseError(
                f"mongod (process {pid}) did not shut down within {SHUTDOWN_SECONDS} s: "
                "see its log for what it is doing"
            )
        time.sleep(_POLL_SECONDS)


def _is_ending(process: psutil.Process) -> bool:
    """Return whether a mongod was killed and is not gone yet; it then has no command line."""
    try:
        nameless = process.name() == "mongod" and not process.cmdline()
        return nameless or process.status() == psutil.STATUS_ZOMBIE
    except psutil.ZombieProcess:
        return True
