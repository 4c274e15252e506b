"""What a script reads of a monitor: its table, its failures and its alerts."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from astropy import units

import acsql
from acsql.errors import MonitorError, QueryError
from acsql.monitors import Limit, Silence, Trend
from acsql.monitors.alerts import AlertRule, Measurements
from acsql.monitors.results import MonitorResults
from acsql.store import monitor_rows, monitor_summaries


def test_the_table_has_the_measurements_in_order_of_time_with_units(
    measured_archive: acsql.Archive,
) -> None:
    table = measured_archive.monitor("exposure").table()
    assert table.colnames == ["rootname", "expstart", "seconds", "detector"]
    assert (table["seconds"].unit, table["expstart"].unit) == (units.s, units.d)
    assert list(table["expstart"]) == sorted(table["expstart"])
    rows = measured_archive.where("exists(exptime) detector!=SBC").columns("rootname", "exptime")
    assert dict(zip(table["rootname"], table["seconds"], strict=True)) == {
        row["rootname"]: row["exptime"] for row in rows.rows()
    }


def test_conditions_and_a_date_select_observations(measured_archive: acsql.Archive) -> None:
    results = measured_archive.monitor("exposure")
    everything = results.table()
    hrc = results.table("detector=HRC", exptime=(1, None))
    assert set(hrc["detector"]) == {"HRC"}
    assert 0 < len(hrc) < len(everything)
    begin = float(np.median(np.asarray(everything["expstart"])))
    late = results.table(since=acsql.query.dates.period(begin)[0])
    assert list(late["rootname"]) == list(
        everything["rootname"][everything["expstart"] >= begin - 1e-6]
    )
    assert len(results.table(since="2100")) == 0


@pytest.mark.parametrize("since", ["soon", "2004-13", "", object()])
def test_what_is_no_date_is_refused(measured_archive: acsql.Archive, since: object) -> None:
    with pytest.raises(QueryError, match="not a date"):
        measured_archive.monitor("exposure").table(since=since)


def test_the_latest_rows_and_those_drawn_are_parts_of_the_table(
    measured_archive: acsql.Archive,
) -> None:
    results = measured_archive.monitor("exposure")
    names = list(results.table()["rootname"])
    assert [row["rootname"] for row in results.latest(3)] == names[-3:]
    assert [row["rootname"] for row in results.drawn()] == names


def test_of_many_observations_those_are_drawn_that_a_run_has_chosen(
    measured_archive: acsql.Archive,
) -> None:
    store, results = measured_archive.store, measured_archive.monitor("exposure")
    names = list(results.table()["rootname"])
    chosen = monitor_rows.sample(store, "exposure", 4)
    assert len(set(chosen)) == len(chosen) == 4
    assert set(chosen) <= set(names)
    kept = results.kept_summary()
    extremes = [names[0], chosen[0]]
    summary = kept._replace(drawn=chosen, extremes=extremes)
    monitor_summaries.write(store, "exposure", summary)
    try:
        expected = [name for name in names if name in {*chosen, *extremes}]
        assert [row["rootname"] for row in results.drawn()] == expected
    finally:
        monitor_summaries.write(store, "exposure", kept)


def test_what_failed_is_listed_with_its_reason(measured_archive: acsql.Archive) -> None:
    failures = measured_archive.monitor("exposure").failures()
    sbc = measured_archive.where("exists(exptime) detector=SBC").columns("rootname").rows()
    assert {failure["rootname"] for failure in failures} == {row["rootname"] for row in sbc}
    assert {failure["reason"] for failure in failures} == {
        "ValueError: no shutter (exposure.py line 7)"
    }
    assert not any(failure["owed"] for failure in failures)


def test_alerts_have_the_latest_observation(measured_archive: acsql.Archive) -> None:
    results = measured_archive.monitor("exposure")
    table = results.table()
    alerts = {alert["key"]: alert for alert in results.alerts()}
    assert alerts.keys() == {f"limit seconds above {name}" for name in set(table["detector"])}
    wfc = table[table["detector"] == "WFC"][-1]
    alert = alerts["limit seconds above WFC"]
    assert alert["message"] == f"seconds of detector WFC is {wfc['seconds']:g}, above -1"
    assert alert["rootname"] == wfc["rootname"]
    assert isinstance(alert["opened"], datetime)
    assert alert["closed"] is None


@pytest.mark.parametrize(
    "rule",
    [Limit("seconds", high=-1), Trend("seconds", 0), Trend("seconds", 0, days=1e5), Silence(0)],
)
@pytest.mark.parametrize("by", ["detector", None])
def test_alerts_from_the_rows_of_their_windows_are_those_from_all_rows(
    measured_archive: acsql.Archive, rule: AlertRule, by: str | None
) -> None:
    results = measured_archive.monitor("exposure")
    starts = measured_archive.where("exists(expstart)").columns("expstart").rows()
    newest = max(row["expstart"] for row in starts)
    monitor = replace(results.monitor, alerts=(rule,), by=by)
    every = list(rule.check(Measurements(results.table(), by, newest)))
    assert MonitorResults(measured_archive, monitor).check() == every


def test_a_monitor_without_a_summary_has_none(measured_archive: acsql.Archive) -> None:
    assert measured_archive.monitor("exposure").summary() is None
    assert measured_archive.monitor("calibration").summary() is not None


def test_a_monitor_that_does_not_exist_is_named_with_those_that_do(
    measured_archive: acsql.Archive,
) -> None:
    with pytest.raises(MonitorError, match=r"'bais': the monitors are .*pointing.*exposure"):
        measured_archive.monitor("bais")


def test_a_run_keeps_the_summary_of_all_rows(measured_archive: acsql.Archive) -> None:
    results = measured_archive.monitor("calibration")
    summary, kept = results.summary(), results.kept_summary()
    assert [column["name"] for column in kept.columns] == summary.colnames
    assert kept.rows == [list(row) for row in summary]
    assert measured_archive.monitor("pointing").kept_summary().rows == []
