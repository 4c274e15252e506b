"""The private server: a mongod that all acsql processes with the same `data_dir` share.

`start` leaves it running until `stop`.  `use` starts it where it does not run; it then ends after
the last process that uses it, so that a single command leaves nothing behind.  Stopping
takes up to a second: the last user does not wait for it, the next one does.  A server whose starter
died is found again through the operating system (`acsql.mongod.process`).  A server that ends
although processes use it is started again by one of them (`acsql.mongod.supervision`).
"""

import atexit
import functools
import os
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from tenacity import retry, retry_if_exception_type, stop_after_attempt

from ..config import Config
from ..errors import DatabaseError
from . import registry, supervision
from .launch import free_port, is_vulnerable, launch, log_file
from .process import (
    RunningServer,
    ServerEnded,
    await_end,
    begin_shutdown,
    find_running,
    identity,
    shut_down,
)
from .registry import Registry
from .replica_set import become_ready, uri, version
from .users import ANNOTATOR, READER, WRITER, Credentials, load_credentials

STARTS = 3  # of a server that is killed while it starts, after which something else is wrong


@dataclass(frozen=True)
class ServerState:
    """The private server as it runs now.

    Attributes
    ----------
    pid : int
        Its process.
    port : int
        Where it listens, on the loopback interface.
    started : datetime
        When its process started, in UTC.
    kept : bool
        Whether it runs until `stop`; otherwise it ends after its last user.
    users : tuple of int
        The processes that use it, sorted.
    version : str or None
        The version of mongod; None if the state file was lost.
    secured : bool
        Whether it has passwords; not if an older acsql started it.
    credentials : Credentials
        The secrets of the server and of its users.
    """

    pid: int
    port: int
    started: datetime
    kept: bool
    users: tuple[int, ...]
    version: str | None
    secured: bool
    credentials: Credentials = field(repr=False)

    @property
    def vulnerable(self) -> bool:
        """Whether this version lets anyone who connects read its memory (CVE-2025-14847)."""
        return self.version is not None and is_vulnerable(self.version)

    @property
    def address(self) -> str:
        """The connection string without user and password, to be shown."""
        return uri(self.port)

    @property
    def uri(self) -> str:
        """The connection string of the writer, for acsql, pymongo and mongosh."""
        return self._uri_of(WRITER)

    @property
    def reader_uri(self) -> str:
        """The connection string of the reader, for the site, pymongo and mongosh."""
        return self._uri_of(READER)

    @property
    def annotator_uri(self) -> str:
        """The connection string of the user who writes annotations alone, for the site."""
        return self._uri_of(ANNOTATOR)

    def _uri_of(self, user: str) -> str:
        return uri(self.port, self.credentials.user_info(user)) if self.secured else self.address

    def configure(self, config: Config) -> Config:
        """Return a configuration with the addresses of this server for ingest and site."""
        return replace(
            config,
            connection_string=self.uri,
            read_connection_string=self.reader_uri,
            annotation_connection_string=self.annotator_uri,
        )


def start(data_dir: str | Path, port: int | None = None) -> ServerState:
    """Start the private server and keep it running until `stop`.

    A server that already runs is kept from now on.

    Parameters
    ----------
    data_dir : str or Path
        The folder for acsql's own files; the data are in its folder ``mongodb``.
    port : int, optional
        Where to listen; by default where it listened last, or any free port.

    Returns
    -------
    ServerState
        The running server.

    Raises
    ------
    DatabaseError
        If there is no mongod, it does not start (with its own reason), or it already runs on
        another port.
    """
    with registry.locked(data_dir) as entry:
        server = _serve(entry, port)
        entry.kept = True
        return _state(server, entry)


def use(data_dir: str | Path, port: int | None = None) -> ServerState:
    """Return the state of the private server, starting it if it does not run.

    This process counts as a user until it has called `release` as often, or has ended in any way.

    Parameters
    ----------
    data_dir : str or Path
        The folder for acsql's own files.
    port : int, optional
        As for `start`.

    Returns
    -------
    ServerState
        The running server.

    Raises
    ------
    DatabaseError
        As for `start`.
    """
    with registry.locked(data_dir) as entry:
        server = _serve(entry, port)
        this = identity(os.getpid())
        if this:
            entry.users.append(this)
        _release_at_exit(entry.data_dir)
        supervision.supervise(entry.data_dir, server, _revive)
        return _state(server, entry)


def release(data_dir: str | Path) -> None:
    """End one `use` by this process; a server that is not kept stops after the last one.

    A process that does not use the server changes nothing.

    Parameters
    ----------
    data_dir : str or Path
        The folder for acsql's own files.

    Raises
    ------
    DatabaseError
        If the server has to stop and does not.
    """
    with registry.locked_if_exists(data_dir) as entry:
        if entry:
            _release(entry, uses=1)


