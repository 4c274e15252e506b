"""Statistics of the archive: its totals, and tables for plots.

`acsql.store.summaries` computes them; here each table gets its title, and each column its unit and
description.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from .keywords import KeywordSpecs
from .query import Column, computed_column
from .store import failures
from .store.client import Store
from .store.summaries.statistics import statistics
from .store.summaries.totals import totals


@dataclass(frozen=True)
class ArchiveSummary:
    """The totals of the archive.

    Attributes
    ----------
    observations, files, previews : int
        Their numbers.
    bytes : int
        The size of all files.
    detectors : dict
        Detector to number of observations.
    filetypes : dict of dict
        Filetype to its ``files`` and ``bytes``.
    owed, damaged : int
        Numbers of files that could not be ingested, at this moment: those that the next run reads
        again, and those that are not read again before they change.
    last_run : dict or None
        The record of the last ingest run.
    hours_since_success : float or None
        Hours since the end of the last successful ingest run; None if there was none.
    """

    observations: int
    files: int
    bytes: int
    previews: int
    detectors: dict[str, int] = field(default_factory=dict)
    filetypes: dict[str, dict[str, int]] = field(default_factory=dict)
    owed: int = 0
    damaged: int = 0
    last_run: dict[str, Any] | None = None
    hours_since_success: float | None = None


@dataclass(frozen=True)
class StatisticKind:
    """The title of a statistic, and the columns of its table."""

    title: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Statistic:
    """One statistic.

    Attributes
    ----------
    name : str
        Its key in `KINDS`.
    title : str
        The subject.
    columns : tuple of Column
        The columns of the table, with units and descriptions.
    rows : list of dict
        Values by column.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]]


_MONTH = computed_column("month", "str", "year and month, UT; unknown where the date is")
_DETECTOR = computed_column("detector", "str", "detector")
_OBSERVATIONS = computed_column("observations", "int", "number of observations")
_FILES = computed_column("files", "int", "number of files")
_BYTES = computed_column("bytes", "int", "size of the files", "byte")
_TOTAL = computed_column("total", "int", "size of these and all earlier files", "byte")

KINDS = {
    "observations": StatisticKind(
        "Observations over time",
        (
            _MONTH,
            _DETECTOR,
            _OBSERVATIONS,
            computed_column("exptime", "float", "sum of the exposure times", "s"),
        ),
    ),
    "size_observed": StatisticKind(
        "Size of the archive by date of observation", (_MONTH, _FILES, _BYTES, _TOTAL)
    ),
    "size_ingested": StatisticKind(
        "Size of the archive by date of first ingest", (_MONTH, _FILES, _BYTES, _TOTAL)
    ),
    "filetypes": StatisticKind(
        "Files by filetype", (computed_column("filetype", "str", "filetype"), _FILES, _BYTES)
    ),
    "headers": StatisticKind(
        "Headers by detector, filetype and extension",
        (
            _DETECTOR,
            computed_column("filetype", "str", "filetype"),
            computed_column("extension", "int", "number of the extension"),
            computed_column("headers", "int", "number of headers"),
        ),
    ),
    "filters": StatisticKind(
        "Filters",
        (computed_column("filter", "str", "filter in either wheel"), _DETECTOR, _OBSERVATIONS),
    ),
    "exptimes": StatisticKind(
        "Exposure times",
        (
            computed_column(
                "low", "float", "shortest exposure time of a bin; four bins per decade", "s"
            ),
            _DETECTOR,
            _OBSERVATIONS,
        ),
    ),
}


class StatisticCatalog:
    """The statistics of an archive, kept until an observation changes.

    Parameters
    ----------
    store : Store
        The database.
    specs : KeywordSpecs
        The keyword specs, in whose order filetypes and detectors are listed.
    """

    def __init__(self, store: Store, specs: KeywordSpecs) -> None:
        self._store = store
        self._totals = totals(store, specs)
        self._statistics = statistics(store, specs)

    def all(self) -> dict[str, Statistic]:
        """Return the statistics of the archive as it is.

        Returns
        -------
        dict of Statistic
            By name, in the order of `KINDS`.
        """
        rows = self._statistics()
        return {
            name: Statistic(name, kind.title, kind.columns, rows[name])
            for name, kind in KINDS.items()
        }

    def summary(
        self, last_run: dict[str, Any] | None, hours_since_success: float | None
    ) -> ArchiveSummary:
        """Return the totals of the archive as it is.

        Parameters
        ----------
        last_run : dict or None
            The record of the last ingest run.
        hours_since_success : float or None
            Hours since the end of the last successful one.

        Returns
        -------
        ArchiveSummary
            With both of them.
        """
        current = self._totals()
        return ArchiveSummary(
            observations=current.observations,
            files=sum(entry["files"] for entry in current.filetypes.values()),
            bytes=sum(entry["bytes"] for entry in current.filetypes.values()),
            previews=current.previews,
            detectors=current.detectors,
            filetypes=current.filetypes,
            last_run=last_run,
            hours_since_success=hours_since_success,
            **asdict(failures.count(self._store)),
        )
