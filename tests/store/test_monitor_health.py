"""The health of monitors, from their runs, failures and alerts."""

from datetime import datetime, timedelta

from acsql.store import lock, monitor_alerts, monitor_writes, runs
from acsql.store.client import Store
from acsql.store.monitor_health import Health, health
from acsql.store.monitor_writes import Outcome
from acsql.store.schema import MONITOR_RUNS

WHEN = datetime(2026, 1, 2)
RECENT = 10


def run(store: Store, state: str, *monitors: str, days: int = 0) -> None:
    """Store the record of a run of some monitors."""
    number = runs.start(store, {"options": {"monitors": list(monitors)}}, MONITOR_RUNS)
    if state != runs.RUNNING:
        outcome = {"state": state, "finished": WHEN + timedelta(days=days)}
        runs.finish(store, number, outcome, MONITOR_RUNS)


def test_there_is_none_without_runs(store: Store) -> None:
    assert health(store, RECENT) == {}


def test_the_last_run_and_the_last_success_of_each_monitor_count(store: Store) -> None:
    run(store, runs.SUCCEEDED, "a", "b")
    run(store, runs.SUCCEEDED_WITH_FAILURES, "a", days=1)
    run(store, runs.FAILED, "a", days=2)
    run(store, runs.FAILED, "c", days=3)
    assert health(store, RECENT) == {
        "a": Health(runs.FAILED, WHEN + timedelta(days=1)),
        "b": Health(runs.SUCCEEDED, WHEN),
        "c": Health(runs.FAILED),
    }
    assert health(store, recent=2).keys() == {"a", "c"}
    assert health(store, recent=2)["a"].succeeded is None


def test_a_problem_counts_for_its_monitor_until_the_next_run(store: Store) -> None:
    number = runs.start(store, {"options": {"monitors": ["a", "b"]}}, MONITOR_RUNS)
    outcome = {"state": runs.SUCCEEDED_WITH_FAILURES, "finished": WHEN, "failing": ["b"]}
    runs.finish(store, number, outcome, MONITOR_RUNS)
    assert {name: each.has_problems for name, each in health(store, RECENT).items()} == {
        "a": False,
        "b": True,
    }
    run(store, runs.SUCCEEDED, "b")
    assert not health(store, RECENT)["b"].has_problems


def test_failures_and_open_alerts_count_also_without_a_run(store: Store) -> None:
    broken = [Outcome("a", name, "1", reason="broken", owed=name == "y") for name in "xy"]
    monitor_writes.write(store, [*broken, Outcome("a", "z", "1")], 1, WHEN)
    alerts = {name: {"message": "high", "rootname": None} for name in ("one", "two")}
    monitor_alerts.update(store, "b", alerts, WHEN)
    monitor_alerts.update(store, "b", {"two": alerts["two"]}, WHEN)
    assert health(store, RECENT) == {"a": Health(failed=2), "b": Health(open_alerts=1)}


def test_an_open_record_is_of_a_run_that_died_unless_the_lock_is_held(store: Store) -> None:
    run(store, runs.RUNNING, "a")
    assert health(store, RECENT) == {"a": Health(runs.DIED)}
    with lock.hold(store, "monitor run", lock.MONITORS):
        assert health(store, RECENT) == {"a": Health(runs.RUNNING)}
