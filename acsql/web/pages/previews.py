"""Previews and thumbnails as JPEG files.

Their paths come from the documents and never from a URL.
"""

from pathlib import Path

from flask import Blueprint, Response, send_file

from ..context import current_archive, parameters
from ..params import Parameters

# A preview changes only when its file is reprocessed; a browser asks again after this time.
MAX_AGE_S = 600

blueprint = Blueprint("previews", __name__)


@blueprint.get("/previews/<name>/<filetype>.jpg")
def preview(name: str, filetype: str) -> Response:
    """Send the preview of a filetype."""
    parameters(Parameters)
    return _jpeg(current_archive().observation(name).jpeg(filetype))


@blueprint.get("/thumbnails/<name>.jpg")
def thumbnail(name: str) -> Response:
    """Send the thumbnail of an observation."""
    parameters(Parameters)
    return _jpeg(current_archive().observation(name).thumbnail())


def _jpeg(path: Path) -> Response:
    return send_file(path, mimetype="image/jpeg", max_age=MAX_AGE_S)
