"""Datasets: the FITS files of observations, as of the last ingest.

Their paths and names come from the database and are not trusted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from . import names, paths
from .errors import DatasetNotFound, InvalidName, UnsafePath
from .permissions import is_readable_file


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
            If the file has vanished.
        UnsafePath
            If its path leads out of the archive.
        AccessDenied
            If this process may not read it.
        """
        path = paths.confined(filesystem, self.path)
        if not is_readable_file(path, self.filename):
            since = f" since {self.vanished.date()}" if self.vanished else ""
            raise DatasetNotFound(f"{self.filename} is no longer on disk{since}")
        return path

    @property
    def local_path(self) -> str:
        """The relative path of a downloaded copy: each observation has a folder.

        Raises
        ------
        UnsafePath
            If its name is not that of an ACS file, so that it could lead out of any folder.
        """
        try:
            name = names.Filename.parse(self.filename)
        except InvalidName as error:
            raise UnsafePath(f"in the database, {error}") from error
        if not names.is_ipppssoot(self.ipppssoot):
            raise UnsafePath(f"in the database, {name} belongs to {self.ipppssoot!r:.100}")
        return f"{self.ipppssoot}/{name}"


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
                filename=str(row["datasets"][filetype]),
                filetype=filetype,
                ipppssoot=str(row["ipppssoot"]),
                proposid=row["proposid"],
                path=file["path"],
                size=file["size"],
                mtime=file.get("mtime"),
                sha256=file.get("sha256"),
                vanished=file.get("vanished"),
            )
