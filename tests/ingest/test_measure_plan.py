"""Plans of runs of monitors: what is pending, and what a monitor no longer wants."""

from dataclasses import replace

import pytest

import acsql
from acsql.errors import QueryError
from acsql.ingest.measure_plan import MeasurementPlan, Options, make_plan, selected
from acsql.monitors import Monitor


@pytest.fixture
def monitor(measured_archive: acsql.Archive) -> Monitor:
    """A monitor that has measured everything that it wants."""
    return measured_archive.monitor("exposure").monitor


def plan(archive: acsql.Archive, monitor: Monitor, **options: object) -> MeasurementPlan:
    """Return the plan of a run of one monitor."""
    made = Options(**options)
    return make_plan(archive, selected(archive, made), [monitor], made)


def measured(archive: acsql.Archive) -> list[str]:
    """Return the rootnames that the monitor has measured."""
    return sorted(set(archive.monitor("exposure").table()["rootname"].tolist()))


def test_what_is_measured_is_not_pending(measured_archive: acsql.Archive, monitor: Monitor) -> None:
    found = plan(measured_archive, monitor)
    assert found.tasks == ()
    assert found.wanted["exposure"] >= len(measured(measured_archive)) > 0
    assert found.unwanted == {"exposure": []}


def test_another_version_is_pending_for_all(
    measured_archive: acsql.Archive, monitor: Monitor
) -> None:
    found = plan(measured_archive, replace(monitor, version=monitor.version + 1))
    assert len(found.tasks) == found.wanted["exposure"]
    assert found.tasks == tuple(sorted(found.tasks, key=lambda task: task.rootname))
    again = plan(measured_archive, monitor, again=True)
    assert [task.rootname for task in again.tasks] == [task.rootname for task in found.tasks]


def test_a_run_of_some_observations_looks_at_no_others(
    measured_archive: acsql.Archive, monitor: Monitor
) -> None:
    name = measured(measured_archive)[0]
    found = plan(measured_archive, monitor, conditions=(f"rootname={name}",), again=True)
    assert [task.rootname for task in found.tasks] == [name]
    assert (found.wanted, found.unwanted) == ({"exposure": 1}, {})
    assert plan(measured_archive, monitor, since="2100-01-01").wanted == {"exposure": 0}


def test_observations_that_no_longer_meet_the_condition_are_unwanted(
    measured_archive: acsql.Archive, monitor: Monitor
) -> None:
    found = plan(measured_archive, replace(monitor, condition="rootname=j00000zz"))
    assert set(measured(measured_archive)) <= set(found.unwanted["exposure"])
    assert (found.tasks, found.wanted) == ((), {"exposure": 0})


def test_an_invalid_condition_is_an_error(measured_archive: acsql.Archive) -> None:
    with pytest.raises(QueryError):
        selected(measured_archive, Options(conditions=("no_such_keyword=1",)))
