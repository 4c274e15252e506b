"""Checkpoints: the file with which a watch resumes.

It records which observations were delivered in which state, so that an observation may be
reported any number of times and is still delivered once.  SQLite commits each step whole or not
at all, even if the script is killed.
"""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..errors import ArchiveError
from ..store import change_feed
from ..store.schema import now

# A position in the change stream of the server; None without one.
StreamPosition = Mapping[str, Any] | None

_BEGIN = "begin"  # the date of ingest from which on observations are delivered
_LAST = "last"  # the latest date of ingest of a delivered observation
_ANNOTATION = "annotation"  # the number of the last annotation that was delivered
_POSITION = "place"  # the position in the change stream


class Checkpoint:
    """The checkpoint of a watch; one process at a time can have it open.

    Parameters
    ----------
    path : Path
        The file, created if it does not exist.
    begin : datetime, optional
        For a new checkpoint: only observations ingested at or after this moment (UTC) are
        delivered; by default all.

    Raises
    ------
    ArchiveError
        If the file is not a checkpoint, cannot be written, or is in use.
    """

    def __init__(self, path: Path, begin: datetime | None = None) -> None:
        try:
            self._file = sqlite3.connect(path, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise ArchiveError(f"cannot open the checkpoint {path}: {error}") from error
        try:
            self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
            with self._transaction():
                tables = self._file.execute("SELECT name FROM sqlite_master").fetchall()
                if not tables:
                    self._file.execute("CREATE TABLE handed (rootname PRIMARY KEY, state)")
                    self._file.execute("CREATE TABLE facts (name PRIMARY KEY, value)")
                    self._put_moment(_BEGIN, begin)
            self.begin = self._moment(_BEGIN)
        except sqlite3.Error as error:
            self._file.close()
            raise ArchiveError(_reason(path, error)) from error

    def __enter__(self) -> "Checkpoint":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    @property
    def position(self) -> StreamPosition:
        """The position in the change stream from which to resume."""
        position: StreamPosition = json.loads(self._value(_POSITION) or "null")
        return position

    def horizon(self, window: timedelta) -> datetime | None:
        """Return the date of ingest from which on observations may be undelivered.

        Parameters
        ----------
        window : timedelta
            How long after its date of ingest an observation may be written.

        Returns
        -------
        datetime or None
            UTC; None if any observation may be undelivered.
        """
        last = self._moment(_LAST)
        moments = [self.begin, last - window if last else None]
        return max((moment for moment in moments if moment is not None), default=None)

    def is_delivered(self, changed: change_feed.Change) -> bool:
        """Return whether an observation was delivered in this state.

        Parameters
        ----------
        changed : Changed
            The rootname and the state.

        Returns
        -------
        bool
            False also if it was delivered in another state.
        """
        row = self._file.execute(
            "SELECT 1 FROM handed WHERE rootname = ? AND state = ?", changed
        ).fetchone()
        return row is not None

    def record(
        self, changed: change_feed.Change, ingested: datetime | None, position: StreamPosition
    ) -> None:
        """Record that an observation was delivered.

        Parameters
        ----------
        changed : Changed
            The rootname and the state.
        ingested : datetime or None
            Its date of ingest, UTC.
        position : mapping or None
            The position in the change stream after it.
        """
        with self._transaction():
            self._file.execute("INSERT OR REPLACE INTO handed VALUES (?, ?)", changed)
            # A date in the future, from a wrong clock, must not hide later observations.
            dates = [self._moment(_LAST), min(ingested, now()) if ingested else None]
            self._put_moment(_LAST, max(filter(None, dates), default=None))
            self._put_position(position)

    def advance(self, position: StreamPosition) -> None:
        """Record a position in the change stream; None leaves the recorded one."""
        with self._transaction():
            self._put_position(position)

    def clear_position(self) -> None:
        """Forget the position in the change stream, because the server no longer has it."""
        with self._transaction():
            self._put(_POSITION, None)

    @property
    def annotation(self) -> int | None:
        """The number of the last annotation that was delivered, None before the first."""
        number = self._value(_ANNOTATION)
        return None if number is None else int(number)

    def record_annotation(self, number: int) -> None:
        """Record the number of an annotation that was delivered."""
        with self._transaction():
            self._put(_ANNOTATION, str(number))

    def _put_position(self, position: StreamPosition) -> None:
        if position is not None:
            self._put(_POSITION, json.dumps(position))

    def _put_moment(self, name: str, moment: datetime | None) -> None:
        self._put(name, None if moment is None else moment.isoformat())

    def _put(self, name: str, value: str | None) -> None:
        self._file.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _value(self, name: str) -> str | None:
        row = self._file.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def _moment(self, name: str) -> datetime | None:
        text = self._value(name)
        return datetime.fromisoformat(text) if text else None

    def _transaction(self) -> sqlite3.Connection:
        """Begin a transaction; as a context manager it commits, or rolls back on an error."""
        self._file.execute("BEGIN IMMEDIATE")
        return self._file


def _reason(path: Path, error: sqlite3.Error) -> str:
    """Return why a file cannot be used as a checkpoint."""
    if getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY":
        return f"the checkpoint {path} is in use by another script"
    return f"{path} is not a checkpoint: {error}; delete it or name another file"
