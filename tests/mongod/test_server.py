"""The private MongoDB, with a real mongod: who starts it, who shares it, who ends it."""

import json
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from acsql.errors import DatabaseError
from acsql.mongod import server

USE = """
import sys
from acsql.mongod import server
print(server.use(sys.argv[1]), flush=True)
sys.stdin.read()
"""
START = USE.replace("server.use(sys.argv[1])", "server.start(sys.argv[1]).uri")
USE_AND_FORK = """
import os, sys
from acsql.mongod import server
server.use(sys.argv[1])
child = os.fork()
if not child:
    sys.exit()
os.waitpid(child, 0)
print(server.status(sys.argv[1]).uri, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir(tmp_path):
    """A folder whose name needs care, and whose server does not outlive the test."""
    folder = tmp_path / "données d'acsql"
    yield folder
    server.stop(folder)


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """An empty folder that is the whole PATH, and no wheel installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(launch, "DISTRIBUTION", "a-wheel-that-nobody-has-installed")
    return folder


@contextmanager
def python(program, data_dir, **options):
    """Run a program in another process; when the block ends its standard input does."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    ) as process:
        yield process
        _, complaints = process.communicate()
    assert complaints == ""


def first_line(process):
    return process.stdout.readline().strip()


def write(uri, _id):
    with MongoClient(uri) as client:
        client.get_default_database().notes.insert_one({"_id": _id})


def read(uri):
    with MongoClient(uri) as client:
        return [note["_id"] for note in client.get_default_database().notes.find()]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def test_start_status_stop(data_dir):
    assert server.status(data_dir) is None
    assert not server.stop(data_dir)
    assert not data_dir.exists()

    started = server.start(data_dir)
    assert started == server.status(data_dir) == server.start(data_dir)
    assert started.kept
    assert started.users == ()
    assert started.uri == f"mongodb://127.0.0.1:{started.port}/acsql?replicaSet=acsql"
    assert abs(datetime.now(UTC) - started.started) < timedelta(hours=1)
    write(started.uri, 1)

    assert server.stop(data_dir)
    assert server.status(data_dir) is None
    assert not server.stop(data_dir)
    again = server.start(data_dir)
    assert (again.uri, read(again.uri)) == (started.uri, [1])


def test_it_listens_on_the_loopback_interface_alone(data_dir):
    process = psutil.Process(server.start(data_dir).pid)
    listening = [c for c in process.net_connections("all") if c.status == psutil.CONN_LISTEN]
    assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}
    assert not process.net_connections("unix")


def test_the_last_release_ends_a_server_that_nobody_keeps(data_dir):
    uri = server.use(data_dir)
    assert server.use(data_dir) == uri
    state = server.status(data_dir)
    assert (state.kept, state.users, state.uri) == (False, (os.getpid(),), uri)
    server.release(data_dir)
    assert server.status(data_dir) == state
    server.release(data_dir)
    assert server.status(data_dir) is None
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_start_keeps_a_server_that_use_started(data_dir):
    uri = server.use(data_dir)
    assert server.start(data_dir).uri == uri
    server.release(data_dir)
    assert server.status(data_dir).kept


def test_a_process_that_uses_a_kept_server_does_not_end_it(data_dir):
    started = server.start(data_dir)
    with python(USE, data_dir) as other:
        assert first_line(other) == started.uri
    assert server.status(data_dir) == started


def test_a_process_that_ends_takes_its_server_with_it(data_dir):
    with python(USE, data_dir) as other:
        assert first_line(other) == server.status(data_dir).uri
        assert server.status(data_dir).users == (other.pid,)
    assert server.status(data_dir) is None


def test_nobody_takes_the_server_from_another_process(data_dir):
    with python(USE, data_dir) as other:
        uri = first_line(other)
        assert server.use(data_dir) == uri
        assert server.status(data_dir).users == tuple(sorted((os.getpid(), other.pid)))
    assert server.status(data_dir).users == (os.getpid(),)
    write(uri, 1)
    with python(USE, data_dir) as other:
        assert first_line(other) == uri
        server.release(data_dir)
        assert read(uri) == [1]
    assert server.status(data_dir) is None


def test_a_killed_user_does_not_count(data_dir):
    with python(USE, data_dir) as other:
        uri = first_line(other)
        other.kill()
    left_behind = server.status(data_dir)
    assert left_behind.users == ()
    assert server.use(data_dir) == uri
    assert server.status(data_dir).pid == left_behind.pid
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_a_forked_child_does_not_end_the_server_of_its_parent(data_dir):
    with python(USE_AND_FORK, data_dir) as other:
        assert first_line(other) == server.status(data_dir).uri


def test_processes_that_begin_at_once_share_one_server(data_dir):
    with (
        python(USE, data_dir) as one,
        python(USE, data_dir) as two,
        python(USE, data_dir) as three,
    ):
        others = (one, two, three)
        assert {first_line(other) for other in others} == {server.use(data_dir)}
        users = {os.getpid(), *(other.pid for other in others)}
        assert set(server.status(data_dir).users) == users
        log = (data_dir / "mongodb" / "mongod.log").read_text(encoding="utf-8")
        assert log.count('"MongoDB starting"') == 1
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_ctrl_c_does_not_reach_the_server(data_dir):
    with python(START, data_dir, start_new_session=True) as other:
        uri = first_line(other)
        os.killpg(other.pid, signal.SIGINT)
        assert other.wait() != 0
        assert "KeyboardInterrupt" in other.stderr.read()
    assert read(uri) == []
    assert server.status(data_dir).kept


def test_ctrl_c_while_it_starts_leaves_nothing_behind(data_dir):
    log = data_dir / "mongodb" / "mongod.log"
    with python(USE, data_dir, start_new_session=True) as other:
        while not (log.exists() and log.read_bytes()) and other.poll() is None:
            pass
        os.killpg(other.pid, signal.SIGINT)
        assert other.wait() != 0
        assert "KeyboardInterrupt" in other.stderr.read()
    assert "MongoDB starting" in log.read_text(encoding="utf-8")
    assert server.status(data_dir) is None


def test_a_killed_server_is_replaced_and_its_data_are_there(data_dir):
    uri = server.use(data_dir)
    write(uri, 1)
    killed = server.status(data_dir).pid
    os.kill(killed, signal.SIGKILL)
    with suppress(psutil.NoSuchProcess):  # as soon as it is seen to die
        while psutil.Process(killed).cmdline():
            pass
    assert server.use(data_dir) == uri
    assert server.status(data_dir).pid != killed
    assert read(uri) == [1]


def test_a_process_id_that_went_to_another_program_misleads_nobody(data_dir):
    write(server.start(data_dir).uri, 1)
    server.stop(data_dir)
    # As after a power cut, with this very process in the place of both the server and a user.
    (data_dir / "mongodb" / "mongod.lock").write_text(f"{os.getpid()}\n")
    (data_dir / "mongodb.json").write_text(
        json.dumps({"port": None, "kept": True, "users": [[os.getpid(), 0.5]]})
    )
    assert server.status(data_dir) is None
    assert not server.stop(data_dir)
    assert read(server.use(data_dir)) == [1]
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_a_server_whose_starter_died_half_way_is_found_again(data_dir):
    left_behind = server.start(data_dir)
    (data_dir / "mongodb.json").unlink()
    assert server.use(data_dir) == left_behind.uri
    assert server.status(data_dir).pid == left_behind.pid
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_a_given_port(data_dir):
    port, other = free_port(), free_port()
    assert server.start(data_dir, port=port).port == port
    assert server.use(data_dir, port=port) == server.status(data_dir).uri
    with pytest.raises(DatabaseError, match=f"already runs on port {port}.* port {other}"):
        server.use(data_dir, port=other)


def test_a_given_port_that_is_taken(data_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DatabaseError, match=f"port {port}(?s:.*)already in use"):
            server.start(data_dir, port=port)
    assert server.status(data_dir) is None
    assert server.start(data_dir, port=port).port == port


def test_a_port_that_is_none(data_dir):
    with pytest.raises(DatabaseError, match=r"99999(?s:.*)bad --port"):
        server.start(data_dir, port=99999)


def test_another_port_keeps_the_data(data_dir):
    first = server.start(data_dir)
    write(first.uri, 1)
    server.stop(data_dir)
    port = free_port()
    second = server.start(data_dir, port=port)
    assert second.port == port
    write(second.uri, 2)
    assert read(second.uri) == [1, 2]


class Silent(socketserver.BaseRequestHandler):
    """Somebody who lets callers wait, and then hangs up."""

    def handle(self):
        threading.Event().wait(1)


def test_the_last_port_was_taken_by_a_stranger(data_dir):
    first = server.start(data_dir)
    write(first.uri, 1)
    server.stop(data_dir)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent, False) as stranger:
        stranger.allow_reuse_address = True
        stranger.server_address = ("127.0.0.1", first.port)
        stranger.server_bind()
        stranger.server_activate()
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        second = server.start(data_dir)
        stranger.shutdown()
    assert second.port != first.port
    write(second.uri, 2)
    assert read(second.uri) == [1, 2]


def test_transactions_and_change_streams(data_dir):
    with MongoClient(server.use(data_dir)) as client:
        notes = client.acsql.notes
        with notes.watch() as changes:
            with client.start_session() as session:
                session.start_transaction()
                notes.insert_one({"_id": "taken back"}, session=session)
                session.abort_transaction()
                with session.start_transaction():
                    notes.insert_one({"_id": "meant"}, session=session)
            assert next(changes)["documentKey"] == {"_id": "meant"}
            assert notes.distinct("_id") == ["meant"]


def test_it_is_a_replica_set_of_one_with_a_journal(data_dir):
    with MongoClient(server.use(data_dir)) as client:
        config = client.admin.command("replSetGetConfig")["config"]
        assert [m["host"] for m in config["members"]] == ["{}:{}".format(*client.address)]
        assert config["writeConcernMajorityJournalDefault"]
        with pytest.raises(OperationFailure, match="already initialized"):
            client.admin.command("replSetInitiate")


def test_no_mongod_to_be_had(data_dir, elsewhere):
    with pytest.raises(DatabaseError) as raised:
        server.use(data_dir)
    assert not list(elsewhere.iterdir())
    assert 'pip install "acsql[mongod]"' in str(raised.value)
    assert "connection_string" in str(raised.value)
    assert server.status(data_dir) is None


def test_mongod_is_found_on_the_path_first(elsewhere, monkeypatch):
    mongod = elsewhere / "mongod"
    mongod.touch(mode=0o755)
    assert launch.find_mongod() == mongod
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("PATH", ".")
    assert launch.find_mongod() == mongod


def test_mongod_of_the_wheel_need_not_be_executable(elsewhere, monkeypatch, tmp_path):
    packages = tmp_path / "packages"
    information = packages / "mongod_in_a_wheel-1.dist-info"
    mongod = packages / "fiftyone" / "db" / "bin" / "mongod"
    information.mkdir(parents=True)
    mongod.parent.mkdir(parents=True)
    mongod.touch(mode=0o644)
    (information / "METADATA").write_text("Name: mongod-in-a-wheel\nVersion: 1\n")
    (information / "RECORD").write_text("fiftyone/db/__init__.py,,\nfiftyone/db/bin/mongod,,\n")
    monkeypatch.syspath_prepend(packages)
    monkeypatch.setattr(launch, "DISTRIBUTION", "mongod-in-a-wheel")
    assert not list(elsewhere.iterdir())
    assert launch.find_mongod() == mongod
    assert os.access(mongod, os.X_OK)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("\x7fELF of another machine", "Exec format error"),
        ("#!/bin/sh\necho libcurl.so.4: cannot open shared object >&2\nexit 127", "libcurl"),
        ("#!/bin/sh\nkill -s ILL $$", "AVX"),
        ("#!/bin/sh\nkill -s KILL $$", "signal 9"),
    ],
)
def test_a_mongod_that_cannot_run(data_dir, elsewhere, content, reason):
    mongod = elsewhere / "mongod"
    mongod.write_text(content)
    mongod.chmod(0o755)
    with pytest.raises(DatabaseError, match=reason) as raised:
        server.start(data_dir)
    assert str(mongod) in str(raised.value)
    assert "connection_string" in str(raised.value)


def test_broken_data_are_reported_in_the_words_of_mongod(data_dir):
    dbpath = data_dir / "mongodb"
    dbpath.mkdir(parents=True)
    (dbpath / "storage.bson").write_text("not BSON")
    with pytest.raises(DatabaseError, match="storage engine metadata") as raised:
        server.use(data_dir)
    assert str(dbpath) in str(raised.value)
    assert server.status(data_dir) is None


def test_data_that_another_mongod_holds(data_dir):
    uri = server.start(data_dir).uri
    write(uri, 1)
    state = server.status(data_dir)
    # In another container, say, its process cannot be seen from here.
    lock = data_dir / "mongodb" / "mongod.lock"
    lock.write_text("")
    assert server.status(data_dir) is None
    with pytest.raises(DatabaseError, match="DBPathInUse"):
        server.use(data_dir)
    assert read(uri) == [1]
    lock.write_text(f"{state.pid}\n")


def test_a_folder_that_cannot_be_one(data_dir):
    data_dir.write_text("a file")
    with pytest.raises(DatabaseError, match="Not a directory") as raised:
        server.use(data_dir)
    assert str(data_dir) in str(raised.value)


def test_a_damaged_state_file_is_named(data_dir):
    server.start(data_dir)
    state_file = data_dir / "mongodb.json"
    for content in ("", "[]", "{}", '{"port": 1, "kept": true, "users": [1]}'):
        state_file.write_text(content)
        with pytest.raises(DatabaseError, match=r"mongodb\.json is damaged"):
            server.status(data_dir)
    state_file.unlink()
    assert server.status(data_dir)


def test_a_folder_that_has_gone_is_not_brought_back(data_dir):
    with python(USE, data_dir) as other:
        first_line(other)
        server.stop(data_dir)
        shutil.rmtree(data_dir)
    assert not Path(data_dir).exists()
