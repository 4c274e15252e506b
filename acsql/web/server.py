"""The site in production: gunicorn with ``SiteWorker``, run inside this process.

The port is checked before gunicorn starts.  Gunicorn itself would log that the port is in use,
retry and exit, but the caller may have a private server to stop and needs an exception.  Each
worker opens the archive after the fork, because connections do not survive a fork.  If the
configuration has a database user with read access only, the site uses it.
"""

import os
import signal
import socket
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from astropy.utils.exceptions import AstropyWarning
from erfa import ErfaWarning
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from ..accounts import audit
from ..archive import Archive
from ..config import Config
from ..errors import ArchiveError
from . import access_log, context, sessions, vo, warming
from .app import create_app
from .worker import SiteWorker

# Open connections per worker; more wait until one is closed.
CONNECTIONS = 4000
# Seconds in which the header of a request must arrive, also on a connection that is kept open; less
# than `GRACE_S`, so that no idle connection is still open at the end of a shutdown.
HEADER_TIMEOUT_S = 4
# Seconds that a query may take; scripts have more.
TIME_LIMIT = 20
# Bytes of a request line, the largest value of gunicorn: a search with many values has a long URL.
MAX_REQUEST_LINE = 8190
# Seconds for which a shutdown waits for running downloads.
GRACE_S = 5


class _Arbiter(Arbiter):
    """The master process of gunicorn, which notes whether SIGINT stops it."""

    interrupted = False

    def handle_int(self) -> None:
        """Stop, as on SIGTERM."""
        self.interrupted = True
        super().handle_int()


class _GunicornSite(BaseApplication):
    """Gunicorn with the site as its application."""

    def __init__(self, config: Config, host: str, settings: Mapping[str, Any]) -> None:
        self._config = config.for_reading
        self._host = host
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Use these settings, and none from the environment or a file."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Iterable[bytes]]:
        """Open the archive in a worker, even during an outage, and return its site."""
        ignore_astropy()
        archive = Archive(self._config, TIME_LIMIT, wait=0)
        app = create_app(archive, self.cfg.workers, self._host)
        warming.start(
            app.extensions[context.ARCHIVE],
            app.extensions[context.PICTURE_CACHE],
            app.extensions[vo.CATALOG],
            app.jinja_env,
        )
        return app.wsgi_app

    def run(self) -> None:
        """Start the master process, and with it the workers."""
        self.arbiter = _Arbiter(self)
        self.arbiter.run()


def ignore_astropy() -> None:
    """Ignore what astropy warns of, in all threads of this process and until it ends.

    `warnings.catch_warnings` restores the filters that it found, and between threads these may be
    those of another one: a warning that one thread ignores would then be in the log of the site.
    """
    for category in (AstropyWarning, ErfaWarning):
        warnings.simplefilter("ignore", category)


def serve(
    config: Config,
    host: str = "127.0.0.1",
    port: int = 5000,
    workers: int = 2,
    on_ready: Callable[[], Any] | None = None,
) -> bool:
    """Serve the site until SIGINT or SIGTERM, then return.

    Parameters
    ----------
    config : Config
        With the address of a running database.
    host : str
        The name or address of an interface of this machine.
    port : int
        A free port.
    workers : int
        Number of processes, each with `acsql.web.worker.THREADS` threads for pages.
    on_ready : callable, optional
        Called when the site accepts connections.

    Returns
    -------
    bool
        Whether SIGINT ended it, and not SIGTERM.

    Raises
    ------
    ArchiveError
        If the port is in use, the database does not answer, the log cannot be written, or no
        worker can start.
    """
    address = _free_address(host, port)
    # Made here once; each worker reads it.
    sessions.key_of(config)
    # Fail here once instead of in each worker.
    Archive(config.for_reading).close()
    settings = {
        "bind": address,
        "workers": workers,
        "worker_class": SiteWorker,
        "worker_connections": CONNECTIONS,
        "keepalive": HEADER_TIMEOUT_S,
        "limit_request_line": MAX_REQUEST_LINE,
        "graceful_timeout": GRACE_S,
        "loglevel": "warning",
        "when_ready": lambda _: on_ready() if on_ready else None,
        "control_socket_disable": True,
    }
    with (
        access_log.logging_requests(config.log_dir),
        audit.auditing(config, audit.SITE),
        # This process logs outages, once for all workers.
        Archive(config.for_reading, wait=0, log_outages=True),
        _restored_signals(),
    ):
        return _run(_GunicornSite(config, host, settings))


def _free_address(host: str, port: int) -> str:
    """Return the address to bind in the notation of gunicorn, or raise ArchiveError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address, family=family).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ArchiveError(f"cannot serve at {host}, port {port}: {reason}") from error
    return f"[{address[0]}]:{port}" if family == socket.AF_INET6 else f"{address[0]}:{port}"


def _run(site: _GunicornSite) -> bool:
    """Run gunicorn until it stops, and return whether SIGINT stopped it."""
    caller = os.getpid()
    try:
        site.run()
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
        if os.getpid() != caller:
            # A worker ends here as well, and must not run the cleanup of the caller.
            os._exit(status & 0xFF)
        if status:
            raise ArchiveError(
                "the site cannot be served: gunicorn failed, see its messages above"
            ) from stop
    except RuntimeError as error:
        raise ArchiveError(f"the site cannot be served: {error}") from error
    return site.arbiter.interrupted


@contextmanager
def _restored_signals() -> Iterator[None]:
    """Restore the signal handlers, which gunicorn replaces."""
    previous = {number: signal.getsignal(number) for number in signal.valid_signals()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
