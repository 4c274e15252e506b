"""Datasets: the FITS files of observations, as of the last ingest.

A path from the database is not trusted: only files inside the archive, after following links,
are ever returned.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import DatasetNotFound


@dataclass(frozen=True)
class Dataset:
    """One FITS file.

    Attributes
    ----------
    filename, filetype, ipppssoot : str
        Its name, filetype and ipppssoot.
    proposid : int or None
        The proposal of its observation.
    path : str
        Relative to the root of the archive.
    size : int
        In bytes.
    mtime : datetime or int, optional
        When it was last modified, UTC; in seconds since 1970 where no date can hold it.
    sha256 : str, optional
        Its checksum, if an ingest computed it.
    vanished : datetime, optional
        When an ingest found it missing, UTC.
    """

    filename: str
    filetype: str
    ipppssoot: str
    proposid: int | None
    path: str
    size: int
    mtime: datetime | int | None = None
    sha256: str | None = None
    vanished: datetime | None = None

    def locate(self, filesystem: Path) -> Path:
        """Return the absolute path of the file.

        Parameters
        ----------
        filesystem : Path
            The root of the archive.

        Returns
        -------
        Path
            An existing file.

        Raises
        ------
        DatasetNotFound
            If the file has vanished, or its path leads out of the archive.
        """
        path = filesystem / self.path
        if not path.resolve().is_relative_to(filesystem.resolve()):
            raise DatasetNotFound(f"{self.filename} is outside the archive {filesystem}")
        if not path.is_file():
            since = f" since {self.vanished.date()}" if self.vanished else ""
            raise DatasetNotFound(f"{self.filename} is gone from disk{since}")
        return path


def datasets_of(row: Mapping[str, Any], filetypes: Iterable[str]) -> Iterator[Dataset]:
    """Yield the files of an observation.

    Parameters
    ----------
    row : mapping
        ``ipppssoot``, ``proposid``, ``datasets`` and ``files`` as stored.
    filetypes : iterable of str
        The filetypes to yield, in this order.

    Yields
    ------
    Dataset
        One file for each filetype that the observation has.
    """
    for filetype in filetypes:
        if filetype in row["datasets"]:
            file = row["files"][filetype]
            yield Dataset(
                filename=row["datasets"][filetype],
                filetype=filetype,
                ipppssoot=row["ipppssoot"],
                proposid=row["proposid"],
                path=file["path"],
                size=file["size"],
                mtime=file.get("mtime"),
                sha256=file.get("sha256"),
                vanished=file.get("vanished"),
            )
