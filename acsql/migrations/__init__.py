"""Database migrations: the runner and, in `steps`, the released steps."""
