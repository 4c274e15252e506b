"""Stored summaries of monitors.

A summary is made from all rows of a monitor, which are too many to read for a page.  Each run
replaces it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from .client import Store
from .monitor_rows import Numbers
from .schema import MONITOR_SUMMARIES

# Rows that are kept, as many as a page can show.
MAX_ROWS = 1000


class KeptSummary(NamedTuple):
    """A summary as a run has made it.

    Attributes
    ----------
    run : int
        The number of the run.
    computed : datetime
        When, in UTC.
    numbers : Numbers
        The numbers of the observations of the monitor, and of their rows.
    columns : sequence of dict
        The name, type, description and unit of each column.
    rows : sequence of list
        The values of each row in the order of the columns.
    marks : sequence of float
        The times that plots mark, as Modified Julian Dates.
    drawn : sequence of str
        The observations that plots show, chosen by chance; empty for all.
    extremes : sequence of str
        The observations that plots show beside them, with the extremes of each period and series.
    """

    run: int
    computed: datetime
    numbers: Numbers = Numbers()
    columns: Sequence[Mapping[str, Any]] = ()
    rows: Sequence[Sequence[Any]] = ()
    marks: Sequence[float] = ()
    drawn: Sequence[str] = ()
    extremes: Sequence[str] = ()


def write(store: Store, monitor: str, summary: KeptSummary) -> None:
    """Replace the summary of a monitor.

    Parameters
    ----------
    store : Store
        The open database; the caller holds the lock of the monitors.
    monitor : str
        The name of the monitor.
    summary : KeptSummary
        The summary; the first `MAX_ROWS` of its rows are kept.
    """
    kept = summary._asdict() | {
        "numbers": asdict(summary.numbers),
        "rows": list(summary.rows[:MAX_ROWS]),
    }
    with store.errors():
        store.database[MONITOR_SUMMARIES].replace_one({"_id": monitor}, kept, upsert=True)


def find(store: Store, monitor: str) -> KeptSummary | None:
    """Return the summary of a monitor, None if no run has made one.

    Parameters
    ----------
    store : Store
        The open database.
    monitor : str
        The name of the monitor.
    """
    return _find(store, {"_id": {"$eq": monitor}}).get(monitor)


def numbers(store: Store) -> dict[str, tuple[int, Numbers]]:
    """Return, of each monitor with a summary, the run that made it and its numbers.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    dict
        Names of monitors to the number of the run and the numbers.
    """
    found = _find(store, {}, {"rows": 0, "columns": 0, "marks": 0, "drawn": 0, "extremes": 0})
    return {name: (kept.run, kept.numbers) for name, kept in found.items()}


def _find(
    store: Store, filter_: Mapping[str, Any], fields: Mapping[str, int] | None = None
) -> dict[str, KeptSummary]:
    # Summaries that an older acsql has written have no numbers; the next run replaces them.
    whole = {"$and": [filter_, {"numbers": {"$exists": True}}]}
    with store.errors():
        found = list(store.database[MONITOR_SUMMARIES].find(whole, fields))
    return {
        kept.pop("_id"): KeptSummary(**kept | {"numbers": Numbers(**kept["numbers"])})
        for kept in found
    }
