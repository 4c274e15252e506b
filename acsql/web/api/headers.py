"""The endpoints of the stored headers."""

from collections.abc import Mapping
from typing import Any

from ...export import header_record
from ...stored_header import Header
from ..context import current_archive
from ..json_response import PREFIX
from .answers import Headers
from .endpoint import INTEGER, Name, Number, Rootname, endpoint

RULE = f"{PREFIX}observations/<rootname>/headers"


@endpoint(RULE)
def headers(rootname: Rootname) -> dict[str, Headers]:
    """Return all headers of an observation, by filetype and extension."""
    by_filetype = current_archive().observation(rootname).headers
    return {filetype: _records(extensions) for filetype, extensions in by_filetype.items()}


@endpoint(f"{RULE}/<filetype>")
def filetype_headers(rootname: Rootname, filetype: Name) -> Headers:
    """Return the headers of a file, by extension."""
    return _records(current_archive().observation(rootname).filetype_headers(filetype))


@endpoint(f"{RULE}/<filetype>/<{INTEGER}:extension>")
def header(rootname: Rootname, filetype: Name, extension: Number) -> dict[str, Any]:
    """Return a header: its values by keyword, in the order of the file."""
    archive = current_archive()
    stored = archive.observation(rootname).stored_header(filetype, extension)
    return dict(header_record(stored.stored, archive.specs))


def _records(extensions: Mapping[int, Header]) -> Headers:
    specs = current_archive().specs
    return {
        str(number): dict(header_record(header.stored, specs))
        for number, header in extensions.items()
    }
