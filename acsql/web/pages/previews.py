"""The pages of the site.  A route parses the address, asks the archive, and renders.

Whatever a page shows comes from a few indexed queries; no route looks for files or opens a FITS
file, and pictures are found through the document and never through a path in the address."""

from pathlib import Path

from flask import Blueprint, send_file
from werkzeug.wrappers import Response as AnyResponse

from ..context import parameters, the_archive
from ..params import Address

blueprint = Blueprint("previews", __name__)


# A picture changes only when its file is reprocessed; after this it is asked for again.
PICTURE_MAX_AGE_S = 600


@blueprint.get("/previews/<name>/<filetype>.jpg")
def preview(name: str, filetype: str) -> AnyResponse:
    """Send the preview of a filetype."""
    parameters(Address)
    return _jpeg(the_archive().observation(name).jpeg(filetype))


@blueprint.get("/thumbnails/<name>.jpg")
def thumbnail(name: str) -> AnyResponse:
    """Send the thumbnail of an observation."""
    parameters(Address)
    return _jpeg(the_archive().observation(name).thumbnail())


def _jpeg(path: Path) -> AnyResponse:
    return send_file(path, mimetype="image/jpeg", max_age=PICTURE_MAX_AGE_S)
