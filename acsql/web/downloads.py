"""Results as files, sent while they are read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

from flask import Response

from ..export import FORMATS
from ..query import Column

# Bytes of a file that are sent together, at least.
SENT_AT_ONCE = 2**16

Item = TypeVar("Item")


def download(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], format_name: str, name: str
) -> Response:
    """Return rows as a file of one of `FORMATS`, under a name to which its extension is added."""
    format_ = FORMATS[format_name]
    filename = f"{name}.{format_.extension}"
    return Response(
        _together(format_.write(begun(rows), columns)),
        mimetype=format_.media_type,
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def begun(items: Iterable[Item]) -> Iterator[Item]:
    """Return an iterator of which the first item is there: what can fail has failed by then.

    For answers whose status is sent before the rest of them is made.
    """
    others = iter(items)
    return chain(list(islice(others, 1)), others)


def _together(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join what is written line by line, so that not each line is sent for itself."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= SENT_AT_ONCE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
