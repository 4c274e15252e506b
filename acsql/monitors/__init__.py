"""Monitors: what measures every observation once, and what became of it.

A monitor is a value that says which observations it wants and how one is measured.  Everything
else (runs, rows, failures, alerts, pages) is the same for all monitors.
"""

from .alerts import Alert, Limit, Silence, Trend
from .monitor import Monitor, column

__all__ = ["Alert", "Limit", "Monitor", "Silence", "Trend", "column"]
