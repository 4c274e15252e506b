"""VOTables whose rows link to the files of their observations through a service of the site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..query import Column
from .registry import FORMATS, Rows

if TYPE_CHECKING:
    from .votable import Service

LINKS_TYPE = "application/x-votable+xml;content=datalink"
_DATALINK = "ivo://ivoa.net/std/DataLink#links-1.1"
_VOTABLE = "votable"
# Columns that name the observation of a row.
_IDENTIFIERS = ("rootname", "ipppssoot")


def links_service(site: str, column: str) -> Service:
    """Return the descriptor of the links of each row.

    Parameters
    ----------
    site : str
        The URL of the home page of the site.
    column : str
        The column with the identifiers of the rows.
    """
    # It loads large parts of astropy, which other formats do not need.
    from .votable import Service, ServiceInput

    return Service(
        f"{site.rstrip('/')}/vo/datalink",
        _DATALINK,
        (ServiceInput("ID", ref=column, ucd="meta.id;meta.main"),),
        "datalink",
        LINKS_TYPE,
        "The files, previews, headers and cutouts of an observation",
    )


def write_linked(
    format_: str, rows: Rows, columns: Sequence[Column], site: str | None
) -> Iterator[bytes]:
    """Return a file of rows; a VOTable names the service that leads to the files of each.

    Parameters
    ----------
    format_ : str
        One of `FORMATS`.
    rows : iterable of mapping
        Values by the address of their column.
    columns : sequence of Column
        The columns of the file.
    site : str, optional
        The URL of the home page of the site, if it is known.

    Returns
    -------
    iterator of bytes
        The file in pieces.
    """
    named = [column.address for column in columns if column.address in _IDENTIFIERS]
    if format_ != _VOTABLE or site is None or not named:
        return FORMATS[format_].write(rows, columns)
    from .formats import votable
    from .votable import Frame

    return votable.write(rows, columns, Frame(services=(links_service(site, named[0]),)))
