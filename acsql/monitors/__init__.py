"""Monitors: measurements of every observation, made once, with their results and alerts.

A monitor is a value that says which observations to measure, and how.  Everything
else (runs, rows, failures, alerts, pages) is the same for all monitors.
"""

from .alerts import Alert, Limit, Silence, Trend
from .monitor import Monitor, column

__all__ = ["Alert", "Limit", "Monitor", "Silence", "Trend", "column"]
