"""Annotations in the database: their entries, and the current state of each observation."""
