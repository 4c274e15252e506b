"""Watching: new and changed observations, and new annotations, for scripts that run repeatedly."""
