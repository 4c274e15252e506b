"""The reports of runs of monitors: their states, and errors in one line."""

import json

import pytest

from acsql.errors import MonitorError
from acsql.ingest.measure_plan import MeasurementPlan
from acsql.ingest.measure_report import MAX_REASON, Report, Tally, described, one_line, problem
from acsql.store import runs
from acsql.store.monitor_writes import Outcome


def raised(function, error_type=Exception):
    with pytest.raises(error_type) as caught:
        function()
    return caught.value


def test_a_run_with_a_problem_succeeded_with_failures_and_needs_attention():
    report = Report(1, {"level": Tally(measured=1)})
    assert (report.state, report.needs_attention) == (runs.SUCCEEDED, False)
    error = raised(lambda: [][0])
    found = [problem("level", what, error) for what in ("alerts", "summary")]
    report.add_problems({"level": found})
    assert (report.state, report.needs_attention) == (runs.SUCCEEDED_WITH_FAILURES, True)
    assert [each.rpartition(" (")[0] for each in report.problems] == [
        "level: alerts: IndexError: list index out of range",
        "level: summary: IndexError: list index out of range",
    ]
    assert report.failing == ["level"]
    record = report.record()
    assert record["failing"] == ["level"]
    assert record["problems"] == record["monitors"]["level"]["problems"] == report.problems


def test_outcomes_are_counted():
    report = Report(1, {"level": Tally()})
    measured = Outcome("level", "a", "1", rows=({}, {}))
    report.add_outcomes([measured, Outcome("level", "b", "1", reason="broken")])
    assert report.tallies["level"] == Tally(measured=1, rows=2, failed=1)
    assert report.record()["failures"] == [
        {"monitor": "level", "rootname": "b", "reason": "broken"}
    ]


def test_modules_that_cannot_be_loaded_are_problems_of_no_monitor():
    report = Report(1, {"level": Tally(measured=1)}, unloadable=("broken.py: SyntaxError",))
    assert (report.problems, report.failing) == (["broken.py: SyntaxError"], [])
    assert report.state == runs.SUCCEEDED_WITH_FAILURES


def test_the_plan_and_the_alerts_are_counted():
    report = Report(1, {"level": Tally(), "other": Tally()})
    report.add_plan(MeasurementPlan((), {"level": 3, "other": 2}, {"level": ["a", "b"]}))
    report.add_alerts("other", [{"seen": None}])
    assert report.tallies == {
        "level": Tally(wanted=3, retired=2),
        "other": Tally(wanted=2, alerts=1),
    }
    assert report.needs_attention


def test_an_error_of_acsql_is_its_message_alone():
    assert described(MonitorError("no\n rows")) == "no rows"


def test_an_error_has_its_place_in_the_named_file_or_else_where_it_was_raised():
    error = raised(lambda: json.loads("{"))
    assert "(decoder.py line " in described(error)
    assert "(test_measure_report.py line " in described(error, __file__)
    assert described(error, "/elsewhere.py") == described(error)
    assert "decoder.py" not in described(error, __file__)


def test_a_message_is_one_short_line_of_unicode():
    assert one_line(ValueError(" a\n\tb \udcff")) == "a b ?"
    assert one_line(ValueError("x" * 10 * MAX_REASON)) == "x" * MAX_REASON + "..."
