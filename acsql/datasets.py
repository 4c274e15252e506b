"""The FITS files of the archive: what is known of each, and where it lies.

A path comes from the database and is still not trusted: only what lies below the archive's root,
links followed, is ever given away.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import DatasetNotFound


@dataclass(frozen=True)
class Dataset:
    """One FITS file as it was last ingested.

    `path` is relative to the archive's root, `size` is in bytes; `sha256` is known where an
    ingest took it, and `vanished` is when the file was found to be gone.
    """

    filename: str
    filetype: str
    ipppssoot: str
    proposid: int | None
    path: str
    size: int
    mtime: datetime | None = None
    sha256: str | None = None
    vanished: datetime | None = None

    def locate(self, filesystem: Path) -> Path:
        """Return where the file lies.

        Parameters
        ----------
        filesystem : Path
            The archive's root.

        Raises
        ------
        DatasetNotFound
            If it is not there any more, or leads out of the archive.
        """
        path = filesystem / self.path
        if not path.resolve().is_relative_to(filesystem.resolve()):
            raise DatasetNotFound(f"{self.filename} does not lie in the archive")
        if not path.is_file():
            since = f" since {self.vanished.date()}" if self.vanished else ""
            raise DatasetNotFound(f"{self.filename} is gone from disk{since}")
        return path


def of_row(row: Mapping[str, Any], filetypes: Iterable[str]) -> Iterator[Dataset]:
    """Yield the files of an observation, of some filetypes and in their order.

    Parameters
    ----------
    row : mapping
        With ``ipppssoot``, ``proposid``, ``datasets`` and ``files``, as they are stored.
    """
    for filetype in filetypes:
        if filetype in row["datasets"]:
            known = row["files"][filetype]
            yield Dataset(
                filename=row["datasets"][filetype],
                filetype=filetype,
                ipppssoot=row["ipppssoot"],
                proposid=row["proposid"],
                path=known["path"],
                size=known["size"],
                mtime=known.get("mtime"),
                sha256=known.get("sha256"),
                vanished=known.get("vanished"),
            )
