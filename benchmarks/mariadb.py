"""A MariaDB server of a benchmark, which ends with it.

apt-get install --no-install-recommends mariadb-server-core mariadb-client-core
pip install pymysql
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pymysql  # type: ignore[import-untyped]

# Seconds that a server may take until it answers.
PATIENCE = 60


@contextmanager
def server(folder: Path, *options: str) -> Iterator[tuple[str, psutil.Process]]:
    """Run a server without network and passwords.

    Parameters
    ----------
    folder : Path
        Where its files are, which remain.
    *options : str
        Options of ``mariadbd`` beside the necessary ones.

    Yields
    ------
    str, psutil.Process
        The path of its socket, and its process.
    """
    data, socket = folder / "mariadb", folder / "mariadb.socket"
    common = ["--no-defaults", f"--datadir={data}", "--user=root"]
    if not data.exists():
        data.mkdir(parents=True)
        install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal"]
        subprocess.run(install, check=True, capture_output=True)
    command = ["/usr/sbin/mariadbd", *common, f"--socket={socket}", "--skip-networking"]
    command += ["--skip-grant-tables", "--secure-file-priv=", *options]
    with (
        (folder / "mariadb.log").open("ab") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            _wait(socket, process)
            yield str(socket), psutil.Process(process.pid)
        finally:
            process.terminate()


def _wait(socket: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(pymysql.OperationalError):
            pymysql.connect(unix_socket=str(socket), user="root").close()
            return
        time.sleep(0.2)
    raise SystemExit(f"mariadbd does not answer: see {socket.with_suffix('.log')}")
