"""An observation, its headerless copy and its mark are written together, or none of them is."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.errors import DatabaseError
from acsql.keywords import KeywordSpecs
from acsql.store import file_records, lock, observation_writes, proposals
from acsql.store.client import Store
from acsql.store.derived import headerless
from acsql.store.moment import current, one_moment
from acsql.store.schema import CHANGED

WHEN = datetime(2026, 1, 1)
DOCUMENT = {
    "_id": "j8bt05nj",
    "targname": "NGC104",
    "proposid": 9019,
    "files": {"raw": {"size": 1}, "flt": {"size": 2}},
    "headers": {"raw": {"0": {"exptime": 1.0}}, "flt": {"0": {"exptime": 1.0}, "1": {}}},
}


@pytest.fixture
def copied(store: Store) -> Store:
    """A database with current copies."""
    headerless.make_all(store)
    return store


def differing(store: Store) -> list[str]:
    """Return the rootnames whose observation and copy differ."""
    copies = {document["_id"]: document for document in store.headerless.find()}
    expected = {each["_id"]: headerless.copy(each) for each in store.observations.find()}
    return [name for name in copies | expected if copies.get(name) != expected.get(name)]


def tokens(store: Store) -> dict[str, str]:
    """Return the tokens of the marked observations."""
    return {mark["_id"]: mark["token"] for mark in store.database[CHANGED].find()}


def test_an_observation_is_written_with_its_copy(copied: Store) -> None:
    observation_writes.replace(copied, DOCUMENT)
    copy = copied.headerless.find_one({"_id": "j8bt05nj"})
    assert copy["extensions"] == {"raw": 1, "flt": 2}
    assert "headers" not in copy
    assert differing(copied) == []


def test_an_ingested_observation_has_the_time_of_the_server_and_keeps_its_first_date(
    copied: Store,
) -> None:
    before = copied.server_time().replace(microsecond=0)
    observation_writes.replace(copied, DOCUMENT | {"first_ingest_date": None}, ingested=True)
    stored = copied.observations.find_one()
    assert before <= stored["first_ingest_date"] == stored["last_ingest_date"]
    assert stored["last_ingest_date"] <= copied.server_time()
    observation_writes.replace(copied, DOCUMENT | {"first_ingest_date": WHEN}, ingested=True)
    assert copied.observations.find_one()["first_ingest_date"] == WHEN
    assert differing(copied) == []


def test_dates_of_ingest_are_complete_until_now_or_while_an_ingest_runs_until_a_minute_ago(
    copied: Store,
) -> None:
    now = copied.server_time()
    assert now - timedelta(seconds=2) < observation_writes.complete_until(copied) < now
    with lock.hold(copied, "ingest"):
        earlier = observation_writes.complete_until(copied)
    assert earlier < copied.server_time() - timedelta(seconds=60)


def test_dates_of_ingest_are_complete_until_the_marks_that_a_block_may_have(copied: Store) -> None:
    with one_moment(max_age=30.0):
        complete = observation_writes.complete_until(copied)
        assert complete < copied.server_time() - timedelta(seconds=30)
    with one_moment():
        with lock.hold(copied, "ingest"):
            current(copied)
        complete = observation_writes.complete_until(copied)
        assert complete < copied.server_time() - timedelta(seconds=60)


rootnames = st.sampled_from(["j8bt05nj", "j8bt05nk", "j8bt05nm"])
filetypes = st.sampled_from(["raw", "flt"])
files = st.lists(st.tuples(rootnames, filetypes), max_size=4)
writes = st.one_of(
    st.builds(
        lambda name, changes: ("replace", DOCUMENT | {"_id": name} | changes),
        rootnames,
        st.fixed_dictionaries({}, optional={"exptime": st.floats(0, 9), "headers": st.none()}),
    ),
    st.tuples(st.just("vanish"), files),
    st.tuples(st.just("return"), files),
    st.tuples(st.just("mark"), files),
    st.tuples(st.just("type"), st.sampled_from(["GO", "SNAP", None])),
)


def apply(store: Store, kind: str, what) -> None:
    """Make one write of a kind that ingests make."""
    if kind == "replace":
        observation_writes.replace(store, what)
    elif kind == "vanish":
        file_records.mark_vanished(store, what, WHEN)
    elif kind == "return":
        file_records.mark_returned(store, what)
    elif kind == "mark":
        file_records.set_marks(store, [file_records.Marks(*file, 1, 2) for file in what])
    else:
        facts = {"type": what, "title": None, "cycle": None, "pi": None}
        proposals.save(store, {9019: facts})


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sequence=st.lists(writes, max_size=8))
def test_after_any_writes_copies_are_those_of_the_observations(copied: Store, sequence) -> None:
    for kind, what in sequence:
        apply(copied, kind, what)
    assert differing(copied) == []
    assert {found["_id"] for found in copied.observations.find()} <= tokens(copied).keys()


def test_each_write_has_a_token_of_its_own(store: Store) -> None:
    seen = set()
    for _ in range(3):
        observation_writes.replace(store, DOCUMENT)
        observation_writes.update(store, {"j8bt05nj": {"$set": {"exptime": 1.0}}})
        seen.add(tokens(store)["j8bt05nj"])
    assert len(seen) == 3


@pytest.mark.parametrize("number", [0, 1, 2500])
def test_many_observations_are_changed_in_several_transactions(store: Store, number: int) -> None:
    names = [f"j{n:07d}" for n in range(number)]
    if names:
        store.observations.insert_many({"_id": name} for name in names)
        store.headerless.insert_many({"_id": name, "extensions": {}} for name in names)
    observation_writes.update(store, {name: {"$set": {"proposal_type": "GO"}} for name in names})
    assert store.headerless.count_documents({"proposal_type": "GO"}) == number
    assert len(tokens(store)) == number


@pytest.fixture(params=["observations", "headerless"])
def refusing(copied: Store, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A database in which one of the two collections refuses an observation."""
    name = getattr(copied, request.param).name
    copied.database[name].insert_one({"_id": "j8bt05nz"})
    copied.database[name].delete_one({"_id": "j8bt05nz"})
    validator = {"validator": {"targname": {"$ne": "REFUSED"}}}
    copied.database.command({"collMod": name, **validator})
    yield copied


