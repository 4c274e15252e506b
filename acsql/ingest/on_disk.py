"""Files and observations on disk, as a scan finds them and the database stores their times."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ..names import Filename

# The clocks of a file server and of this machine may differ by this much: a later modification
# time is in the future.
CLOCK_SKEW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class FileOnDisk:
    """One FITS file on disk.

    Attributes
    ----------
    name : Filename
        Its parsed name.
    path : str
        Its path below the root of the archive.
    size : int
        Bytes.
    mtime : datetime or int
        Modification time, as the database stores it: UTC, naive, in whole milliseconds; as whole
        seconds since 1970 where it is outside the years that a date can have.
    ctime_ns, inode : int
        Time of the last change of the file or its attributes in nanoseconds since 1970, and inode
        number; both as `stored_integer` returns them.  A file that another of equal size and
        modification time has replaced differs in one of them.
    """

    name: Filename
    path: str
    size: int
    mtime: datetime | int
    ctime_ns: int = 0
    inode: int = 0

    @classmethod
    def from_status(cls, name: Filename, path: str, status: os.stat_result) -> "FileOnDisk":
        """Return a file with the size, times and inode number that the file system reports.

        Parameters
        ----------
        name : Filename
            Its parsed name.
        path : str
            Its path below the root of the archive.
        status : os.stat_result
            The status of the file, or of the target of a link.

        Returns
        -------
        FileOnDisk
            All of its attributes are known.
        """
        return cls(
            name,
            path,
            status.st_size,
            _stored_time(status.st_mtime_ns),
            stored_integer(status.st_ctime_ns),
            stored_integer(status.st_ino),
        )

    @property
    def timestamp(self) -> float:
        """Modification time in seconds since 1970 (UTC)."""
        if isinstance(self.mtime, int):
            return float(self.mtime)
        return self.mtime.replace(tzinfo=UTC).timestamp()

    def age(self, now: datetime) -> float:
        """Return the seconds since the last modification; negative if it is in the future."""
        return now.replace(tzinfo=UTC).timestamp() - self.timestamp

    def time_warning(self, now: datetime) -> str | None:
        """Return a warning about an implausible modification time, or None.

        Parameters
        ----------
        now : datetime
            The present time (UTC, naive).

        Returns
        -------
        str or None
            Names the file, for the log.
        """
        if isinstance(self.mtime, int):
            return f"{self.name} has an impossible modification time: {self.mtime} s since 1970"
        if self.age(now) < -CLOCK_SKEW_SECONDS:
            return f"{self.name} has a modification time in the future: {self.mtime} UTC"
        return None


@dataclass(frozen=True)
class ScanProblem:
    """A file or folder that should belong to an observation and cannot be used."""

    rootname: str
    filename: str
    reason: str


@dataclass(frozen=True, slots=True)
class ObservationOnDisk:
    """The files of one rootname on disk.

    Attributes
    ----------
    rootname, ipppssoot : str
        Its key, and the nine characters of its directory.
    path : str
        Its directory below the root of the archive, empty if there is none.
    files : dict
        Filetype to `FileOnDisk`.
    problems : tuple of ScanProblem
        Files and folders that cannot be used.
    ignored : int
        Number of other files: trailers, pictures ...
    unreadable : bool
        Whether a folder could not be read, so that files that were not found may exist.
    """

    rootname: str
    ipppssoot: str
    path: str
    files: dict[str, FileOnDisk] = field(default_factory=dict)
    problems: tuple[ScanProblem, ...] = ()
    ignored: int = 0
    unreadable: bool = False


def size_and_mtime(path: Path) -> tuple[int, datetime | int]:
    """Return the size and modification time of a file, which change when it is written.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    size : int
        Bytes.
    mtime : datetime or int
        As in `FileOnDisk`.

    Raises
    ------
    OSError
        If the file does not exist or the system refuses access.
    """
    status = path.stat()
    return status.st_size, _stored_time(status.st_mtime_ns)


def stored_integer(value: int) -> int:
    """Return a number of the file system as the database can store it: in 63 bits."""
    return value & (1 << 63) - 1


def _stored_time(nanoseconds: int) -> datetime | int:
    """Return a time since 1970 as the database can store it."""
    seconds, rest = divmod(nanoseconds, 10**9)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        # Broken clocks and some file servers give times outside the years 1 to 9999.
        return seconds
    return moment.replace(microsecond=rest // 10**6 * 1000, tzinfo=None)
