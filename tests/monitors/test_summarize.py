"""A run keeps the summary of a monitor, without numbers that are not finite."""

import math
from dataclasses import replace
from typing import Any

import pytest
from astropy.table import Table

import acsql
from acsql.errors import DatabaseError
from acsql.monitors import Monitor, column, summarize
from acsql.monitors.results import MonitorResults
from acsql.monitors.summarize import keep_summary
from acsql.store import monitor_summaries
from acsql.store.monitor_rows import Numbers

MONITOR = Monitor("level", "Level", lambda _: (), (column("level", "float", "level"),))


def kept_by(archive: acsql.Archive, **functions: Any) -> MonitorResults:
    """Return the results of a monitor of which a run has kept the summary."""
    results = MonitorResults(archive, replace(MONITOR, **functions))
    assert keep_summary(results, 1) is None
    return results


def test_values_marks_and_numbers_are_kept(empty_archive: acsql.Archive) -> None:
    def summary(table: Table) -> Table:
        """Return a value and a missing one."""
        assert len(table) == 0
        return Table({"month": ["2004-01", "2004-02"], "mean": [1.5, math.nan]})

    kept = kept_by(empty_archive, summary=summary, marks=lambda _: [53000]).kept_summary()
    assert kept.rows == [["2004-01", 1.5], ["2004-02", None]]
    assert [each["type"] for each in kept.columns] == ["str", "float"]
    assert (kept.run, kept.marks, kept.numbers) == (1, [53000.0], Numbers())


def test_a_summary_of_the_archive_needs_no_table(empty_archive: acsql.Archive) -> None:
    def summary(archive: acsql.Archive) -> Table:
        """Return the number of observations."""
        return Table({"observations": [archive.count()]})

    assert kept_by(empty_archive, archive_summary=summary).kept_summary().rows == [[0]]


def test_a_lost_database_is_no_fault_of_the_summary(empty_archive: acsql.Archive) -> None:
    def summary(_: Table) -> Table:
        """Fail as a query does."""
        raise DatabaseError("the database does not answer")

    results = MonitorResults(empty_archive, replace(MONITOR, summary=summary))
    with pytest.raises(DatabaseError):
        keep_summary(results, 1)


@pytest.mark.parametrize(
    ("functions", "words"),
    [
        ({"summary": lambda _: Table({"text": ["x" * 2_000_000]})}, "more than 1 MB"),
        ({"summary": lambda _: [1, 2]}, ""),
        ({"summary": lambda _: exec("raise SystemExit(3)")}, "3"),
        ({"archive_summary": lambda archive: archive.where("no_such=1").table()}, "no_such"),
        ({"marks": lambda _: ["soon"]}, "soon"),
    ],
)
def test_a_summary_that_cannot_be_made_leaves_the_numbers(
    empty_archive: acsql.Archive, functions: dict[str, Any], words: str
) -> None:
    results = MonitorResults(empty_archive, replace(MONITOR, **functions))
    problem = keep_summary(results, 7)
    assert words in str(problem)
    kept = results.kept_summary()
    assert (kept.run, kept.numbers, kept.rows, kept.marks) == (7, Numbers(), [], [])


def test_of_many_observations_a_sample_and_the_extremes_are_drawn(
    measured_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = measured_archive.monitor("exposure")
    kept = results.kept_summary()
    monkeypatch.setattr(summarize, "MAX_DRAWN", 8)
    monkeypatch.setattr(summarize, "MAX_EXTREMES", 6)
    try:
        assert keep_summary(results, 1) is None
        made = results.kept_summary()
    finally:
        monitor_summaries.write(measured_archive.store, "exposure", kept)
    table = results.table()
    assert len(made.drawn) == 2
    assert 2 <= len(made.extremes) <= 6
    held = table[[name in set(made.extremes) for name in table["rootname"]]]
    assert max(held["seconds"]) == max(table["seconds"])
