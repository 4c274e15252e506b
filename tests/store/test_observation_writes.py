"""Each write changes an observation and its headerless copy, or neither."""

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.errors import DatabaseError
from acsql.keywords import KeywordSpecs
from acsql.store import observation_writes, observations, proposals
from acsql.store.client import Store
from acsql.store.derived import headerless

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
    headerless.refresh(store)
    return store


def differing(store: Store) -> list[str]:
    """Return the rootnames whose observation and copy differ."""
    copies = {document["_id"]: document for document in store.headerless.find()}
    expected = {each["_id"]: headerless.copy(each) for each in store.observations.find()}
    return [name for name in copies | expected if copies.get(name) != expected.get(name)]


def test_an_observation_is_written_with_its_copy(copied: Store) -> None:
    observation_writes.replace(copied, DOCUMENT)
    copy = copied.headerless.find_one({"_id": "j8bt05nj"})
    assert copy["extensions"] == {"raw": ["0"], "flt": ["0", "1"]}
    assert "headers" not in copy
    assert differing(copied) == []


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
        observations.mark_vanished(store, what, WHEN)
    elif kind == "return":
        observations.mark_returned(store, what)
    elif kind == "mark":
        observations.set_marks(store, [observations.Marks(*file, 1, 2) for file in what])
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


def test_without_transactions_the_observation_alone_is_written(copied: Store) -> None:
    copied.has_transactions = False
    observation_writes.replace(copied, DOCUMENT)
    assert copied.observations.find_one() == DOCUMENT
    assert copied.headerless.find_one() is None


def test_the_server_of_the_tests_has_transactions(store: Store) -> None:
    assert store.has_transactions
