"""Each new or changed observation once, for scripts that run every night or all the time.

What was handed over is remembered in a file, with the state in which that was, so that it does
not matter how often one hears of an observation: from the dates of ingest, which every server can
be asked for, or from a change stream, which goes on where the script has stopped.  A worker takes
the date and then may have to wait for a lost database until it can write, so the dates are asked
for from some time before the last one on.  What is written later than that is missed where no
change stream tells of it.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..errors import ArchiveError
from ..store import change_feed, observations
from ..store.client import Store
from ..store.schema import now

Place = Mapping[str, Any] | None


class Mark:
    """The memory of a watch: which observations were handed over in which state.

    A file of SQLite, which writes all of a step or nothing, held by one process at a time.

    Parameters
    ----------
    path : Path
        Made if it is not there.
    begin : datetime, optional
        With a new one: hand over only what is ingested from this moment on.

    Raises
    ------
    ArchiveError
        If the file is no mark, cannot be written, or is in use.
    """

    def __init__(self, path: Path, begin: datetime | None = None) -> None:
        try:
            self._file = sqlite3.connect(path, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise ArchiveError(f"the mark {path} cannot be opened: {error}") from error
        try:
            self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
            with self._whole():
                tables = self._file.execute("SELECT name FROM sqlite_master").fetchall()
                if not tables:
                    self._file.execute("CREATE TABLE handed (rootname PRIMARY KEY, state)")
                    self._file.execute("CREATE TABLE facts (name PRIMARY KEY, value)")
                    self._put("begin", begin and begin.isoformat())
            self.begin = self._moment("begin")
        except sqlite3.Error as error:
            self._file.close()
            busy = getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY"
            reason = "in use by another script" if busy else f"no mark of a watch: {error}"
            raise ArchiveError(f"{path} is {reason}") from error

    def __enter__(self) -> "Mark":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    @property
    def place(self) -> Place:
        """Where in the change stream to go on."""
        return json.loads(self._fact("place") or "null")

    def horizon(self, window: timedelta) -> datetime | None:
        """Return the date of ingest from which on there may be news, None if at any."""
        last = self._moment("last")
        known = [moment for moment in (self.begin, last and last - window) if moment is not None]
        return max(known, default=None)

    def knows(self, changed: change_feed.Change) -> bool:
        """Whether an observation was handed over as it is now."""
        found = self._file.execute(
            "SELECT 1 FROM handed WHERE rootname = ? AND state = ?", changed
        ).fetchone()
        return found is not None

    def remember(
        self, changed: change_feed.Change, ingested: datetime | None, place: Place
    ) -> None:
        """Note that an observation was handed over, and where the change stream stands."""
        with self._whole():
            self._file.execute("INSERT OR REPLACE INTO handed VALUES (?, ?)", changed)
            # A clock that is ahead must not make others be taken for old.
            dates = [self._moment("last"), ingested and min(ingested, now())]
            last = max(filter(None, dates), default=None)
            self._put("last", last and last.isoformat())
            self._reach(place)

    def reach(self, place: Place) -> None:
        """Note where the change stream stands."""
        with self._whole():
            self._reach(place)

    def forget_place(self) -> None:
        """Note that the change stream does not reach back any more to where it stood."""
        with self._whole():
            self._put("place", None)

    def _reach(self, place: Place) -> None:
        if place is not None:
            self._put("place", json.dumps(place))

    def _put(self, name: str, value: str | None) -> None:
        self._file.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _fact(self, name: str) -> str | None:
        found = self._file.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return found and found[0]

    def _moment(self, name: str) -> datetime | None:
        text = self._fact(name)
        return datetime.fromisoformat(text) if text else None

    def _whole(self) -> sqlite3.Connection:
        """Begin a step, of which all is written or nothing."""
        self._file.execute("BEGIN IMMEDIATE")
        return self._file


def documents(
    store: Store,
    path: Path,
    begin: datetime | None,
    patience: float | None,
    window: timedelta,
    every: float,
) -> Iterator[Any]:
    """Yield the document of each new or changed observation; its end is noted at the next one.

    Parameters
    ----------
    path, begin : Path, datetime
        As of `Mark`.
    patience : float, optional
        End when nothing has come for so many seconds; by default never.
    window : timedelta
        How long after the date of ingest it is that a document may be written.
    every : float
        Seconds between two looks.
    """
    if patience is not None:
        every = min(every, patience)
    with Mark(path, begin) as mark:
        last = time.monotonic()
        for rootname, place in _heard(store, mark, window, every):
            document = None if rootname is None else observations.get(store, rootname)
            changed = document and _changed(document)
            if changed is not None and _is_new(document, changed, mark):
                yield document
                mark.remember(changed, document.last_ingest_date, place)
                last = time.monotonic()
            elif rootname is None:
                mark.reach(place)
            if rootname is None and patience is not None and time.monotonic() - last >= patience:
                return


def _changed(document: Any) -> change_feed.Change:
    told = change_feed.fingerprint(document.last_ingest_date, document.files)
    return change_feed.Change(document.rootname, told)


def _is_new(document: Any, changed: change_feed.Change, mark: Mark) -> bool:
    old = mark.begin is not None and (document.last_ingest_date or datetime.min) < mark.begin
    return not old and not mark.knows(changed)


def _heard(
    store: Store, mark: Mark, window: timedelta, every: float
) -> Iterator[tuple[str | None, Place]]:
    """Yield the observations that may have changed; None when there are no more for now."""
    streams = change_feed.supports_streams(store)
    while True:
        # First of all, so that nothing is missed between the look and the stream.
        place = (mark.place or change_feed.resume_token(store)) if streams else None
        dated = change_feed.ingested_since(store, mark.horizon(window))
        # All at once: the server would not wait for a script that takes its time over each.
        for rootname in [changed.rootname for changed in dated if not mark.knows(changed)]:
            yield rootname, None
        if streams:
            yield from change_feed.follow(store, place, every)
            # The server has forgotten so much, and only the dates can tell.
            mark.forget_place()
        else:
            yield None, None
            time.sleep(every)
