"""Steps are applied in order and once, and a database that lacks or exceeds them is refused."""

import textwrap
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from private_server import drop

from acsql.errors import Busy, DatabaseError
from acsql.keywords import KeywordSpecs
from acsql.migrations import runner
from acsql.store import lock
from acsql.store.client import Store

# Writes a document to `trace` for each document that it changes, and fails at a trap.
STEP = '''
"""Count to {number}.

More about it.
"""

from acsql.errors import DatabaseError

to_do = {{"{name}": None}}


def pending(store):
    return store.observations.count_documents(to_do)


def apply(store, specs):
    for document in store.observations.find(to_do, sort=[("_id", 1)]):
        if document.get("trap") == {number}:
            raise DatabaseError("trapped")
        store.database.trace.insert_one({{"step": {number}, "document": document["_id"]}})
        store.observations.update_one(document, {{"$set": {{"{name}": 1}}}})
'''
NAMES = ("m0001_one", "m0002_two", "m0003_three")

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that makes a package with these steps the released ones."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(*names: str) -> None:
        package = tmp_path / f"steps_{uuid.uuid4().hex}"
        package.mkdir()
        (package / "__init__.py").touch()
        for name in names:
            text = textwrap.dedent(STEP).lstrip().format(name=name, number=int(name[1:5]))
            (package / f"{name}.py").write_text(text)
        monkeypatch.setattr(runner, "STEPS", package.name)

    return write


@pytest.fixture
def store(connection_string: str, specs: KeywordSpecs) -> Iterator[Store]:
    """An empty database with few indexes: to make all takes a second or two."""
    with Store(connection_string, replace(specs, indexed=())) as opened:
        yield opened
        drop(opened)


@pytest.fixture
def filled(store: Store) -> Store:
    """A database with three observations."""
    store.observations.insert_many([{"_id": letter} for letter in "abc"])
    return store


def trace(store: Store) -> list[tuple[int, str]]:
    """Return the changes as numbers of steps and ids of documents."""
    return [(done["step"], done["document"]) for done in store.database.trace.find()]


def records(store: Store) -> list[dict[str, Any]]:
    return list(store.database[runner.MIGRATIONS].find(sort=[("_id", 1)]))


def test_steps_are_applied_once_in_order_and_recorded(
    filled: Store, specs: KeywordSpecs, write: Write
) -> None:
    write(*reversed(NAMES))
    applied = runner.migrate(filled, specs)
    assert [step.name for step in applied] == list(NAMES)
    assert trace(filled) == [(n, letter) for n in (1, 2, 3) for letter in "abc"]
    assert runner.migrate(filled, specs) == []
    assert len(trace(filled)) == 9
    for number, (name, record) in enumerate(zip(NAMES, records(filled), strict=True), start=1):
        assert record["_id"] == number
        assert record["name"] == name
        assert record["seconds"] >= 0
        assert record["version"] == metadata.version("acsql")
        assert isinstance(record["applied"], datetime)


def test_later_steps_are_added_to_earlier_ones(
    filled: Store, specs: KeywordSpecs, write: Write
) -> None:
    write(*NAMES[:1])
    runner.migrate(filled, specs)
    write(*NAMES)
    runner.migrate(filled, specs)
    assert [number for number, _ in trace(filled)] == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_missing_steps_are_listed_without_changes(filled: Store, write: Write) -> None:
    write(*NAMES)
    filled.observations.update_one({"_id": "a"}, {"$set": {"m0002_two": 1}})
    before = list(filled.observations.find())
    seen = [(s.number, s.description, s.pending(filled)) for s in runner.missing(filled)]
    assert seen == [(1, "Count to 1.", 3), (2, "Count to 2.", 2), (3, "Count to 3.", 3)]
    assert list(filled.observations.find()) == before
    assert filled.database.list_collection_names() == ["observations"]


