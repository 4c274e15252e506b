"""A server that ends although processes use it is started again."""

import logging
import os
import signal
import time

import pytest
from private_server import USE, first_line, python, read, write

from acsql.mongod import launch, server, supervision


def kill(data_dir):
    """Kill the server of a folder, and return its process."""
    killed = server.status(data_dir).pid
    os.kill(killed, signal.SIGKILL)
    return killed


def await_another(data_dir, killed):
    """Wait until another process serves a folder."""
    while not (state := server.status(data_dir)) or state.pid == killed:
        time.sleep(0.05)
    return state


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_ends_under_a_process_returns_on_its_port_with_its_data(data_dir, end):
    uri = server.use(data_dir).uri
    write(uri, 1)
    before = server.status(data_dir)
    os.kill(before.pid, end)
    state = await_another(data_dir, before.pid)
    assert (state.uri, state.kept, state.users) == (uri, False, (os.getpid(),))
    assert read(uri) == [1]
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_it_returns_each_time_and_a_kept_server_stays_kept(data_dir):
    server.start(data_dir)
    server.use(data_dir)
    for _ in range(2):
        assert await_another(data_dir, kill(data_dir)).kept


def test_one_of_several_processes_starts_it(data_dir):
    with python(USE, data_dir) as one, python(USE, data_dir) as two:
        assert first_line(one) == first_line(two) == server.use(data_dir).uri
        await_another(data_dir, kill(data_dir))
        time.sleep(2 * supervision.LOOK_SECONDS)
        log = (data_dir / "mongodb" / "mongod.log").read_text(encoding="utf-8")
        assert log.count('"MongoDB starting"') == 2


def test_a_server_stopped_on_request_stays_away_until_it_is_started(data_dir):
    server.use(data_dir)
    assert server.stop(data_dir)
    time.sleep(2 * supervision.LOOK_SECONDS)
    assert server.status(data_dir) is None
    server.start(data_dir)
    await_another(data_dir, kill(data_dir))


def test_attempts_that_fail_for_the_same_reason_are_one_line_of_the_log(
    data_dir, monkeypatch, caplog
):
    server.use(data_dir)
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR, supervision.__name__):
        broken.setattr(launch, "find_mongod", lambda: data_dir / "no-mongod")
        killed = kill(data_dir)
        while not caplog.messages:
            time.sleep(0.05)
        time.sleep(3 * supervision.LOOK_SECONDS)
    assert len(caplog.messages) == 1
    assert "no-mongod" in caplog.messages[0]
    await_another(data_dir, killed)


def test_a_server_that_is_no_longer_used_is_not_started_again(data_dir):
    with python(USE, data_dir) as other:
        first_line(other)
        server.use(data_dir)
        server.release(data_dir)
        other.kill()
    kill(data_dir)
    time.sleep(3 * supervision.LOOK_SECONDS)
    assert server.status(data_dir) is None
