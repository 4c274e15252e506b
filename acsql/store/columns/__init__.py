"""Columns: the values of one field of many observations as Arrow arrays, derived from documents."""
