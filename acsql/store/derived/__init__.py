"""Collections derived from the observations, and whether they are current or stale."""
