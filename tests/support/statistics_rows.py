"""The rows of the statistics of an archive, after a refresh."""

import acsql
from acsql.store.derived import refresh


def refreshed(archive: acsql.Archive) -> dict:
    """Refresh the statistics, and return the rows by name."""
    refresh.refresh_all(archive.store, archive.specs)
    return {name: statistic.rows for name, statistic in archive.statistics().items()}
