"""Summaries in the database: one for each monitor, that of its last run."""

from datetime import datetime

from acsql.store import monitor_summaries
from acsql.store.client import Store
from acsql.store.monitor_summaries import MAX_ROWS, KeptSummary

WHEN = datetime(2026, 1, 1)
COLUMNS = [{"name": "filter", "type": "str", "description": None, "unit": None}]


def test_a_summary_replaces_the_one_before(store: Store) -> None:
    assert monitor_summaries.find(store, "sky") is None
    monitor_summaries.write(store, "sky", COLUMNS, [["F606W"], [None]], WHEN)
    monitor_summaries.write(store, "sky", COLUMNS, [["F814W"]], WHEN)
    assert monitor_summaries.find(store, "sky") == KeptSummary(COLUMNS, [["F814W"]], WHEN)
    assert monitor_summaries.find(store, "dark") is None


def test_a_long_summary_is_cut(store: Store) -> None:
    monitor_summaries.write(store, "sky", COLUMNS, [["F606W"]] * (MAX_ROWS + 1), WHEN)
    kept = monitor_summaries.find(store, "sky")
    assert kept is not None
    assert len(kept.rows) == MAX_ROWS
