"""Results of an ingest: failures, and the result of one observation.

Workers send these values back to the process that started them, which alone writes the log and
the record of the run.  They are small and hold no headers, so that a mission of them passes
through one process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..keywords import HeaderKey

NEW = "new"
UPDATED = "updated"
UNCHANGED = "unchanged"
FAILED = "failed"
STATES = (NEW, UPDATED, UNCHANGED, FAILED)


@dataclass(frozen=True)
class Failure:
    """A file that could not be, or not fully be, ingested.

    It is *damaged* if the cause is in its bytes: it is not read again before it changes.  Otherwise
    (a full disk, a refused permission, a killed worker, an error of acsql) its ingest is *owed*:
    every later run reads it again, until one succeeds.

    Attributes
    ----------
    rootname : str
        The observation.
    filename : str
        The file, or a folder or rootname that the scan could not use.
    stage : str
        The stage that failed: ``scan``, ``read``, ``headers``, ``preview``, ``statistics``,
        ``write`` or ``worker``.
    reason : str
        The cause, as a message for the log.
    owed : bool
        Whether its ingest is owed.
    size : int, optional
        Size in bytes of a damaged file, which tells whether it has changed since.
    mtime : datetime or int, optional
        Modification time of a damaged file, as in `acsql.ingest.on_disk.FileOnDisk`.
    ctime_ns, inode : int, optional
        Marks of a damaged file, likewise.
    """

    rootname: str
    filename: str
    stage: str
    reason: str
    owed: bool = True
    size: int | None = None
    mtime: datetime | int | None = None
    ctime_ns: int | None = None
    inode: int | None = None


@dataclass(frozen=True)
class ObservationResult:
    """The result of an ingest for one observation.

    Attributes
    ----------
    rootname : str
        The observation.
    state : str
        One of `STATES`.
    filetypes, filenames : tuple of str
        The files that were ingested, by filetype and by name.
    previews : tuple of str
        The filetypes whose previews were rendered.
    failures : tuple of Failure
        Files that could not be, or not fully be, ingested.
    waiting : tuple of str
        Names of files that are still being written.
    warnings : tuple of str
        Irregularities that are not failures.
    unspecified : mapping
        Keywords not in the specs: (header, keyword) to (type, name of the file).
    mismatches : mapping
        Type mismatches: (header or None, keyword) to (value as read, name of the file).
    bytes : int
        Size of the ingested files.
    seconds : float
        Duration.
    """

    rootname: str
    state: str = FAILED
    filetypes: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    previews: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    waiting: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    unspecified: Mapping[tuple[HeaderKey, str], tuple[str, str]] = field(default_factory=dict)
    mismatches: Mapping[tuple[HeaderKey | None, str], tuple[Any, str]] = field(default_factory=dict)
    bytes: int = 0
    seconds: float = 0.0
