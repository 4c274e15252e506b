"""Export of all headers of an archive as Parquet files, one for each header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .archive import Archive
from .errors import ArchiveError


def export_headers(archive: Archive, folder: Path) -> Iterator[Path]:
    """Write the headers of all observations as Parquet files.

    Parameters
    ----------
    archive : Archive
        The open archive.
    folder : Path
        Where the files are written; it is made if it does not exist.

    Yields
    ------
    Path
        Each file, when it is complete: ``flt.1.parquet`` has the keywords of a header and the
        rootname, by which the files are joined, and ``observations.parquet`` all other fields.

    Raises
    ------
    ArchiveError
        If a file cannot be written.
    DatabaseError
        If the database fails, or has changed too much meanwhile.
    """
    # Arrow takes longer to import than most commands run.
    from .store.columns.parquet import export

    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield from export(archive.store, folder)
    except OSError as error:
        raise ArchiveError(f"the export to {folder} failed: {error.strerror}") from error
