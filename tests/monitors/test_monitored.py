"""The states of the monitors of an archive."""

from datetime import timedelta

import pytest

import acsql
from acsql.config import Config
from acsql.monitors import monitored
from acsql.store import lock, monitor_alerts, runs
from acsql.store.monitor_rows import Numbers
from acsql.store.schema import MONITOR_RUNS, now

RUN = {"_id": 1, "options": {"monitors": ["exposure"]}, "started": now()}


@pytest.mark.parametrize(
    ("state", "hours", "failed", "expected"),
    [
        (runs.SUCCEEDED, 1, 0, "succeeded"),
        (runs.NOTHING_NEW, 1, 0, "nothing new"),
        (runs.SUCCEEDED_WITH_FAILURES, 1, 2, "failing"),
        (runs.SUCCEEDED, 40, 0, "overdue"),
        (runs.SUCCEEDED_WITH_FAILURES, 40, 2, "overdue"),
        (runs.FAILED, 1, 0, "overdue"),
    ],
)
def test_a_state_follows_from_the_last_run_and_the_failures(
    measured_archive: acsql.Archive, state: str, hours: float, failed: int, expected: str
) -> None:
    monitor = measured_archive.monitor("exposure").monitor
    record = RUN | {"state": state, "finished": now() - timedelta(hours=hours)}
    found = monitored._state(monitor, Numbers(failed=failed), 0, [record])
    assert found.state == expected


@pytest.mark.parametrize(("measured", "expected"), [(3, "succeeded"), (0, "nothing new")])
def test_the_failures_of_another_monitor_in_the_same_run_do_not_count(
    measured_archive: acsql.Archive, measured: int, expected: str
) -> None:
    monitor = measured_archive.monitor("exposure").monitor
    record = RUN | {
        "state": runs.SUCCEEDED_WITH_FAILURES,
        "finished": now(),
        "monitors": {
            "exposure": {"measured": measured, "failed": 0, "problems": []},
            "other": {"failed": 9, "problems": ["other: summary: broken"]},
        },
    }
    found = monitored._state(monitor, Numbers(), 0, [record])
    assert (found.state, found.problems) == (expected, [])


def test_a_monitor_whose_summary_or_alerts_fail_is_failing(measured_archive: acsql.Archive) -> None:
    monitor = measured_archive.monitor("exposure").monitor
    problems = ["exposure: alerts: broken", "exposure: summary: broken"]
    record = RUN | {
        "state": runs.SUCCEEDED_WITH_FAILURES,
        "finished": now(),
        "monitors": {"exposure": {"measured": 1, "problems": problems}},
    }
    found = monitored._state(monitor, Numbers(), 0, [record])
    assert (found.state, found.problems) == ("failing", problems)


def test_modules_that_cannot_be_loaded_need_attention(config: Config) -> None:
    folder = config.data_dir / "monitors"
    folder.mkdir(parents=True)
    (folder / "broken.py").write_text("import no_such_module")
    with acsql.connect(config) as archive:
        assert archive.monitor_health().problems == 1


def test_a_monitor_is_not_overdue_while_its_first_run_is_in_progress(config: Config) -> None:
    with acsql.connect(config) as archive, lock.hold(archive.store, "monitor run", lock.MONITORS):
        record = {"options": {"monitors": ["bias"]}, "started": now()}
        runs.start(archive.store, record, MONITOR_RUNS)
        assert archive.monitors()["bias"].state == runs.RUNNING
        assert archive.monitor_health().overdue == []
    with acsql.connect(config) as archive:
        assert archive.monitors()["bias"].state == "overdue"
        assert archive.monitor_health().overdue == ["bias"]


def test_a_monitor_that_was_never_run_is_not_overdue(empty_archive: acsql.Archive) -> None:
    states = empty_archive.monitors()
    assert {state.state for state in states.values()} == {"never run"}
    assert empty_archive.monitor_health() == monitored.MonitorHealth()


def test_health_names_what_needs_attention(measured_archive: acsql.Archive) -> None:
    health = measured_archive.monitor_health()
    assert (health.failing, health.overdue) == (["exposure"], [])
    assert health.open_alerts == len(
        [alert for alert in measured_archive.alerts() if alert["closed"] is None]
    )
    assert health.open_alerts >= 2


def test_the_numbers_of_a_state_are_those_of_its_table(measured_archive: acsql.Archive) -> None:
    state = measured_archive.monitors()["exposure"]
    results = measured_archive.monitor("exposure")
    assert state.numbers == Numbers(
        len(results.table()), len(results.table()), len(results.failures())
    )
    assert state.last_run == measured_archive.monitor_runs()[0]


def test_alerts_of_a_monitor_that_was_removed_are_not_listed(config: Config) -> None:
    with acsql.connect(config) as archive:
        for name in ("bias", "removed"):
            present = {"high": {"message": "high", "rootname": None}}
            monitor_alerts.update(archive.store, name, present, now())
        assert [alert["monitor"] for alert in archive.alerts()] == ["bias"]
        assert archive.monitor_health().open_alerts == 1


def test_a_record_without_an_end_is_of_a_run_that_died(config) -> None:
    with acsql.connect(config) as archive:
        runs.start(archive.store, {"started": now()}, "monitor_runs")
        (record,) = archive.monitor_runs()
        assert record["state"] == runs.DIED
