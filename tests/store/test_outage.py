"""An outage of the database is noticed without a query, and costs two lines of the log."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo.hello import Hello
from pymongo.monitoring import ServerHeartbeatFailedEvent, ServerHeartbeatSucceededEvent

from acsql.errors import DatabaseUnavailable
from acsql.keywords import KeywordSpecs
from acsql.mongod import server
from acsql.store import outage
from acsql.store.client import Store


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """The folder of a private server that nothing starts again."""
    yield tmp_path
    server.stop(tmp_path)


def send(data_dir: Path, number: signal.Signals) -> None:
    """Send a signal to the server of a folder."""
    state = server.status(data_dir)
    assert state is not None
    os.kill(state.pid, number)
    if number == signal.SIGSTOP:
        # Its threads stop one after another, and one of them may still answer.
        process = psutil.Process(state.pid)
        wait_until(
            lambda: all(thread_state(process.pid, each.id) == "T" for each in process.threads())
        )


def thread_state(process: int, thread: int) -> str:
    """Return the state of a thread, as in proc(5)."""
    stat = Path(f"/proc/{process}/task/{thread}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0]


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    while not condition():
        time.sleep(0.02)


def test_an_outage_is_one_line_and_its_end_another(
    data_dir: Path, specs: KeywordSpecs, caplog: pytest.LogCaptureFixture
) -> None:
    uri = server.start(data_dir).uri
    with (
        caplog.at_level(logging.INFO, outage.__name__),
        Store(uri, specs, wait=0, log_outages=True) as store,
    ):
        send(data_dir, signal.SIGKILL)
        wait_until(lambda: caplog.messages)
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable), store.errors():
                store.observations.find_one()
        server.start(data_dir)
        wait_until(lambda: len(caplog.messages) > 1 and store.answers)
    lost, back = caplog.messages
    assert lost == f"The database {store.address} does not answer"
    assert back.startswith(f"The database {store.address} answers again after ")


def test_closing_is_no_outage_and_waits_for_no_thread(
    connection_string: str,
    specs: KeywordSpecs,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = set(threading.enumerate())
    store = Store(connection_string, specs, log_outages=True)
    checks = [each for each in threading.enumerate() if "server_monitor" in each.name]
    # Not those of other tests, which go on.
    checks = [each for each in checks if each not in before]
    assert checks
    joined: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "join", lambda *given: joined.append(given))
        store.close()
    # The check that is under way fails after the close.
    for thread in checks:
        thread.join()
    assert joined == []
    assert caplog.messages == []


def test_a_database_of_several_servers_is_away_while_none_accepts_writes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    a, b = ("a", 1), ("b", 2)
    primary, secondary = (
        Hello[dict[str, Any]]({"ok": 1, "setName": "rs", role: True})
        for role in ("isWritablePrimary", "secondary")
    )
    log = outage.OutageLog("mongodb://a:1,b:2/")
    with caplog.at_level(logging.INFO, outage.__name__):
        for answer, server_ in ((secondary, b), (primary, a), (primary, b)):
            log.succeeded(ServerHeartbeatSucceededEvent(0, answer, server_))
        log.failed(ServerHeartbeatFailedEvent(0, OSError(), a))
        assert caplog.messages == []
        log.succeeded(ServerHeartbeatSucceededEvent(0, secondary, b))
        log.failed(ServerHeartbeatFailedEvent(0, OSError(), a))
        assert len(caplog.messages) == 1
        log.succeeded(ServerHeartbeatSucceededEvent(0, primary, a))
    lost, back = caplog.messages
    assert "does not answer" in lost
    assert "answers again" in back


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_server_that_was_killed_or_hangs_does_not_answer(
    data_dir: Path, specs: KeywordSpecs, number: signal.Signals
) -> None:
    with Store(server.start(data_dir).uri, specs, wait=0) as store:
        assert store.answers
        send(data_dir, number)
        wait_until(lambda: not store.answers)
        with pytest.raises(DatabaseUnavailable), store.errors():
            store.observations.find_one()
        if number == signal.SIGSTOP:
            send(data_dir, signal.SIGCONT)
        else:
            server.start(data_dir)
        wait_until(lambda: store.answers)
        assert store.observations.find_one() is None


def test_a_query_under_way_ends_when_the_server_hangs(data_dir: Path, specs: KeywordSpecs) -> None:
    with Store(server.start(data_dir).uri, specs, wait=0) as store:
        send(data_dir, signal.SIGSTOP)
        with pytest.raises(DatabaseUnavailable), store.errors():
            store.observations.find_one()
        send(data_dir, signal.SIGCONT)


def test_without_waiting_the_server_need_not_answer_yet(
    data_dir: Path, specs: KeywordSpecs
) -> None:
    uri = server.start(data_dir).uri
    server.stop(data_dir)
    with Store(uri, specs, wait=0) as store:
        assert not store.answers
        server.start(data_dir)
        wait_until(lambda: store.answers)


def test_the_connection_string_decides_before_the_wait(
    connection_string: str, specs: KeywordSpecs
) -> None:
    chosen = f"{connection_string}&serverSelectionTimeoutMS=2500"
    for wait in (None, 0, 300):
        with Store(chosen, specs, wait) as store:
            assert store.client.options.server_selection_timeout == 2.5
            assert store.client.options.timeout is None


def test_the_last_operations_of_a_process_do_not_replace_the_reason_for_its_end(
    data_dir: Path, specs: KeywordSpecs, caplog: pytest.LogCaptureFixture
) -> None:
    with Store(server.start(data_dir).uri, specs, wait=300) as store:
        send(data_dir, signal.SIGKILL)
        with outage.ending_early(), store.errors():
            store.observations.insert_one({"_id": "j8bt05nj"})
    assert "could not store its last results" in caplog.messages[-1]


@pytest.mark.timeout(120)
def test_a_close_does_not_wait_for_a_server_that_is_gone(
    data_dir: Path, specs: KeywordSpecs
) -> None:
    store = Store(server.start(data_dir).uri, specs, wait=300)
    # Its session is one that a close ends on the server.
    store.observations.find_one()
    send(data_dir, signal.SIGKILL)
    wait_until(lambda: not store.answers)
    store.close()