def test_a_refused_write_changes_neither(refusing: Store) -> None:
    observation_writes.replace(refusing, DOCUMENT)
    with pytest.raises(DatabaseError, match="Document failed validation"):
        observation_writes.replace(refusing, DOCUMENT | {"targname": "REFUSED"})
    assert refusing.observations.find_one() == DOCUMENT
    assert differing(refusing) == []


def test_concurrent_writes_of_one_observation_leave_the_copy_of_the_last(
    copied: Store, connection_string: str, specs: KeywordSpecs
) -> None:
    def write(number: int) -> None:
        """Write the observation some times, as another host would."""
        with Store(connection_string, specs) as store:
            for version in range(20):
                change = {"exptime": float(100 * number + version)}
                observation_writes.replace(store, DOCUMENT | change)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert copied.observations.find_one()["exptime"] % 100 == 19
    assert differing(copied) == []


def test_a_search_between_two_writes_finds_a_whole_observation(copied: Store) -> None:
    observation_writes.replace(copied, DOCUMENT | {"exptime": 0.0})
    seen, stop = [], threading.Event()

    def read() -> None:
        """Read both collections at one moment."""
        with copied.client.start_session(snapshot=True) as session:
            found = copied.observations.find_one(session=session)
            copy = copied.headerless.find_one(session=session)
        seen.append((found["exptime"], copy["exptime"]))

    def read_on() -> None:
        while not stop.is_set():
            read()

    reader = threading.Thread(target=read_on)
    reader.start()
    for number in range(100):
        observation_writes.replace(copied, DOCUMENT | {"exptime": float(number)})
    stop.set()
    reader.join()
    assert seen
    assert all(exptime == copied_exptime for exptime, copied_exptime in seen)


KILLED = """
import os, signal, sys
from pymongo import monitoring
from acsql import keywords
from acsql.store import observation_writes
from acsql.store.client import Store

uri, number = sys.argv[1], int(sys.argv[2])

class Killer(monitoring.CommandListener):
    seen = 0

    def started(self, event):
        if event.command_name in ("update", "commitTransaction"):
            if self.seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
            self.seen += 1

    def succeeded(self, event): pass
    def failed(self, event): pass

monitoring.register(Killer())
document = {"_id": "j8bt05nj", "exptime": 2.0, "headers": {"flt": {"0": {}}}}
with Store(uri, keywords.load()) as store:
    observation_writes.replace(store, document)
"""


def kill_before(uri: str, number: int) -> None:
    """Replace an observation in a process that is killed before one of its commands."""
    done = subprocess.run([sys.executable, "-c", KILLED, uri, str(number)], check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.fixture
def short_transactions(store: Store) -> Iterator[None]:
    """Let the server end the transaction of a killed process after a second, not after ten."""
    parameter = "transactionLifetimeLimitSeconds"
    before = store.client.admin.command({"getParameter": 1, parameter: 1})[parameter]
    store.client.admin.command({"setParameter": 1, parameter: 1})
    yield
    store.client.admin.command({"setParameter": 1, parameter: before})


@pytest.mark.usefixtures("short_transactions")
@pytest.mark.parametrize("number", range(4))
def test_killed_at_any_moment_of_a_transaction_nothing_is_changed(
    copied: Store, connection_string: str, number: int
) -> None:
    observation_writes.replace(copied, DOCUMENT)
    token = tokens(copied)
    kill_before(connection_string, number)
    assert copied.observations.find_one() == DOCUMENT
    assert differing(copied) == []
    assert tokens(copied) == token
    observation_writes.replace(copied, DOCUMENT | {"exptime": 3.0})
    assert differing(copied) == []


@pytest.mark.parametrize("number", range(3))
def test_killed_at_any_moment_on_a_standalone_server_the_next_run_finishes_the_write(
    standalone: str, specs: KeywordSpecs, number: int
) -> None:
    uri = f"{standalone}test_killed_{number}"
    with Store(uri, specs) as store:
        observation_writes.replace(store, DOCUMENT)
        token = tokens(store)
        kill_before(uri, number)
        assert (store.observations.find_one() == DOCUMENT) == (number < 2)
        assert (tokens(store) == token) == (number == 0)
        assert (differing(store) == []) == (number < 2)
        observation_writes.finish_interrupted(store)
        assert differing(store) == []


def test_on_a_standalone_server_the_copy_is_written_too(
    standalone: str, specs: KeywordSpecs
) -> None:
    with Store(f"{standalone}test_copy", specs) as store:
        assert not store.has_transactions
        observation_writes.replace(store, DOCUMENT)
        observation_writes.update(store, {"j8bt05nj": {"$set": {"exptime": 1.0}}})
        assert store.observations.find_one() == DOCUMENT | {"exptime": 1.0}
        assert differing(store) == []
        assert tokens(store).keys() == {"j8bt05nj"}


def test_nothing_is_finished_where_a_write_is_a_transaction(copied: Store) -> None:
    observation_writes.replace(copied, DOCUMENT)
    copied.headerless.delete_one({})
    observation_writes.finish_interrupted(copied)
    assert copied.headerless.find_one() is None


def test_the_server_of_the_tests_has_transactions(store: Store) -> None:
    assert store.has_transactions
