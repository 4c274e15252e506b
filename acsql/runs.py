"""Run records of ingest and of monitors, for scripts and pages.

A run that died could not close its record: while no acsql holds the lock of the archive, or that
of its monitors, a record that says *running* is shown as *died*.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from . import paths
from .errors import RunNotFound, UnsafePath
from .permissions import PICTURES_AND_LOGS, is_readable_file
from .store import runs
from .store.client import Store
from .store.schema import INGEST_RUNS, now

# An archive that is ingested every night is overdue after this many hours without a successful
# run: one night may fail.
OVERDUE_HOURS = 36

RunRecord = dict[str, Any]


def newest(
    store: Store, limit: int, before: int | None = None, collection: str = INGEST_RUNS
) -> list[RunRecord]:
    """Return the records of the newest runs, without their lists.

    Parameters
    ----------
    store : Store
        The database.
    limit : int
        At most this many records.
    before : int, optional
        Only runs with a smaller number.
    collection : str
        The collection of the records, of `acsql.store.schema`.

    Returns
    -------
    list of dict
        The newest first; ``listed`` has the length of each list that is left out.
    """
    return _with_states(store, runs.newest(store, limit, before, collection), collection)


def get(store: Store, number: int) -> RunRecord:
    """Return the record of one run, with the beginnings of its lists.

    Parameters
    ----------
    store : Store
        The database.
    number : int
        The number of the run, from 1.

    Returns
    -------
    dict
        The record; ``listed`` has the length of each list, such as ``failures``.  A list has its
        first entries, usually 500; the log has all.

    Raises
    ------
    RunNotFound
        If there is no such run.
    """
    record = runs.get(store, number)
    if record is None:
        raise RunNotFound(f"there is no ingest run {number}")
    return _with_states(store, [record])[0]


def log_path(store: Store, log_dir: Path, number: int) -> Path:
    """Return the log file of one run.

    Parameters
    ----------
    store : Store
        The database.
    log_dir : Path
        The folder of the log files; no other file is ever returned.
    number : int
        The number of the run, from 1.

    Returns
    -------
    Path
        An existing file.

    Raises
    ------
    RunNotFound
        If there is no such run, it wrote no log, or the log no longer exists.
    AccessDenied
        If this process may not read it.
    """
    recorded = get(store, number).get("log")
    if not recorded:
        raise RunNotFound(f"ingest run {number} wrote no log")
    try:
        # The folder may have been moved since.
        path = paths.confined(log_dir, Path(str(recorded)).name)
    except UnsafePath as error:
        raise RunNotFound(f"ingest run {number}: {error}") from error
    if not is_readable_file(path, f"the log of ingest run {number}", PICTURES_AND_LOGS):
        raise RunNotFound(f"the log of ingest run {number} no longer exists in {log_dir}")
    return path


def hours_since_success(store: Store, newest_record: RunRecord | None = None) -> float | None:
    """Return the hours since the last successful run ended.

    Parameters
    ----------
    store : Store
        The database.
    newest_record : dict, optional
        The record of the newest run, if it is known; no other is read if it was successful.

    Returns
    -------
    float or None
        None if there was no successful run.  Runs with nothing to do and runs in which some
        files failed count as successful.
    """
    record = newest_record
    if record is None or not is_successful(record):
        record = runs.last(store, runs.SUCCESSFUL)
    return hours_since(record["finished"] if record else None)


def hours_since(time: datetime | None) -> float | None:
    """Return the hours since a time in UTC, or None if there is none."""
    return None if time is None else (now() - time).total_seconds() / 3600


def is_successful(record: RunRecord) -> bool:
    """Whether a run succeeded, perhaps with nothing to do or with some failed files."""
    return record["state"] in runs.SUCCESSFUL


def is_overdue(hours: float | None, limit: float = OVERDUE_HOURS) -> bool:
    """Whether the last successful run, this many hours ago, is too long ago.

    Parameters
    ----------
    hours : float or None
        As of `hours_since_success`.
    limit : float
        The hours after which an archive is overdue.

    Returns
    -------
    bool
        True also if there was no successful run.
    """
    return hours is None or hours > limit


def _with_states(
    store: Store, records: list[RunRecord], collection: str = INGEST_RUNS
) -> list[RunRecord]:
    """Return records whose state is *died* if they say *running* and no acsql is running."""
    recorded = [(record["_id"], record["state"]) for record in records]
    states = runs.states(store, recorded, collection)
    return [record | {"state": state} for record, state in zip(records, states, strict=True)]
