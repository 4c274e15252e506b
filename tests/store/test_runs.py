"""Every ingest run has a record, from its start to its outcome."""

from datetime import datetime, timedelta

import bson
import pytest
from pymongo.collection import Collection

from acsql.ingest.observation_result import Failure
from acsql.ingest.report import Report
from acsql.store import lock, runs
from acsql.store.schema import INGEST_RUNS, MONITOR_RUNS

STARTED = datetime(2020, 1, 1, 12)
NOTHING_LISTED = dict.fromkeys(runs.LISTS, 0)


def test_a_run_is_recorded_from_its_start(store):
    run_id = runs.start(store, {"started": STARTED, "version": "1.0.0"})
    assert runs.last(store) == {
        "_id": run_id,
        "state": runs.RUNNING,
        "started": STARTED,
        "version": "1.0.0",
        "listed": NOTHING_LISTED,
    }


@pytest.mark.parametrize(
    "state", [runs.SUCCEEDED, runs.NOTHING_NEW, runs.SUCCEEDED_WITH_FAILURES, runs.FAILED]
)
def test_a_run_is_closed_with_its_outcome(store, state):
    run_id = runs.start(store, {"started": STARTED})
    runs.finish(store, run_id, {"state": state, "observations": 3})
    assert runs.last(store) == {
        "_id": run_id,
        "started": STARTED,
        "state": state,
        "observations": 3,
        "listed": NOTHING_LISTED,
    }


def test_closing_one_run_leaves_the_others_as_they_are(store):
    first = runs.start(store, {"started": STARTED})
    second = runs.start(store, {"started": STARTED + timedelta(seconds=1)})
    runs.finish(store, first, {"state": runs.SUCCEEDED})
    assert runs.last(store)["_id"] == second
    assert runs.last(store)["state"] == runs.RUNNING
    assert runs.last(store, (runs.SUCCEEDED,))["_id"] == first


def test_starting_a_run_does_not_change_the_given_record(store):
    record = {"started": STARTED}
    runs.start(store, record)
    assert record == {"started": STARTED}


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_while_a_record_is_opened_leaves_no_open_record(store, monkeypatch, interrupt):
    insert = Collection.insert_one

    def interrupted(*arguments):
        insert(*arguments)
        raise interrupt

    monkeypatch.setattr(Collection, "insert_one", interrupted)
    with pytest.raises(interrupt):
        runs.start(store, {"started": STARTED})
    assert runs.last(store) is None


def test_runs_are_numbered_in_the_order_of_their_start(store):
    numbers = [runs.start(store, {"started": STARTED - timedelta(hours=n)}) for n in range(3)]
    assert numbers == [1, 2, 3]
    assert runs.last(store)["_id"] == 3
    assert [runs.get(store, number)["_id"] for number in numbers] == numbers
    assert runs.get(store, 4) is None


def test_the_newest_runs_come_first_without_their_lists(store):
    for number in range(1, 5):
        runs.finish(
            store,
            runs.start(store, {"started": STARTED}),
            {"observations": number, "failures": [{"rootname": "j8bt05nj"}] * number},
        )
    newest = runs.newest(store, 3)
    assert [record["observations"] for record in newest] == [4, 3, 2]
    assert all("failures" not in record for record in newest)
    assert len(runs.get(store, 4)["failures"]) == 4


def test_runs_that_died_are_closed_and_others_stay_as_they_are(store):
    finished = runs.start(store, {"started": STARTED})
    runs.finish(store, finished, {"state": runs.SUCCEEDED})
    died = [runs.start(store, {"started": STARTED}) for _ in range(2)]
    assert runs.close_died(store) == 2
    assert runs.close_died(store) == 0
    assert runs.get(store, finished)["state"] == runs.SUCCEEDED
    assert {runs.get(store, number)["state"] for number in died} == {runs.DIED}
    assert runs.DIED not in runs.SUCCESSFUL


def test_the_last_run_in_some_states(store):
    states = [runs.SUCCEEDED, runs.FAILED, runs.NOTHING_NEW, runs.RUNNING]
    for hours, state in enumerate(states):
        run_id = runs.start(store, {"started": STARTED + timedelta(hours=hours)})
        runs.finish(store, run_id, {"state": state})
    assert runs.last(store, (runs.FAILED, runs.SUCCEEDED))["state"] == runs.FAILED
    assert runs.last(store, (runs.SUCCEEDED,))["state"] == runs.SUCCEEDED
    assert runs.last(store, (runs.SUCCEEDED_WITH_FAILURES,)) is None


def test_an_archive_without_runs_has_no_last_one(store):
    assert runs.last(store) is None
    assert runs.last(store, (runs.SUCCEEDED,)) is None


def test_a_record_with_long_lists_stays_below_a_megabyte(store) -> None:
    reason = "j8bt05njq_flt.fits is truncated: it has 5 bytes, its headers describe 168652800"
    failure = Failure("j8bt05nj", "j8bt05njq_flt.fits", "headers", reason, owed=False, size=5)
    report = Report(
        failures=[failure] * 100_000,
        waiting=["j8bt05njq_flt.fits"] * 100_000,
        warnings=[reason] * 100_000,
    )
    number = runs.start(store, {"started": STARTED})
    runs.finish(store, number, {"state": runs.SUCCEEDED_WITH_FAILURES, **report.record()})
    record = runs.get(store, number)
    assert len(bson.encode(record)) < 1_000_000
    assert 500 <= len(record["failures"]) < 1000
    for each in (record, runs.last(store), *runs.newest(store, 1)):
        assert each["listed"]["failures"] == each["listed"]["warnings"] == 100_000


def test_the_lengths_of_lists_are_given_for_records_without_them(store) -> None:
    store.ingest_runs.insert_one({"_id": 1, "state": runs.SUCCEEDED, "waiting": ["a", "b"]})
    expected = NOTHING_LISTED | {"waiting": 2}
    for record in (runs.get(store, 1), runs.last(store), *runs.newest(store, 1)):
        assert record["listed"] == expected


@pytest.mark.parametrize(
    ("collection", "own", "other"),
    [(INGEST_RUNS, lock.WRITER, lock.MONITORS), (MONITOR_RUNS, lock.MONITORS, lock.WRITER)],
)
def test_an_open_run_has_died_unless_its_own_lock_is_held(store, collection, own, other):
    store.database[collection].insert_one({"_id": 2, "state": runs.RUNNING})
    recorded = [(1, runs.SUCCEEDED), (2, runs.RUNNING)]
    with lock.hold(store, "a run", other):
        assert runs.states(store, recorded, collection) == [runs.SUCCEEDED, runs.DIED]
    with lock.hold(store, "a run", own):
        assert runs.states(store, recorded, collection) == [runs.SUCCEEDED, runs.RUNNING]


def test_a_run_that_ended_after_its_record_was_read_has_not_died(store):
    run_id = runs.start(store, {"started": STARTED})
    recorded = [(run_id, runs.last(store)["state"])]
    runs.finish(store, run_id, {"state": runs.SUCCEEDED})
    assert runs.states(store, recorded) == [runs.RUNNING]