def test_an_interrupted_step_continues(filled: Store, specs: KeywordSpecs, write: Write) -> None:
    write(*NAMES)
    filled.observations.update_one({"_id": "b"}, {"$set": {"trap": 2}})
    with pytest.raises(DatabaseError, match="trapped"):
        runner.migrate(filled, specs)
    assert [record["_id"] for record in records(filled)] == [1]
    with pytest.raises(DatabaseError, match=r"lacks migration 2, 3: run acsql migrate"):
        runner.check(filled)
    assert [s.pending(filled) for s in runner.missing(filled)] == [2, 3]
    filled.observations.update_one({"_id": "b"}, {"$set": {"trap": None}})
    assert [step.number for step in runner.migrate(filled, specs)] == [2, 3]
    assert sorted(trace(filled)) == [(n, letter) for n in (1, 2, 3) for letter in "abc"]
    runner.check(filled)


def test_an_older_database_is_refused_with_the_command_to_run(filled: Store, write: Write) -> None:
    write(*NAMES[:1])
    with pytest.raises(DatabaseError, match=r"lacks migration 1: run acsql migrate$") as raised:
        runner.check(filled)
    # Visitors of the site see this message.
    assert filled.address not in str(raised.value)


def test_a_newer_database_is_refused_and_unchanged(
    filled: Store, specs: KeywordSpecs, write: Write
) -> None:
    write(*NAMES)
    filled.database[runner.MIGRATIONS].insert_many([{"_id": 1}, {"_id": 7}])
    newer = r"was written by a newer acsql \(migration 7\): upgrade acsql$"
    for refused in (
        lambda: runner.check(filled),
        lambda: runner.missing(filled),
        lambda: runner.migrate(filled, specs),
    ):
        with pytest.raises(DatabaseError, match=newer):
            refused()
    assert trace(filled) == []
    filled.observations.delete_many({})
    with pytest.raises(DatabaseError, match=newer):
        runner.migrate_if_empty(filled, specs)


def test_an_empty_database_gets_all_steps_at_the_first_ingest(
    store: Store, specs: KeywordSpecs, write: Write
) -> None:
    write(*NAMES)
    runner.check(store)
    runner.migrate_if_empty(store, specs)
    assert [record["_id"] for record in records(store)] == [1, 2, 3]
    store.observations.insert_one({"_id": "a"})
    runner.check(store)
    assert trace(store) == []


def test_a_database_with_observations_gets_no_steps_at_an_ingest(
    filled: Store, specs: KeywordSpecs, write: Write
) -> None:
    write(*NAMES)
    runner.migrate_if_empty(filled, specs)
    assert records(filled) == []
    assert trace(filled) == []


def test_migrating_needs_the_lock(filled: Store, specs: KeywordSpecs, write: Write) -> None:
    write(*NAMES)
    with (
        lock.hold(filled, "ingest"),
        pytest.raises(Busy, match="acsql ingest is changing the archive"),
    ):
        runner.migrate(filled, specs)
    assert trace(filled) == []


def test_concurrent_migrations_apply_a_step_once(
    filled: Store, specs: KeywordSpecs, write: Write
) -> None:
    write(*NAMES)
    together = threading.Barrier(4)
    refused = []

    def migrate() -> None:
        together.wait()
        try:
            runner.migrate(filled, specs)
        except Busy as error:
            refused.append(str(error))

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) < 4
    assert all("acsql migrate is changing the archive" in message for message in refused)
    assert trace(filled) == [(n, letter) for n in (1, 2, 3) for letter in "abc"]


def test_migrating_makes_the_indexes(filled: Store, specs: KeywordSpecs) -> None:
    runner.migrate(filled, specs)
    assert "position_2dsphere" in filled.observations.index_information()


def test_a_check_reads_the_migrations_only(filled: Store, specs: KeywordSpecs) -> None:
    runner.migrate(filled, specs)
    filled.database.command("profile", 2)
    try:
        runner.check(filled)
    finally:
        filled.database.command("profile", 0)
    reads = list(
        filled.database["system.profile"].find({"op": {"$in": ["query", "command", "getmore"]}})
    )
    reads = [read for read in reads if "profile" not in read["command"]]
    assert [read["ns"].partition(".")[2] for read in reads] == [runner.MIGRATIONS]
    assert reads[0]["docsExamined"] <= len(runner.steps())
