"""The new and changed observations of an archive: by date of ingest, or with a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from ..config import Config
from ..observation import Observation
from ..query import Condition
from ..search.searchable import Searchable
from . import watch


class Watchable(Searchable):
    """An archive that can be watched; the base of `acsql.Archive`."""

    config: Config

    def since(
        self, moment: datetime | str, *conditions: Condition | str, **keywords: Any
    ) -> Iterator[Observation]:
        """Yield the observations of which a file was ingested at or after a moment.

        Parameters
        ----------
        moment : datetime or str
            Such as ``2026-11-01`` or ``2026-11-01T18:00:00``; UTC unless it has a time zone.
        *conditions : Condition or str
            As in `Search.where`.
        **keywords
            More conditions, as in `Search.where`.

        Yields
        ------
        Observation
            In the order of ingest.  `watch` also remembers which were delivered.

        Raises
        ------
        QueryError
            If the moment or a condition is invalid.

        Examples
        --------
        >>> len(list(archive.since("2020-01-01"))) == archive.count()
        True
        """
        return watch.ingested_since(self.where(*conditions, **keywords), self.config, moment)

    def watch(
        self,
        checkpoint: str | Path,
        *conditions: Condition | str,
        since: datetime | str | None = None,
        patience: float | None = None,
        every: float = 10,
        **keywords: Any,
    ) -> Iterator[Observation]:
        """Yield each new or changed observation once, also those ingested between two scripts.

        An observation is recorded in the checkpoint as delivered when the script requests the
        next one: a script that fails on one, or leaves the loop, gets it again next time.  An
        observation that changes twice before it is delivered is delivered once.

        Parameters
        ----------
        checkpoint : str or Path
            The file with which this script resumes, created if it does not exist.
        *conditions : Condition or str
            As in `Search.where`.
        since : datetime or str, optional
            For a new checkpoint: only observations ingested at or after this moment (UTC); by
            default all observations of the archive come first.
        patience : float, optional
            Seconds without a new observation after which the watch ends: 0 for a nightly job,
            None (the default) to wait forever.
        every : float
            Seconds between two looks at a server without change streams.
        **keywords
            More conditions, as in `Search.where`.

        Yields
        ------
        Observation
            New or changed since it was last delivered.

        Raises
        ------
        ArchiveError
            If the file is not a checkpoint, or another script has it open.

        Examples
        --------
        >>> for observation in archive.watch("darks.checkpoint", "imagetyp=DARK", patience=0):
        ...     process(observation)  # doctest: +SKIP
        """
        search, pace = self.where(*conditions, **keywords), watch.Pace(patience, every)
        return watch.watch(search, self.config, Path(checkpoint), since, pace)
