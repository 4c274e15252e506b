"""Summaries of monitors, which each run makes and keeps for the pages.

Pages show them without reading all rows.
"""

import math
from collections.abc import Iterable
from typing import Any

from ..errors import DatabaseError, MonitorError
from ..export.tables import table_columns, table_rows
from ..store import monitor_rows, monitor_summaries, monitor_windows
from ..store.monitor_summaries import KeptSummary
from ..store.schema import now
from .monitor import MAX_BYTES
from .results import MAX_DRAWN, MAX_EXTREMES, MonitorResults

_BYTES_OF_MARK = 8


def keep_summary(results: MonitorResults, run: int) -> BaseException | None:
    """Make the summary of a monitor, and keep it with the numbers of its rows.

    Parameters
    ----------
    results : MonitorResults
        Of the monitor; the caller holds the lock of the monitors.
    run : int
        The number of the run.

    Returns
    -------
    BaseException or None
        The error that the code of the monitor raised, if any; then only the numbers are kept.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    store, name = results.archive.store, results.monitor.name
    numbers = monitor_rows.numbers(store, [name]).get(name, monitor_rows.Numbers())
    kept = KeptSummary(run, now(), numbers)
    if numbers.measured > MAX_DRAWN:
        kept = kept._replace(**_drawn(results))
    problem: BaseException | None = None
    try:
        kept = kept._replace(**_summarized(results))
    except DatabaseError:
        raise
    except (Exception, SystemExit) as error:
        problem = error
    monitor_summaries.write(store, name, kept)
    return problem


def _drawn(results: MonitorResults) -> dict[str, Any]:
    """Return the observations of a sample, and those with extremes, which a sample can miss."""
    store, monitor = results.archive.store, results.monitor
    columns = [column.address for column in monitor.drawn]
    return {
        "drawn": monitor_rows.sample(store, monitor.name, MAX_DRAWN - MAX_EXTREMES),
        "extremes": monitor_windows.extremes(
            store, monitor.name, columns, monitor.by, MAX_EXTREMES
        ),
    }


def _summarized(results: MonitorResults) -> dict[str, Any]:
    """Return the columns, rows and marks of a summary."""
    summary, marks = results.summary_and_marks()
    columns = [] if summary is None else table_columns(summary)
    described = [
        {
            "name": each.address,
            "type": each.spec.type,
            "description": each.spec.description,
            "unit": each.spec.unit,
        }
        for each in columns
    ]
    rows = [] if summary is None else [_known(row.values()) for row in table_rows(summary)]
    size = sum(len(str(value)) for row in rows for value in row) + len(marks) * _BYTES_OF_MARK
    if size > MAX_BYTES:
        raise MonitorError(f"it has more than {MAX_BYTES / 1e6:g} MB; a summary is for a page")
    return {"columns": described, "rows": rows, "marks": marks}


def _known(values: Iterable[Any]) -> list[Any]:
    """Return values, None for numbers that are not finite."""
    return [
        None if isinstance(value, float) and not math.isfinite(value) else value for value in values
    ]