def stop(data_dir: str | Path) -> bool:
    """Stop the private server, used or not; it stays away until `start` or `use`.

    Parameters
    ----------
    data_dir : str or Path
        The folder for acsql's own files.

    Returns
    -------
    bool
        Whether it was running.

    Raises
    ------
    DatabaseError
        If it belongs to another account, or does not shut down in time.
    """
    with registry.locked_if_exists(data_dir) as entry:
        if entry is None:
            return False
        server = _running(entry)
        if server:
            shut_down(server)
        entry.kept, entry.stopped = False, True
        return server is not None


def status(data_dir: str | Path) -> ServerState | None:
    """Return the state of the private server.

    Parameters
    ----------
    data_dir : str or Path
        The folder for acsql's own files.

    Returns
    -------
    ServerState or None
        None if it does not run.

    Raises
    ------
    DatabaseError
        If `data_dir` cannot be read or written (a look takes the lock).
    """
    with registry.locked_if_exists(data_dir) as entry:
        server = _running(entry) if entry else None
        return _state(server, entry) if entry and server else None


@retry(retry=retry_if_exception_type(ServerEnded), stop=stop_after_attempt(STARTS), reraise=True)
def _serve(entry: Registry, port: int | None) -> RunningServer:
    """Return the server of a registry, started if necessary, once it accepts writes.

    One that is killed while it starts is started again at once.
    """
    credentials = load_credentials(entry.data_dir)
    server = _running(entry)
    if server and not server.secured:
        _stop_unsecured(server, entry)
        server = _launch(entry, port or server.port, credentials)
    if server is None:
        entry.kept = False
        server = _launch(entry, port or free_port(entry.port), credentials)
    elif port not in (None, server.port):
        raise DatabaseError(
            f"the private MongoDB in {entry.data_dir} already runs on port {server.port}: "
            f"stop it (acsql db stop) before starting it on port {port}"
        )
    else:
        become_ready(server, credentials, log_file(entry.dbpath))
    entry.port, entry.stopped = server.port, False
    return server


def _running(entry: Registry) -> RunningServer | None:
    """Return the running server of a registry; one that is ending is waited for."""
    server = find_running(entry.dbpath)
    if server and entry.ending:
        await_end(server.pid)
        server = None
    entry.ending = False
    return server


def _revive(data_dir: Path) -> RunningServer | None:
    """Return the server that this process uses, on its port; None if it was stopped on request."""
    try:
        with registry.locked_if_exists(data_dir) as entry:
            if entry is None or identity(os.getpid()) not in entry.users:
                supervision.leave(data_dir)
                return None
            if entry.stopped:
                return None
            kept = entry.kept
            server = _serve(entry, entry.port)
            entry.kept = kept
            return server
    except DatabaseError:
        # The folder can disappear while the server starts.
        if registry.exists(data_dir):
            raise
        supervision.leave(data_dir)
        return None


def _launch(entry: Registry, port: int, credentials: Credentials) -> RunningServer:
    server = launch(entry.dbpath, port, credentials)
    entry.version = version(port)
    return server


def _stop_unsecured(server: RunningServer, entry: Registry) -> None:
    """Stop a server that an older acsql started without users, unless it is in use."""
    if entry.users:
        processes = ", ".join(str(pid) for pid, _ in entry.users)
        raise DatabaseError(
            f"the private MongoDB in {entry.data_dir} was started by an older acsql without "
            f"passwords, and is used by process {processes}: end it, and try again"
        )
    shut_down(server)


def _state(server: RunningServer, entry: Registry) -> ServerState:
    users = tuple(sorted({pid for pid, _ in entry.users}))
    return ServerState(
        pid=server.pid,
        port=server.port,
        started=server.started,
        kept=entry.kept,
        users=users,
        version=entry.version,
        secured=server.secured,
        credentials=load_credentials(entry.data_dir),
    )


def _release(entry: Registry, uses: int) -> None:
    """End up to some uses by this process, and stop a server that is neither used nor kept."""
    this = identity(os.getpid())
    if this is None or this not in entry.users:  # a forked child is not its parent
        return
    for _ in range(min(uses, entry.users.count(this))):
        entry.users.remove(this)
    server = find_running(entry.dbpath)
    if server and not entry.users and not entry.kept:
        begin_shutdown(server)
        entry.ending = True


@functools.cache
def _release_at_exit(data_dir: Path) -> None:
    """Register, once per folder, that the exit of this process ends its uses."""

    def release_all() -> None:
        with registry.locked_if_exists(data_dir) as entry:
            if entry:
                _release(entry, uses=len(entry.users))

    atexit.register(release_all)
