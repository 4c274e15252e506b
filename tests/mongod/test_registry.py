"""Each use of the private server is recorded, and processes agree on it."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from private_server import USE, first_line, python

from acsql.errors import DatabaseError
from acsql.mongod import server


def test_a_killed_user_does_not_count(data_dir):
    with python(USE, data_dir) as other:
        uri = first_line(other)
        other.kill()
    left_behind = server.status(data_dir)
    assert left_behind.users == ()
    assert server.use(data_dir).uri == uri
    assert server.status(data_dir).pid == left_behind.pid
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_processes_that_start_together_share_one_server(data_dir):
    with (
        python(USE, data_dir) as one,
        python(USE, data_dir) as two,
        python(USE, data_dir) as three,
    ):
        others = (one, two, three)
        assert {first_line(other) for other in others} == {server.use(data_dir).uri}
        users = {os.getpid(), *(other.pid for other in others)}
        assert set(server.status(data_dir).users) == users
        log = (data_dir / "mongodb" / "mongod.log").read_text(encoding="utf-8")
        assert log.count('"MongoDB starting"') == 1
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_a_file_as_data_dir_is_an_error(data_dir):
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


def test_a_deleted_data_dir_is_not_created_again_at_exit(data_dir):
    with python(USE, data_dir) as other:
        first_line(other)
        server.stop(data_dir)
        # Moved away first, because the other process takes its lock in the folder now and then.
        shutil.rmtree(data_dir.rename(f"{data_dir}-deleted"))
    assert not Path(data_dir).exists()


CALLS = [server.status, server.stop, server.release, server._revive]


@pytest.mark.parametrize("call", CALLS)
def test_a_folder_that_is_deleted_before_its_lock_is_free_is_not_created_again(data_dir, call):
    with ThreadPoolExecutor() as pool:
        with server.registry.locked(data_dir):
            called = pool.submit(call, data_dir)
            wait([called], timeout=0.2)
            assert not called.done()
            shutil.rmtree(data_dir)
        assert not called.result()
    assert not data_dir.exists()


@pytest.mark.parametrize("call", CALLS)
def test_a_folder_without_a_server_stays_as_it_is(data_dir, call):
    assert not call(data_dir)
    assert not data_dir.exists()
    data_dir.mkdir()
    assert not call(data_dir)
    assert not list(data_dir.iterdir())


def test_a_folder_that_is_deleted_between_a_look_and_its_lock_is_not_created_again(
    data_dir, monkeypatch
):
    with server.registry.locked(data_dir):
        pass
    monkeypatch.setattr(server.registry, "_check_owner", lambda _: shutil.rmtree(data_dir))
    assert server.status(data_dir) is None
    assert not data_dir.exists()


def test_a_lock_that_another_process_does_not_give_up_is_an_error(data_dir, monkeypatch):
    monkeypatch.setattr(server.registry, "LOCK_SECONDS", 0.1)
    with (
        server.registry.locked(data_dir),
        pytest.raises(DatabaseError, match="another process has held") as raised,
    ):
        server.status(data_dir)
    assert str(data_dir / "mongodb.lock") in str(raised.value)


def test_a_folder_of_another_account_is_refused_and_left_as_it_is(data_dir, monkeypatch):
    data_dir.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: data_dir.stat().st_uid + 1)
    for command in (server.start, server.use):
        with pytest.raises(
            DatabaseError, match=rf"belongs to the user {data_dir.owner()}"
        ) as raised:
            command(data_dir)
    assert str(data_dir) in str(raised.value)
    assert not list(data_dir.iterdir())
