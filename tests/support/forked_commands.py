"""The command `acsql` for shells that tests run, forked from a process that has imported acsql.

Most commands of the documentation take less time for their work than for their imports.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What stands for the command: it hands on its arguments, environment, folder and open files.
_CLIENT = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect({address!r})
    socket.send_fds(connection, [b"+"], [0, 1, 2])
    call = [sys.argv, os.getcwd(), dict(os.environ)]
    connection.sendall(json.dumps(call).encode())
    connection.shutdown(socket.SHUT_WR)
    sys.exit(int(connection.recv(8)))
"""


@contextmanager
def forked_commands() -> Iterator[Path]:
    """Give a folder with the command, to come first in the ``PATH`` of a shell."""
    with tempfile.TemporaryDirectory(prefix="acsql-") as name:
        folder = Path(name)
        address = str(folder / "socket")
        command = folder / "acsql"
        command.write_text(_CLIENT.format(python=sys.executable, address=address))
        command.chmod(0o755)
        with subprocess.Popen(
            [sys.executable, __file__, address], stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                assert server.stdout.readline() == "ready\n"
                yield folder
            finally:
                server.terminate()


def _serve(address: str) -> None:
    """Fork a process for each command that a client sends."""
    _import_all()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("ready", flush=True)
        while True:
            connection, _ = listening.accept()
            if not os.fork():
                gc.freeze()  # what is imported stays shared with the other processes
                listening.close()
                return _answer(connection)
            connection.close()
            _forget_ended()


def _import_all() -> None:
    package = importlib.import_module("acsql")
    for module in pkgutil.walk_packages(package.__path__, "acsql."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _forget_ended() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(connection: socket.socket) -> None:
    """Fork the command, wait until it has ended, and send its status."""
    _, files, *_ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as sent:
        arguments, folder, environment = json.load(sent)
    if not os.fork():
        connection.close()
        return _become(arguments, folder, environment, files)
    for file in files:
        os.close(file)
    _, status = os.wait()
    connection.sendall(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(
    arguments: list[str], folder: str, environment: dict[str, str], files: list[int]
) -> None:
    """Run the command in this process, and end it without freeing all that was imported."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    from acsql.cli import main

    status: object = 0
    try:
        main()
    except SystemExit as ended:
        status = ended.code
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status or 0)


if __name__ == "__main__":
    _serve(sys.argv[1])
