"""Watching: each new or changed observation once, for nightly jobs and continuous monitors.

Two sources report candidates, and the checkpoint decides which are new: the dates of ingest,
which every server has, and the change stream of a replica set, which resumes where the script
stopped.  A worker sets the date of ingest and may then wait for a lost database before it
writes, so dates are read again from some time before the latest one.  A document written even
later is missed on a server without change streams.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .. import query
from ..config import Config
from ..observation import Observation
from ..query import And, Between, Equals
from ..search import Search
from ..search.annotated import looked_up
from ..search.limits import seconds
from ..store import change_feed, observations, queries
from ..store.client import Store
from .checkpoint import Checkpoint, StreamPosition

# A document may be written this many times `database_wait` after its date of ingest: the worker
# that sets the date can wait for the database once for each of its operations.
LATE_WRITE_FACTOR = 3
INGESTED = "last_ingest_date"


@dataclass(frozen=True)
class Pace:
    """The intervals at which a watch looks for changes.

    Attributes
    ----------
    patience : float or None
        Seconds without a new observation after which the watch ends; None for never.
    every : float
        Seconds between two looks at the dates of ingest.

    Raises
    ------
    QueryError
        If `patience` is negative or `every` is not greater than 0.
    """

    patience: float | None
    every: float

    def __post_init__(self) -> None:
        seconds(self.every, "every")
        if self.patience:
            seconds(self.patience, "patience")

    @property
    def pause(self) -> float:
        """Waiting time for a change in seconds: `every`, but not longer than `patience`."""
        return self.every if self.patience is None else min(self.every, self.patience)


def ingested_since(search: Search, config: Config, moment: datetime | str) -> Iterator[Observation]:
    """Yield the observations of a search that were ingested at or after a moment.

    Parameters
    ----------
    search : Search
        The observations of interest.
    config : Config
        The configuration of the archive.
    moment : datetime or str
        UTC, unless it has a time zone.

    Yields
    ------
    Observation
        In the order of ingest.

    Raises
    ------
    QueryError
        If `moment` is not a date.
    """
    source = search.source
    rows = search.where(Between(INGESTED, low=moment)).columns("rootname").sort(INGESTED).rows()
    # All names at once: the server closes a cursor while a script works on each observation.
    rootnames = [row["rootname"] for row in rows]
    return (
        Observation.load(source.store, source.specs, config, rootname) for rootname in rootnames
    )


def watch(
    search: Search, config: Config, path: Path, since: datetime | str | None, pace: Pace
) -> Iterator[Observation]:
    """Yield each new or changed observation of a search once.

    Parameters
    ----------
    search : Search
        The observations of interest.
    config : Config
        The configuration of the archive.
    path : Path
        The checkpoint.
    since : datetime or str, optional
        For a new checkpoint: only observations ingested at or after this moment.
    pace : Pace
        How to wait.

    Yields
    ------
    Observation
        Recorded as delivered when the next one is requested.

    Raises
    ------
    ArchiveError
        If the file is not a checkpoint or is in use.
    QueryError
        If `since` is not a date.
    """
    source = search.source
    column = query.resolve(INGESTED, source.specs)
    begin = None if since is None else query.coerce_value(since, column)
    window = LATE_WRITE_FACTOR * timedelta(seconds=config.database_wait)
    documents = new_documents(source.store, path, begin, window, pace)
    return (
        Observation(source.store, source.specs, config, document)
        for document in documents
        if _matches(search, document.rootname)
    )


def _matches(search: Search, rootname: str) -> bool:
    store = search.source.store
    itself = And((looked_up(search.condition, store), Equals("rootname", rootname)))
    return queries.any_match(store, itself, search.max_seconds)


def new_documents(
    store: Store, path: Path, begin: datetime | None, window: timedelta, pace: Pace
) -> Iterator[Any]:
    """Yield the document of each new or changed observation once.

    Parameters
    ----------
    store : Store
        The database.
    path, begin : Path, datetime
        As of `Checkpoint`.
    window : timedelta
        How long after its date of ingest a document may be written.
    pace : Pace
        How to wait.

    Yields
    ------
    document
        The mongoengine document, recorded as delivered when the next one is requested.

    Raises
    ------
    ArchiveError
        As of `Checkpoint`.
    """
    with Checkpoint(path, begin) as checkpoint:
        last = time.monotonic()
        for rootname, position in _candidates(store, checkpoint, window, pace.pause):
            document = None if rootname is None else observations.get(store, rootname)
            if document is not None:
                changed = _changed(document)
                if _is_new(document, changed, checkpoint):
                    yield document
                    checkpoint.record(changed, document.last_ingest_date, position)
                    last = time.monotonic()
            elif rootname is None:
                checkpoint.advance(position)
                if pace.patience is not None and time.monotonic() - last >= pace.patience:
                    return


def _changed(document: Any) -> change_feed.Change:
    state = change_feed.fingerprint(document.last_ingest_date, document.files)
    return change_feed.Change(document.rootname, state)


def _is_new(document: Any, changed: change_feed.Change, checkpoint: Checkpoint) -> bool:
    begin, ingested = checkpoint.begin, document.last_ingest_date or datetime.min
    return (begin is None or ingested >= begin) and not checkpoint.is_delivered(changed)


def _candidates(
    store: Store, checkpoint: Checkpoint, window: timedelta, pause: float
) -> Iterator[tuple[str | None, StreamPosition]]:
    """Yield observations that may be new; None when there are no more at the moment."""
    has_streams = change_feed.supports_streams(store)
    while True:
        # Before the dates are read, so that no change falls between the two.
        position = (checkpoint.position or change_feed.resume_token(store)) if has_streams else None
        dated = change_feed.ingested_since(store, checkpoint.horizon(window))
        # All at once: the server closes a cursor while a script works on each observation.
        for rootname in [each.rootname for each in dated if not checkpoint.is_delivered(each)]:
            yield rootname, None
        if has_streams:
            yield from change_feed.follow(store, position, pause)
            # The stream no longer reaches back to the position: read the dates again.
            checkpoint.clear_position()
        else:
            yield None, None
            time.sleep(pause)
