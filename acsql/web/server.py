"""The site behind a real server: gunicorn, inside this process.

The port is tried before gunicorn starts, because gunicorn itself would only log that it is in
use, try again for some seconds and exit; a caller with a private database to stop needs an
error.  Each worker opens the archive after the fork: connections do not survive one.  Where the
configuration names a user of the database who may only read, the site is that user.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from ..archive import Archive
from ..config import Config
from ..errors import ArchiveError
from . import access_log
from .app import create_app

THREADS = 4
# Seconds that a search of the site may take; scripts have longer.
TIME_LIMIT = 20
# After about so many requests a worker gives way to a new one, and with it whatever memory its
# libraries have not given back; not all at the same time.
REQUESTS = 100_000
# The longest that gunicorn takes: a search with many choices has a long address.
LONGEST_LINE = 8190
# How long a stop waits for downloads that are under way.
GRACE_S = 5


class _Site(BaseApplication):
    """gunicorn with the site in it."""

    def __init__(self, config: Config, settings: Mapping[str, Any]) -> None:
        self._config = config.for_reading
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Take the settings from here, and none from the environment or a file."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Open the archive, in a worker."""
        access_log.log_to(self._config.log_dir)
        return create_app(Archive(self._config, TIME_LIMIT), self.cfg.workers)


def serve(
    config: Config,
    host: str = "127.0.0.1",
    port: int = 5000,
    workers: int = 2,
    on_ready: Callable[[], Any] | None = None,
) -> None:
    """Serve the site until SIGINT or SIGTERM, then return.

    Parameters
    ----------
    config : Config
        With the address of a running database.
    workers : int
        Processes, each with four threads.
    on_ready : callable, optional
        Called as soon as connections are accepted.

    Raises
    ------
    ArchiveError
        If the port cannot be had, the database does not answer, the log cannot be written, or no
        worker can start.
    """
    address = _free_address(host, port)
    # Better said here once than by each worker.
    Archive(config.for_reading).close()
    access_log.check(config.log_dir)
    settings = {
        "bind": address,
        "workers": workers,
        "worker_class": "gthread",
        "threads": THREADS,
        "limit_request_line": LONGEST_LINE,
        "max_requests": REQUESTS,
        "max_requests_jitter": REQUESTS // 10,
        "graceful_timeout": GRACE_S,
        "loglevel": "warning",
        "when_ready": lambda _: on_ready() if on_ready else None,
        "control_socket_disable": True,
    }
    with _signals_kept():
        _run(_Site(config, settings))


def _free_address(host: str, port: int) -> str:
    """Return an address at which one can listen, as gunicorn writes it.

    Raises
    ------
    ArchiveError
        If the port is taken, or the host is not one of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address, family=family).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ArchiveError(f"cannot serve at {host}, port {port}: {reason}") from error
    return f"[{address[0]}]:{port}" if family == socket.AF_INET6 else f"{address[0]}:{port}"


def _run(site: _Site) -> None:
    """Run gunicorn until it is told to stop."""
    caller = os.getpid()
    try:
        site.run()
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
        if os.getpid() != caller:
            # A worker ends here as well, and must not clean up what is the caller's.
            os._exit(status & 0xFF)
        if status:
            raise ArchiveError("the site cannot be served: gunicorn gave up, as it says") from stop


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Put back the handlers of signals, which gunicorn replaces."""
    kept = {number: signal.getsignal(number) for number in signal.valid_signals()}
    try:
        yield
    finally:
        for number, handler in kept.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
