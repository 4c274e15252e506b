"""The ingest runs of an archive: their records and logs, and the files that failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import runs
from .runs import RunRecord
from .store import failures
from .watching.watchable import Watchable


class RunReading(Watchable):
    """An archive whose runs can be read; the base of `AnnotationReading`."""

    def runs(self, limit: int = 20, before: int | None = None) -> list[RunRecord]:
        """Return the records of the newest ingest runs, without their lists.

        Parameters
        ----------
        limit : int
            At most this many records.
        before : int, optional
            Only runs with a smaller number.

        Returns
        -------
        list of dict
            The newest first; ``listed`` has the length of each list that is left out.

        Examples
        --------
        >>> [record["state"] for record in archive.runs()]
        ['succeeded']
        """
        return runs.newest(self._source.store, limit, before)

    def run(self, number: int) -> RunRecord:
        """Return the record of one ingest run, with the beginnings of its lists.

        Parameters
        ----------
        number : int
            The number of the run, from 1.

        Returns
        -------
        dict
            The record; ``listed`` has the length of each list, of which the record has the first
            few hundred entries and the log all.

        Raises
        ------
        RunNotFound
            If there is no such run.

        Examples
        --------
        >>> archive.run(1)["failures"]
        []
        """
        return runs.get(self._source.store, number)

    def failures(self, limit: int = 1000) -> list[dict[str, Any]]:
        """Return the files that could not be, or not fully be, ingested.

        Parameters
        ----------
        limit : int
            At most this many; `summary` has their numbers.

        Returns
        -------
        list of dict
            First those whose ingest is ``owed``, which the next run reads again, then those that
            are damaged; with filename, rootname, stage, reason, and the first and last time.

        Examples
        --------
        >>> archive.failures()
        []
        """
        return failures.listed(self._source.store, limit)

    def run_log(self, number: int) -> Path:
        """Return the log file of one ingest run.

        Parameters
        ----------
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

        Examples
        --------
        >>> archive.run_log(1).is_file()
        True
        """
        return runs.log_path(self._source.store, self.config.log_dir, number)

    def hours_since_success(self) -> float | None:
        """Return the hours since the last successful ingest run ended.

        Returns
        -------
        float or None
            None if there was no successful run.

        Examples
        --------
        >>> archive.hours_since_success() < 24
        True
        """
        return runs.hours_since_success(self._source.store)
