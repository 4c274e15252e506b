"""One process at a time holds the writer lock, and a dead one loses it."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psutil
import pytest

from acsql.errors import Busy
from acsql.store import lock
from acsql.store.client import Store

HOLD = """
import sys
from acsql import keywords
from acsql.store import lock
from acsql.store.client import Store
with Store(sys.argv[1], keywords.load()) as store, lock.hold(store, "ingest"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_holder(store: Store) -> Iterator[subprocess.Popen]:
    """Run another process that holds the lock until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", HOLD, store.connection_string],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n", process.stderr.read()
        yield process
        process.communicate()


def change(store: Store, **fields: object) -> None:
    """Change fields of the lock document."""
    store.database[lock.LOCKS].update_one({"_id": lock.WRITER}, [{"$set": fields}])


def leave_lock(store: Store, **fields: object) -> None:
    """Leave the lock of this process as if it were killed, with changed fields."""
    with lock.hold(store, "ingest"):
        document = store.database[lock.LOCKS].find_one()
    store.database[lock.LOCKS].insert_one(document)
    change(store, **fields)


def seconds_ago(seconds: float) -> dict[str, object]:
    return {"$subtract": ["$$NOW", 1000 * seconds]}


def is_free(store: Store) -> bool:
    """Return whether the lock can be taken; it is released again."""
    try:
        with lock.hold(store, "migrate"):
            return True
    except Busy:
        return False


def test_the_lock_is_free_before_and_after(store: Store) -> None:
    assert is_free(store)
    with pytest.raises(ZeroDivisionError), lock.hold(store, "ingest"):
        assert not is_free(store)
        raise ZeroDivisionError
    assert is_free(store)
    assert store.database[lock.LOCKS].count_documents({}) == 0


def test_the_error_for_another_process_names_the_holder(store: Store) -> None:
    with other_holder(store) as process:
        with pytest.raises(Busy) as raised, lock.hold(store, "migrate"):
            pytest.fail("held twice")
        holder = store.database[lock.LOCKS].find_one()
        message = str(raised.value)
        assert "acsql ingest" in message
        assert f"process {process.pid}," in message
        assert f"{psutil.Process().username()} on {holder['host']}" in message
        assert f"since {holder['since']:%Y-%m-%d %H:%M:%S} UTC" in message
    assert process.returncode == 0
    assert is_free(store)


def test_a_holder_that_yields_is_asked_and_waited_for(store: Store) -> None:
    order = []

    def take() -> None:
        with lock.hold(store, "ingest"):
            order.append("ingest")

    other = threading.Thread(target=take)
    with lock.hold(store, "statistics fill", yields=True):
        assert not lock.is_wanted(store)
        with pytest.raises(Busy), lock.hold(store, "statistics fill", yields=True):
            pytest.fail("two that yield would wait for each other")
        assert not lock.is_wanted(store)
        other.start()
        while not lock.is_wanted(store):
            assert other.is_alive()
        order.append("fill")
    other.join()
    assert order == ["fill", "ingest"]
    assert is_free(store)


def test_a_patient_process_waits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENT_SECONDS", 0.05)
    held, ended = threading.Event(), threading.Event()

    def take() -> None:
        with lock.hold(store, "ingest"):
            held.set()
            ended.wait()

    other = threading.Thread(target=take)
    other.start()
    held.wait()
    threading.Timer(0.3, ended.set).start()
    with lock.hold(store, "statistics fill", patient=True):
        assert ended.is_set()
    other.join()


def test_a_killed_process_loses_the_lock(store: Store) -> None:
    with other_holder(store) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert store.database[lock.LOCKS].find_one()["pid"] == process.pid
        assert is_free(store)


def test_one_of_many_threads_gets_the_lock(store: Store) -> None:
    many = 8
    ready, tried = threading.Barrier(many), threading.Barrier(many)
    holders, messages = [], []

    def take() -> None:
        ready.wait()
        try:
            with lock.hold(store, "ingest"):
                holders.append(True)
                tried.wait()
        except Busy as error:
            messages.append(str(error))
            tried.wait()

    threads = [threading.Thread(target=take) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(holders) == 1
    assert len(messages) == many - 1


def test_one_of_many_threads_takes_over_from_a_dead_holder(store: Store) -> None:
    leave_lock(store, began=-1.0)
    test_one_of_many_threads_gets_the_lock(store)


@pytest.mark.parametrize(
    ("fields", "free"),
    [
        # This process is alive, however long it has not renewed the lock.
        ({"renewed": seconds_ago(10 * lock.SILENT_SECONDS)}, False),
        # Another process had the same id.
        ({"began": -1.0}, True),
        # Whether a process elsewhere is alive cannot be seen here.
        ({"began": -1.0, "place": "elsewhere"}, False),
        ({"place": "elsewhere", "renewed": seconds_ago(lock.SILENT_SECONDS - 60)}, False),
        ({"place": "elsewhere", "renewed": seconds_ago(lock.SILENT_SECONDS + 1)}, True),
    ],
)
def test_a_holder_counts_as_dead_if_gone_or_silent(store: Store, fields: dict, free: bool) -> None:
    leave_lock(store, **fields)
    assert is_free(store) is free


def test_a_holder_renews_the_lock(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "RENEW_SECONDS", 0.1)
    locks = store.database[lock.LOCKS]
    with locks.watch([{"$match": {"operationType": "update"}}]) as changes:
        with lock.hold(store, "ingest"):
            since = locks.find_one()["since"]
            renewed = next(changes)["updateDescription"]["updatedFields"]["renewed"]
        assert timedelta() < renewed - since < timedelta(seconds=lock.SILENT_SECONDS)


def test_a_failure_to_renew_is_logged(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "RENEW_SECONDS", 0.1)
    logged = threading.Event()
    monkeypatch.setattr(lock.logger, "warning", lambda *_: logged.set())
    with lock.hold(store, "ingest"):
        # A validator that no document meets: the server refuses every update.
        store.database.command({"collMod": lock.LOCKS, "validator": {"_id": None}})
        assert logged.wait(60)


def test_a_holder_that_lost_the_lock_gets_an_error(store: Store) -> None:
    with pytest.raises(Busy, match=r"acsql ingest lost the lock"), lock.hold(store, "ingest"):
        change(store, place="elsewhere", renewed=seconds_ago(lock.SILENT_SECONDS + 1))
        assert is_free(store)
    assert is_free(store)


def test_a_holder_that_lost_the_lock_leaves_it_to_the_next(store: Store) -> None:
    with pytest.raises(Busy), lock.hold(store, "ingest"):
        change(store, token="of another")
    assert store.database[lock.LOCKS].find_one()["token"] == "of another"


def test_a_user_name_like_a_field_is_a_literal(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil.Process, "username", lambda _: "$token")
    with lock.hold(store, "ingest"):
        assert store.database[lock.LOCKS].find_one()["user"] == "$token"
        assert not is_free(store)
