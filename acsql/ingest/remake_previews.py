"""Rendering previews again, as after a change of the stretch.

Previews are rendered while a file is read, so the files with previews are ingested again, whether
or not they have changed.  Everything else about such a run is that of any ingest: its lock, its
record, its log and its retries.
"""

from collections.abc import Mapping
from typing import Any

from ..archive import connect
from ..config import Config
from ..query import Condition
from ..store import file_records
from .progress import Progress, no_progress
from .report import Report
from .run import Options, ingest
from .workers import PROCESSES


def remake_previews(
    config: Config,
    *conditions: str | Condition,
    workers: int | None = None,
    scheduler: str = PROCESSES,
    progress: Progress = no_progress,
) -> Report:
    """Render the previews and thumbnails of observations again.

    Parameters
    ----------
    config : Config
        The archive.
    *conditions : str or Condition
        Conditions on the observations, as in `Archive.where`; without any, all that are on disk.
    workers : int, optional
        Number of processes or threads, by default `Config.ncores`.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    progress : callable, optional
        Called with the number of observations; returns a context manager whose value is called
        without arguments each time one is done.

    Returns
    -------
    Report
        The report of the ingest.  Observations whose files have vanished keep their previews.

    Raises
    ------
    QueryError
        If a keyword of a condition does not exist, or a value does not fit its type.
    ConfigError
        If the file system does not exist, or `scheduler` is invalid.
    DatabaseError
        If the database does not answer.
    Busy
        If an ingest is running.
    """
    with connect(config, time_limit=None) as archive:
        filetypes = tuple(archive.specs.with_preview())
        rootnames = None
        if conditions:
            rows = archive.where(*conditions).columns("rootname").rows()
            stored = file_records.by_rootname(archive.store, [row["rootname"] for row in rows])
            rootnames = tuple(
                rootname
                for rootname, document in sorted(stored.items())
                if _on_disk(document) & {*filetypes}
            )
    options = Options(
        filetypes=filetypes,
        rootnames=rootnames,
        everything=True,
        workers=workers,
        scheduler=scheduler,
    )
    return ingest(config, options, progress)


def _on_disk(document: Mapping[str, Any]) -> set[str]:
    """Return the filetypes of an observation whose files have not vanished."""
    return {name for name, file in document["files"].items() if "vanished" not in file}
