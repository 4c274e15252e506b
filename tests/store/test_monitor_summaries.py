"""Summaries in the database: one for each monitor, that of its last run."""

from datetime import datetime

from acsql.store import monitor_summaries
from acsql.store.client import Store
from acsql.store.monitor_rows import Numbers
from acsql.store.monitor_summaries import MAX_ROWS, KeptSummary

COLUMNS = [{"name": "filter", "type": "str", "description": None, "unit": None}]
FIRST = KeptSummary(
    1,
    datetime(2026, 1, 1),
    Numbers(2, 8, 1),
    COLUMNS,
    [["F606W"], [None]],
    [53000.5],
    ["ja"],
    ["jb"],
)


def test_a_summary_replaces_the_one_before(store: Store) -> None:
    assert monitor_summaries.find(store, "sky") is None
    monitor_summaries.write(store, "sky", FIRST)
    assert monitor_summaries.find(store, "sky") == FIRST
    second = FIRST._replace(run=2, rows=[["F814W"]], marks=[])
    monitor_summaries.write(store, "sky", second)
    assert monitor_summaries.find(store, "sky") == second
    assert monitor_summaries.numbers(store) == {"sky": (2, Numbers(2, 8, 1))}
    assert monitor_summaries.find(store, "dark") is None


def test_a_long_summary_is_cut(store: Store) -> None:
    monitor_summaries.write(store, "sky", FIRST._replace(rows=[["F606W"]] * (MAX_ROWS + 1)))
    kept = monitor_summaries.find(store, "sky")
    assert kept is not None
    assert len(kept.rows) == MAX_ROWS


def test_a_summary_without_numbers_of_an_older_acsql_is_none(store: Store) -> None:
    older = {"_id": "sky", "columns": COLUMNS, "rows": [], "computed": FIRST.computed}
    store.database["monitor_summaries"].insert_one(older)
    assert monitor_summaries.find(store, "sky") is None
    assert monitor_summaries.numbers(store) == {}
