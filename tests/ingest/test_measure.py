"""Runs of monitors: what is measured, what is measured again, failures and kills."""

import itertools
import json
import logging
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from killed_measuring import commands_of_a_run, measure_killed_at
from shared_archives import fill

import acsql
from acsql.config import Config
from acsql.errors import Busy, ConfigError, MonitorError, QueryError
from acsql.ingest import measure, run
from acsql.ingest.measure_plan import Options
from acsql.monitors import Limit, Monitor, column, discovery
from acsql.store import lock, runs

LEVELS: dict[str, Any] = {}  # what the monitor of a test measures, by rootname


def level(observation: acsql.Observation) -> Iterator[dict[str, float]]:
    """Return the level that the test has set."""
    value = LEVELS.get(observation.rootname, 1.0)
    if isinstance(value, BaseException):
        raise value
    yield {"level": value}


MONITOR = Monitor(
    name="level",
    title="Level",
    measure=level,
    condition="exists(raw.0.detector)",
    filetypes=("raw",),
    columns=(column("level", "float", "level"),),
    alerts=(Limit("level", high=10),),
)


@pytest.fixture
def archive(
    config: Config, sample_filesystem: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[acsql.Archive]:
    """An archive of a few observations, with one monitor."""
    names = sorted(path.name for path in sample_filesystem.glob("*/*") if path.is_dir())[::5]
    config = replace(config, filesystem=sample_filesystem)

    def ingest() -> None:
        run.ingest(config, run.Options(rootnames=tuple(names), scheduler="synchronous"))

    fill(shared / "few_ingested", config.data_dir.parent, config.connection_string, ingest)
    LEVELS.clear()
    use(monkeypatch, MONITOR)
    with acsql.connect(config) as opened:
        yield opened


def use(monkeypatch: pytest.MonkeyPatch, *monitors: Monitor) -> None:
    """Let these be the monitors of the archive."""
    found = discovery.Found({each.name: each for each in monitors}, ())
    monkeypatch.setattr(measure, "find_monitors", lambda _: found)
    monkeypatch.setattr("acsql.monitors.monitored.find_monitors", lambda _: found)


def measured(archive: acsql.Archive, **options: Any) -> measure.Report:
    return measure.run(archive.config, Options(scheduler="synchronous", **options))


def wanted(archive: acsql.Archive) -> set[str]:
    return {row["rootname"] for row in archive.where(MONITOR.condition).columns("rootname").rows()}


def levels(archive: acsql.Archive, **options: Any) -> list[tuple[str, float]]:
    table = archive.monitor("level").table(**options)
    return sorted(zip(table["rootname"].tolist(), table["level"].tolist(), strict=True))


def test_each_wanted_observation_is_measured_once(archive: acsql.Archive) -> None:
    names = wanted(archive)
    assert 1 < len(names) < archive.count()
    assert measured(archive).tallies["level"].measured == len(names)
    assert levels(archive) == [(name, 1.0) for name in sorted(names)]
    second = measured(archive)
    assert (second.state, second.tallies["level"].measured) == (runs.NOTHING_NEW, 0)
    states = [record["state"] for record in archive.monitor_runs()]
    assert states == [runs.NOTHING_NEW, runs.SUCCEEDED]


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_every_scheduler_measures_the_same(archive: acsql.Archive, scheduler: str) -> None:
    use(pytest.MonkeyPatch(), *discovery._found(()).monitors.values())
    expected = measured(archive).tallies
    again = measure.run(archive.config, Options(again=True, scheduler=scheduler, workers=2))
    assert again.tallies == expected


def test_an_unknown_scheduler_is_refused(archive: acsql.Archive) -> None:
    with pytest.raises(ConfigError, match="scheduler"):
        measure.run(archive.config, Options(scheduler="many"))


def test_a_changed_file_is_measured_again_if_the_monitor_uses_it(archive: acsql.Archive) -> None:
    measured(archive)
    first, second = sorted(wanted(archive))[:2]
    for name, filetype in ((first, "raw"), (second, "flt")):
        change = {"$set": {f"files.{filetype}.size": 9}}
        for collection in (archive.store.observations, archive.store.headerless):
            collection.update_one({"_id": name}, change)
    LEVELS.update({first: 2.0, second: 2.0})
    assert measured(archive).tallies["level"].measured == 1
    assert dict(levels(archive))[first] == 2.0
    assert dict(levels(archive))[second] == 1.0
    assert len(levels(archive, older=True)) == len(levels(archive)) + 1
    assert archive.monitor("level").table(older=True)["superseded"].sum() == 1


def test_a_new_version_of_a_monitor_measures_all_again(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(archive)
    use(monkeypatch, replace(MONITOR, version=2))
    assert measured(archive).tallies["level"].measured == len(wanted(archive))
    assert len(levels(archive, older=True)) == 2 * len(wanted(archive))


def test_what_the_condition_no_longer_selects_has_no_current_rows(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(archive)
    use(monkeypatch, replace(MONITOR, condition="exists(raw.0.detector) detector=WFC"))
    report = measured(archive)
    tables = archive.monitor("level")
    assert set(tables.table()["rootname"]) == set(tables.table("detector=WFC")["rootname"])
    assert report.tallies["level"].retired == len(wanted(archive)) - len(tables.table())
    assert measured(archive).tallies["level"].retired == 0


def test_a_failure_is_kept_and_the_others_are_measured(archive: acsql.Archive) -> None:
    first, second, *_ = sorted(wanted(archive))
    LEVELS.update({first: ZeroDivisionError("x"), second: PermissionError(13, "denied")})
    report = measured(archive)
    assert report.state == runs.SUCCEEDED_WITH_FAILURES
    assert report.tallies["level"].failed == 2
    assert len(levels(archive)) == len(wanted(archive)) - 2
    failures = {each["rootname"]: each for each in archive.monitor("level").failures()}
    line = level.__code__.co_firstlineno + 4
    assert failures[first]["reason"] == f"ZeroDivisionError: x (test_measure.py line {line})"
    assert not failures[first]["owed"]
    assert failures[second]["owed"]
    # The cause of the second is outside of the observation: every run tries again.
    LEVELS.clear()
    assert measured(archive).tallies["level"].measured == 1
    assert measured(archive).tallies["level"].measured == 0
    assert measured(archive, retry_failed=True).tallies["level"].measured == 1
    assert archive.monitor("level").failures() == []


def test_a_failure_is_in_the_report_and_no_error_of_the_log(
    archive: acsql.Archive, caplog: pytest.LogCaptureFixture
) -> None:
    first = min(wanted(archive))
    LEVELS[first] = ValueError("broken")
    with caplog.at_level(logging.INFO, "acsql"):
        report = measured(archive)
    assert [each.rootname for each in report.failures] == [first]
    (record,) = (each for each in caplog.records if "broken" in each.getMessage())
    assert record.levelno == logging.INFO


def test_a_value_that_does_not_fit_its_column_is_a_failure(archive: acsql.Archive) -> None:
    first = min(wanted(archive))
    LEVELS[first] = "high"
    measured(archive)
    (failure,) = archive.monitor("level").failures()
    assert "not of type float" in failure["reason"]


def test_a_measurement_that_does_not_end_is_owed(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(_: acsql.Observation) -> list[dict[str, float]]:
        """Hang as a read of a frozen mount does."""
        time.sleep(30)
        return []

    use(monkeypatch, replace(MONITOR, measure=hang))
    archive.config = replace(archive.config, read_timeout=1)
    measured(archive, conditions=(f"rootname={min(wanted(archive))}",))
    (failure,) = archive.monitor("level").failures()
    assert failure["owed"]
    assert "no answer within" in failure["reason"]


def test_conditions_and_a_date_limit_what_is_measured(archive: acsql.Archive) -> None:
    name = min(wanted(archive))
    assert measured(archive, since="2100-01-01").tallies["level"].measured == 0
    assert measured(archive, conditions=(f"rootname={name}",)).tallies["level"].measured == 1
    LEVELS[name] = 5.0
    again = measured(archive, conditions=(f"rootname={name}",), again=True)
    assert again.tallies["level"].measured == 1
    assert levels(archive, older=True) == [(name, 5.0)]
    assert measured(archive, since="2000-01-01").tallies["level"].retired == 0


def test_wrong_names_and_conditions_begin_no_run(archive: acsql.Archive) -> None:
    with pytest.raises(MonitorError, match="no monitor 'bias'"):
        measured(archive, monitors=("bias",))
    assert archive.monitor_runs() == []
    for options in ({"conditions": ("no_such_keyword=1",)}, {"since": "2020-13-45"}):
        with pytest.raises(QueryError):
            measured(archive, **options)
    assert archive.monitor_runs() == []


def test_a_monitor_that_is_named_twice_runs_once(archive: acsql.Archive) -> None:
    LEVELS[min(wanted(archive))] = 11.0
    report = measured(archive, monitors=("level", "level"), conditions=("raw.0.detector=WFC",))
    assert len(report.alerts) == report.tallies["level"].alerts


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ({"condition": "no_such_keyword=1"}, "condition: there is no keyword 'no_such_keyword'"),
        ({"filetypes": ("rwa",)}, "filetypes: rwa: the filetypes are raw"),
        ({"columns": (column("level", "float", "", "furlong / x"),)}, "units: .*no unit"),
    ],
)
def test_a_monitor_that_cannot_run_is_a_problem_and_the_others_run(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch, slip: dict[str, Any], words: str
) -> None:
    use(monkeypatch, replace(MONITOR, name="slip", **slip), MONITOR)
    report = measured(archive)
    assert report.failing == ["slip"]
    (problem,) = report.problems
    assert re.match(f"slip: {words}", problem)
    assert report.tallies["level"].measured == len(wanted(archive))
    states = {name: each.state for name, each in archive.monitors().items()}
    assert states == {"slip": "failing", "level": "succeeded"}
    assert archive.monitor_health().failing == ["slip"]


def test_alerts_that_fail_are_a_problem_and_the_open_ones_stay_open(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    rootnames = archive.where(MONITOR.condition).sort("expstart").columns("rootname").rows()
    LEVELS[[row["rootname"] for row in rootnames][-1]] = 11.0
    assert len(measured(archive).alerts) == 1

    class Broken(Limit):
        """A rule with a fault."""

        def check(self, _: Any) -> Any:
            """Fail as the code of a monitor does."""
            raise QueryError("of its author")

    use(monkeypatch, replace(MONITOR, alerts=(Broken("level", high=10),)))
    report = measured(archive)
    assert report.problems == ["level: alerts: of its author"]
    assert [alert["message"] for alert in report.alerts] == ["level is 11, above 10"]
    assert archive.monitor("level").kept_summary().run == report.run


def test_a_monitor_that_ends_the_program_is_a_failure(archive: acsql.Archive) -> None:
    first = min(wanted(archive))
    LEVELS[first] = SystemExit("bye")
    assert measured(archive).tallies["level"].failed == 1
    (failure,) = archive.monitor("level").failures()
    assert failure["reason"].startswith("SystemExit: bye (test_measure.py line ")


@pytest.mark.parametrize("value", [10**400, "\udcff", "x" * 2_000_000, [1], {"a": 1}, 1 + 2j])
def test_a_value_that_the_database_cannot_hold_costs_one_observation(
    archive: acsql.Archive, value: Any
) -> None:
    first = min(wanted(archive))
    LEVELS[first] = value
    tally = measured(archive).tallies["level"]
    assert (tally.failed, tally.measured) == (1, len(wanted(archive)) - 1)


def test_the_reason_of_a_failure_is_one_line_that_the_database_can_hold(
    archive: acsql.Archive,
) -> None:
    LEVELS[min(wanted(archive))] = ValueError("one\ntwo \udcff " + "x" * 20_000_000)
    measured(archive)
    (failure,) = archive.monitor("level").failures()
    assert failure["reason"].startswith("ValueError: one two ? xxx")
    assert len(failure["reason"]) < 600


def test_the_place_of_an_error_is_in_the_code_of_the_monitor(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: acsql.Observation) -> Any:
        """Fail in a library."""
        return json.loads("{")

    use(monkeypatch, replace(MONITOR, measure=fail))
    measured(archive, conditions=(f"rootname={min(wanted(archive))}",))
    (failure,) = archive.monitor("level").failures()
    line = fail.__code__.co_firstlineno + 2
    assert failure["reason"].endswith(f" (test_measure.py line {line})")


def test_a_monitor_that_vanishes_during_a_run_is_owed(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = discovery.Found({"level": MONITOR}, ())
    answers = itertools.chain([found, found], itertools.repeat(discovery.Found({}, ())))
    monkeypatch.setattr(measure, "find_monitors", lambda _: next(answers))
    report = measured(archive)
    assert report.tallies["level"].measured == 1
    assert {each.owed for each in report.failures} == {True}


def test_a_module_that_cannot_be_loaded_is_a_problem_of_the_run(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = discovery.Found({"level": MONITOR}, ("broken.py: SyntaxError",))
    monkeypatch.setattr(measure, "find_monitors", lambda _: found)
    report = measured(archive)
    assert report.problems == ["broken.py: SyntaxError"]
    assert report.state == runs.SUCCEEDED_WITH_FAILURES


def test_a_plot_that_fails_is_a_problem_of_the_run(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(table: Any) -> Any:
        """Fail as the code of a monitor does."""
        return table["no such column"]

    use(monkeypatch, replace(MONITOR, plot=fail))
    (problem,) = measured(archive).problems
    assert problem.startswith("level: plot: KeyError: ")
    assert archive.monitors()["level"].state == "failing"


def test_a_summary_that_fails_is_a_problem_of_the_run(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> Any:
        """Fail as the code of a monitor does."""
        raise ValueError("empty")

    use(monkeypatch, replace(MONITOR, summary=fail))
    report = measured(archive)
    (problem,) = report.problems
    assert re.match(r"level: summary: ValueError: empty \(test_measure\.py line \d+\)$", problem)
    assert archive.monitors()["level"].state == "failing"
    assert report.tallies["level"].measured == len(wanted(archive))
    assert archive.monitor_runs()[0]["state"] == runs.SUCCEEDED_WITH_FAILURES


def test_alerts_are_opened_and_closed_by_runs(archive: acsql.Archive) -> None:
    table = archive.where(MONITOR.condition).columns("rootname").sort("expstart")
    last = [row["rootname"] for row in table.rows()][-1]
    LEVELS[last] = 11.0
    report = measured(archive)
    assert report.needs_attention
    (alert,) = archive.alerts()
    assert (alert["message"], alert["rootname"]) == ("level is 11, above 10", last)
    assert report.alerts == [alert]
    # It needs no attention of others once it was seen.
    archive.monitor("level").mark_seen("ada")
    again = measured(archive)
    assert (again.tallies["level"].alerts, again.needs_attention) == (1, False)
    LEVELS.clear()
    assert measured(archive, again=True).tallies["level"].alerts == 0
    (alert,) = archive.alerts()
    assert alert["closed"] is not None


def test_two_runs_exclude_each_other_but_not_an_ingest(archive: acsql.Archive) -> None:
    with lock.hold(archive.store, "monitor run", lock.MONITORS):
        with pytest.raises(Busy, match="monitor run"):
            measured(archive)
        run.ingest(archive.config, run.Options(rootnames=(), scheduler="synchronous"))
    measured(archive)


def test_what_was_measured_before_an_interruption_is_written(
    archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = measure._log
    seen: list[Any] = []

    def interrupt(outcomes: Any) -> None:
        original(outcomes)
        seen.append(outcomes)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(measure, "_log", interrupt)
        with pytest.raises(KeyboardInterrupt):
            measured(archive)
    assert len(levels(archive)) == 3
    assert archive.monitor_runs()[0]["state"] == runs.INTERRUPTED
    assert measured(archive).tallies["level"].measured == len(wanted(archive)) - 3


# At how many commands of a run it is killed, before and after each; they are spread over the run,
# which has over a hundred.  The quick part kills six times, the whole over 50 times in two minutes.
KILLED_AT = 30 if "ALL_KILLS" in os.environ else 3


def test_a_killed_run_leaves_no_row_twice_and_none_missing(
    config: Config,
    sample_filesystem: Path,
    write_settings: Callable[[Config, Path], Path],
    tmp_path: Path,
) -> None:
    names = sorted(path.name for path in sample_filesystem.glob("*/*") if path.is_dir())[::2]
    config = replace(config, filesystem=sample_filesystem)
    run.ingest(config, run.Options(rootnames=tuple(names), scheduler="synchronous"))
    settings = write_settings(config, tmp_path)
    commands = commands_of_a_run(settings)
    with closing(acsql.connect(config)) as archive:
        complete = everything(archive)
        kills = 0
        for number in (1 + part * commands // KILLED_AT for part in range(KILLED_AT)):
            for moment in ("before", "after"):
                for collection in ("monitor_rows", "monitor_runs", "monitor_alerts"):
                    archive.store.database[collection].delete_many({})
                # Fewer commands are sent when collections and indexes exist.
                if measure_killed_at(settings, number, moment) == -signal.SIGKILL:
                    kills += 1
                written = archive.store.database["monitor_rows"].count_documents({})
                report = measured(archive)
                tallies = report.tallies.values()
                assert written + sum(tally.measured for tally in tallies) == len(complete)
                assert everything(archive) == complete, f"killed {moment} command {number}"
                states = {record["state"] for record in archive.monitor_runs()}
                assert runs.RUNNING not in states
    assert kills >= (50 if KILLED_AT > 3 else 4)


def everything(archive: acsql.Archive) -> list[Any]:
    """Return all rows, and what else a document of rows has but times and numbers of runs."""
    documents = archive.store.database["monitor_rows"].find({}, {"measured": 0, "run": 0})
    return sorted(documents, key=lambda document: document["_id"])
