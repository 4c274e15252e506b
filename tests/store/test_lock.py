"""One acsql at a time changes the archive, and the dead let go."""

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
def another_holder(store: Store) -> Iterator[subprocess.Popen]:
    """Another process that holds the lock until its standard input ends."""
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
    """Change what the lock tells of its holder."""
    store.database[lock.LOCKS].update_one({"_id": lock.WRITER}, [{"$set": fields}])


def left_behind(store: Store, **fields: object) -> None:
    """Leave a lock as this process would if it were killed, with other fields."""
    with lock.hold(store, "ingest"):
        document = store.database[lock.LOCKS].find_one()
    store.database[lock.LOCKS].insert_one(document)
    change(store, **fields)


def heard_of(seconds: float) -> dict[str, object]:
    return {"$subtract": ["$$NOW", 1000 * seconds]}


def is_free(store: Store) -> bool:
    """Whether the lock can be had; it is not kept."""
    try:
        with lock.hold(store, "migrate"):
            return True
    except Busy:
        return False


def test_it_is_free_before_and_after(store: Store) -> None:
    assert is_free(store)
    with pytest.raises(ZeroDivisionError), lock.hold(store, "ingest"):
        assert not is_free(store)
        raise ZeroDivisionError
    assert is_free(store)
    assert store.database[lock.LOCKS].count_documents({}) == 0


def test_another_process_is_told_who_holds_it(store: Store) -> None:
    with another_holder(store) as process:
        with pytest.raises(Busy) as raised, lock.hold(store, "migrate"):
            pytest.fail("held twice")
        holder = store.database[lock.LOCKS].find_one()
        told = str(raised.value)
        assert "acsql ingest" in told
        assert f"process {process.pid}," in told
        assert f"{psutil.Process().username()} on {holder['host']}" in told
        assert f"since {holder['since']:%Y-%m-%d %H:%M:%S} UTC" in told
    assert process.returncode == 0
    assert is_free(store)


def test_a_killed_process_holds_it_no_longer(store: Store) -> None:
    with another_holder(store) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert store.database[lock.LOCKS].find_one()["pid"] == process.pid
        assert is_free(store)


def test_of_many_at_once_one_has_it(store: Store) -> None:
    many = 8
    ready, tried = threading.Barrier(many), threading.Barrier(many)
    got, told = [], []

    def take() -> None:
        ready.wait()
        try:
            with lock.hold(store, "ingest"):
                got.append(True)
                tried.wait()
        except Busy as error:
            told.append(str(error))
            tried.wait()

    threads = [threading.Thread(target=take) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert len(told) == many - 1


def test_of_many_at_once_one_succeeds_the_dead(store: Store) -> None:
    left_behind(store, began=-1.0)
    test_of_many_at_once_one_has_it(store)


@pytest.mark.parametrize(
    ("fields", "free"),
    [
        # This process is still there, however long it has been silent.
        ({"renewed": heard_of(10 * lock.SILENT_SECONDS)}, False),
        # Another process had its number.
        ({"began": -1.0}, True),
        # Whether one lives elsewhere cannot be seen from here.
        ({"began": -1.0, "place": "elsewhere"}, False),
        ({"place": "elsewhere", "renewed": heard_of(lock.SILENT_SECONDS - 60)}, False),
        ({"place": "elsewhere", "renewed": heard_of(lock.SILENT_SECONDS + 1)}, True),
    ],
)
def test_who_counts_as_dead(store: Store, fields: dict, free: bool) -> None:
    left_behind(store, **fields)
    assert is_free(store) is free


def test_a_holder_lets_itself_be_heard_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
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
        # A validator that nothing meets: the server refuses every update.
        store.database.command({"collMod": lock.LOCKS, "validator": {"_id": None}})
        assert logged.wait(60)


def test_who_was_succeeded_is_told(store: Store) -> None:
    with pytest.raises(Busy, match=r"acsql ingest lost the lock"), lock.hold(store, "ingest"):
        change(store, place="elsewhere", renewed=heard_of(lock.SILENT_SECONDS + 1))
        assert is_free(store)
    assert is_free(store)


def test_who_was_succeeded_leaves_the_lock_to_the_successor(store: Store) -> None:
    with pytest.raises(Busy), lock.hold(store, "ingest"):
        change(store, token="of another")
    assert store.database[lock.LOCKS].find_one()["token"] == "of another"


def test_a_user_whose_name_looks_like_a_field(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil.Process, "username", lambda _: "$token")
    with lock.hold(store, "ingest"):
        assert store.database[lock.LOCKS].find_one()["user"] == "$token"
        assert not is_free(store)
