"""Search results as files, sent while they are read from the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

from flask import Response, url_for

from ..export import FORMATS, guarded
from ..export.links import write_linked
from ..query import Column

# The least number of bytes sent at once, so that short lines are not sent one by one.
CHUNK_SIZE = 2**16

Item = TypeVar("Item")


def download(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], format_name: str, name: str
) -> Response:
    """Return rows as a file.

    Parameters
    ----------
    rows : iterable of mapping
        Values by keyword address.
    columns : sequence of Column
        The columns of the file.
    format_name : str
        One of `acsql.export.FORMATS`.
    name : str
        The name of the file, without extension.

    Returns
    -------
    Response
        A response that is sent in chunks.  Errors of the first row are raised here.  Texts that
        a spreadsheet would run get a quote before them in the formats that it opens, and a VOTable
        names the service that leads to the files of each observation.
    """
    format_ = FORMATS[format_name]
    if format_.for_spreadsheets:
        rows = guarded(rows, columns)
    filename = f"{name}.{format_.extension}"
    home = url_for("home.page", _external=True)
    return Response(
        _join(write_linked(format_name, read_first(rows), columns, home)),
        mimetype=format_.media_type,
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def read_first(items: Iterable[Item]) -> Iterator[Item]:
    """Return an iterator whose first item has been read.

    The status of a streamed response is sent before its content: an error that the first item
    raises can still become an error response.

    Parameters
    ----------
    items : iterable
        Any items.

    Returns
    -------
    iterator
        The same items.
    """
    others = iter(items)
    return chain(list(islice(others, 1)), others)


def _join(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces in chunks of at least `CHUNK_SIZE`, except the last."""
    chunk = bytearray()
    for piece in pieces:
        chunk += piece
        if len(chunk) >= CHUNK_SIZE:
            yield bytes(chunk)
            chunk.clear()
    if chunk:
        yield bytes(chunk)
