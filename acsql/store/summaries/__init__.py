"""Summaries of observations, computed when asked for: totals, statistics and proposals."""
