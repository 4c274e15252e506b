"""Annotations in the database: their entries, and what holds of each observation."""
