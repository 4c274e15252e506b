"""Processes start, share and stop the private server, with a real mongod."""

import dataclasses
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from private_server import (
    START,
    USE,
    USE_AND_FORK,
    first_line,
    free_port,
    python,
    read,
    write,
)

from acsql.config import Config
from acsql.errors import DatabaseError
from acsql.mongod import resolve_connection, server
from acsql.mongod.process import identity
from acsql.store.client import Store


def test_start_status_stop(data_dir):
    assert server.status(data_dir) is None
    assert not server.stop(data_dir)
    assert not data_dir.exists()

    started = server.start(data_dir)
    assert started == server.status(data_dir) == server.start(data_dir)
    assert started.kept
    assert started.users == ()
    assert started.address == f"mongodb://127.0.0.1:{started.port}/acsql?replicaSet=acsql"
    assert abs(datetime.now(UTC) - started.started) < timedelta(hours=1)
    write(started.uri, 1)

    assert server.stop(data_dir)
    assert server.status(data_dir) is None
    assert not server.stop(data_dir)
    again = server.start(data_dir)
    assert (again.uri, read(again.uri)) == (started.uri, [1])


def test_the_last_release_ends_a_server_that_is_not_kept(data_dir):
    uri = server.use(data_dir).uri
    assert server.use(data_dir).uri == uri
    state = server.status(data_dir)
    assert (state.kept, state.users, state.uri) == (False, (os.getpid(),), uri)
    server.release(data_dir)
    assert server.status(data_dir) == state
    server.release(data_dir)
    assert server.status(data_dir) is None
    server.release(data_dir)
    assert server.status(data_dir) is None


def test_the_next_user_waits_for_the_end_of_a_server_and_the_last_one_does_not(data_dir):
    before = server.use(data_dir)
    write(before.uri, 1)
    # It cannot end until it continues.
    os.kill(before.pid, signal.SIGSTOP)
    server.release(data_dir)
    os.kill(before.pid, signal.SIGCONT)
    after = server.use(data_dir)
    assert (after.pid != before.pid, after.uri, read(after.uri)) == (True, before.uri, [1])
    server.release(data_dir)
    assert not server.stop(data_dir)
    assert identity(after.pid) is None


def test_start_keeps_a_server_that_use_started(data_dir):
    uri = server.use(data_dir).uri
    assert server.start(data_dir).uri == uri
    server.release(data_dir)
    assert server.status(data_dir).kept


def test_a_process_that_uses_a_kept_server_does_not_end_it(data_dir):
    started = server.start(data_dir)
    with python(USE, data_dir) as other:
        assert first_line(other) == started.uri
    assert server.status(data_dir) == started


def test_a_server_ends_with_its_last_process(data_dir):
    with python(USE, data_dir) as other:
        assert first_line(other) == server.status(data_dir).uri
        assert server.status(data_dir).users == (other.pid,)
    assert server.status(data_dir) is None


def test_a_release_leaves_the_server_to_other_processes(data_dir):
    with python(USE, data_dir) as other:
        uri = first_line(other)
        assert server.use(data_dir).uri == uri
        assert server.status(data_dir).users == tuple(sorted((os.getpid(), other.pid)))
    assert server.status(data_dir).users == (os.getpid(),)
    write(uri, 1)
    with python(USE, data_dir) as other:
        assert first_line(other) == uri
        server.release(data_dir)
        assert read(uri) == [1]
    assert server.status(data_dir) is None


def test_a_forked_child_does_not_end_the_server_of_its_parent(data_dir):
    with python(USE_AND_FORK, data_dir) as other:
        assert first_line(other) == server.status(data_dir).uri


def test_ctrl_c_does_not_end_the_server(data_dir):
    with python(START, data_dir, start_new_session=True) as other:
        uri = first_line(other)
        os.killpg(other.pid, signal.SIGINT)
        assert other.wait() != 0
        assert "KeyboardInterrupt" in other.stderr.read()
    assert read(uri) == []
    assert server.status(data_dir).kept


def test_the_server_listens_on_the_given_port(data_dir):
    port, other = free_port(), free_port()
    assert server.start(data_dir, port=port).port == port
    assert server.use(data_dir, port=port).uri == server.status(data_dir).uri
    with pytest.raises(DatabaseError, match=f"already runs on port {port}.* port {other}"):
        server.use(data_dir, port=other)


@pytest.fixture
def nowhere(tmp_path) -> Config:
    """A configuration that names no database."""
    return Config(
        filesystem=tmp_path / "archive",
        data_dir=tmp_path / "data",
        jpeg_dir=tmp_path,
        thumbnail_dir=tmp_path,
        log_dir=tmp_path,
        proposals_file=Path("proposals.yaml"),
        ncores=1,
    )


def test_a_configured_connection_string_is_kept(nowhere):
    config = nowhere.at("mongodb://db.example/acsql")
    assert resolve_connection(config) == config
    assert not config.data_dir.exists()


def test_without_connection_string_the_private_server_is_used(nowhere, specs):
    located = resolve_connection(nowhere)
    try:
        state = server.status(nowhere.data_dir)
        assert located.connection_string == state.uri
        assert located.for_reading.connection_string == state.reader_uri
        assert located.for_annotating.connection_string == state.annotator_uri
        kinds = ("", "read_", "annotation_")
        unset = {f"{kind}connection_string": None for kind in kinds}
        assert dataclasses.replace(located, **unset) == nowhere
        with Store(located.connection_string, specs) as store:
            assert store.observations.count_documents({}) == 0
    finally:
        server.release(nowhere.data_dir)
    assert server.status(nowhere.data_dir) is None
