"""Files that may have been replaced by others of equal size and modification time.

A copy that keeps times (``rsync -t``, a restored backup) leaves both as they were, but gives the
file another inode number or change time, the *marks* of a file.  Where only they differ, the
content decides.  An archive that was moved has new marks in every file: beyond a limit they are
taken over without reading the archive as a whole.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..store.file_records import Marks
from .on_disk import FileOnDisk, ObservationOnDisk

# Filetypes to the stored SHA-256 in hexadecimal digits, None where none is stored.
Checksums = Mapping[str, str | None]


def marks_of(rootname: str, file: FileOnDisk) -> Marks:
    """Return the marks of a file of an observation, for the database."""
    return Marks(rootname, file.name.filetype, file.ctime_ns, file.inode)


def has_no_marks(stored: Mapping[str, Any]) -> bool:
    """Whether a stored file was ingested before its marks were stored."""
    return stored.get("inode") is None


def has_other_marks(file: FileOnDisk, stored: Mapping[str, Any]) -> bool:
    """Whether a file of the stored size and modification time may be another one."""
    marks = stored.get("ctime_ns"), stored.get("inode")
    return not has_no_marks(stored) and marks != (file.ctime_ns, file.inode)


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Hexadecimal digits.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass
class MovedFiles:
    """The files with other marks that a scan has found, up to a limit with their observations.

    Attributes
    ----------
    limit : int
        The number of files above which the archive has been moved.
    marks : list of Marks
        The new marks of each file.
    observations : dict
        Rootname to an observation and the stored checksums of such files by filetype; empty beyond
        the limit, so that a whole archive does not stay in memory.
    """

    limit: int
    marks: list[Marks] = field(default_factory=list)
    observations: dict[str, tuple[ObservationOnDisk, Checksums]] = field(default_factory=dict)

    def add(self, observation: ObservationOnDisk, checksums: Checksums) -> None:
        """Add files of an observation, with their stored checksums; none is allowed."""
        if not checksums:
            return
        rootname, files = observation.rootname, observation.files
        self.marks += [marks_of(rootname, files[filetype]) for filetype in checksums]
        self.observations[rootname] = observation, checksums
        if self.archive_was_moved:
            self.observations.clear()

    @property
    def archive_was_moved(self) -> bool:
        """Whether there are more than `limit`: the archive as a whole was moved."""
        return len(self.marks) > self.limit
