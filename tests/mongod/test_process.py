"""A server is found by what the system shows, not by what was remembered."""

import json
import os
import signal
from contextlib import suppress

import psutil
from private_server import read, write

from acsql.mongod import server


def test_a_killed_server_is_started_again_with_its_data(data_dir):
    uri = server.use(data_dir).uri
    write(uri, 1)
    killed = server.status(data_dir).pid
    os.kill(killed, signal.SIGKILL)
    with suppress(psutil.NoSuchProcess):  # as soon as it is seen to die
        while psutil.Process(killed).cmdline():
            pass
    assert server.use(data_dir).uri == uri
    assert server.status(data_dir).pid != killed
    assert read(uri) == [1]


def test_a_reused_process_id_is_not_mistaken_for_the_server(data_dir):
    write(server.start(data_dir).uri, 1)
    server.stop(data_dir)
    # As after a power cut: this process has the ids of both the server and a user.
    (data_dir / "mongodb" / "mongod.lock").write_text(f"{os.getpid()}\n")
    (data_dir / "mongodb.json").write_text(
        json.dumps({"port": None, "kept": True, "users": [[os.getpid(), 0.5]]})
    )
    assert server.status(data_dir) is None
    assert not server.stop(data_dir)
    assert read(server.use(data_dir).uri) == [1]
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_a_server_whose_starter_died_half_way_is_found_again(data_dir):
    left_behind = server.start(data_dir)
    (data_dir / "mongodb.json").unlink()
    assert server.use(data_dir).uri == left_behind.uri
    assert server.status(data_dir).pid == left_behind.pid
    server.release(data_dir)
    assert server.status(data_dir) is None
