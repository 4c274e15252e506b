"""Whole files of rows in the export formats, for scripts."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ArchiveError, QueryError
from ..query import Column
from ..whole_files import written_whole
from .links import write_linked
from .registry import FORMATS


def write_file(
    path: Path,
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[Column],
    format_: str | None = None,
    site: str | None = None,
) -> None:
    """Write rows to a file.

    Parameters
    ----------
    path : Path
        The file; an existing one is replaced when the new one is complete.
    rows : iterable of mapping
        Values by the address of their column.
    columns : sequence of Column
        The columns to write.
    format_ : str, optional
        One of `FORMATS`, by default the one to which the ending of the path belongs.
    site : str, optional
        The URL of the site, for the links of a VOTable.

    Raises
    ------
    QueryError
        If there is no such format.
    ArchiveError
        If the file cannot be written.
    """
    name = format_ or _format_of(path)
    if name not in FORMATS:
        raise QueryError(f"there is no format {name!r}; the formats are {', '.join(FORMATS)}")
    try:
        with written_whole(path) as unfinished, unfinished.open("wb") as file:
            file.writelines(write_linked(name, rows, columns, site))
    except OSError as error:
        raise ArchiveError(f"cannot write {path}: {error.strerror}") from error


def _format_of(path: Path) -> str:
    """Return the name of the format whose files end as a path does."""
    ending = path.suffix.removeprefix(".").lower()
    return next((name for name in FORMATS if ending in (name, FORMATS[name].extension)), ending)
