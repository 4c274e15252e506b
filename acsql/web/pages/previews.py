"""Previews and thumbnails as JPEG files, in either rendition, and the choice between the two.

The linear pictures are those of the ingest, whose paths come from the documents and never from a
URL.  The adaptive ones are made from the FITS files on demand and cached on disk.  The choice is
kept in a cookie, because it is that of a browser and not of a link that is sent to others.
"""

from pathlib import Path
from typing import Annotated

from flask import Blueprint, Response, make_response, redirect, request, send_file, url_for

from ...fits.open import open_fits
from ...images import rendition
from ..context import address_of, current_archive, parameters, picture_cache
from ..image_request import image_file, reading
from ..params import OneOf, Parameters
from ..renditions import COOKIE, RENDITIONS

# A preview changes only when its file is reprocessed; a browser asks again after this time.
MAX_AGE_S = 600
# Seconds for which a browser remembers the rendition: a year.
REMEMBERED_S = 31_536_000

blueprint = Blueprint("previews", __name__)


class PictureParameters(Parameters):
    """The rendition of a picture."""

    rendition: Annotated[str, OneOf(RENDITIONS)] = rendition.LINEAR


class ChoiceParameters(PictureParameters):
    """The rendition to remember, and the path of the page to return to."""

    back: str = "/"


@blueprint.get("/previews/<name>/<filetype>.jpg")
def preview(name: str, filetype: str) -> Response:
    """Send the preview of a filetype."""
    if parameters(PictureParameters).rendition == rendition.LINEAR:
        return _jpeg(current_archive().observation(name).jpeg(filetype))
    return made_picture(_adaptive(name, filetype))


@blueprint.get("/thumbnails/<name>.jpg")
def thumbnail(name: str) -> Response:
    """Send the thumbnail of an observation."""
    chosen = parameters(PictureParameters).rendition
    observation = current_archive().observation(name)
    if chosen == rendition.LINEAR:
        return _jpeg(observation.thumbnail())
    filetype = observation.thumbnail_filetype
    version = image_file(name, filetype).version
    key = f"thumbnail {observation.datasets[filetype]} {version}"
    return made_picture(
        picture_cache().get(key, lambda: rendition.thumbnail(_adaptive(name, filetype)))
    )


@blueprint.get("/rendition")
def choose() -> Response:
    """Remember the rendition of all pictures, and return to a page."""
    choice = parameters(ChoiceParameters)
    response = make_response(redirect(address_of(choice.back)))
    response.set_cookie(
        COOKIE,
        choice.rendition,
        max_age=REMEMBERED_S,
        path=url_for("home.page"),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _adaptive(name: str, filetype: str) -> bytes:
    """Return the adaptive rendition of a file."""
    specs = current_archive().specs
    file = image_file(name, filetype)

    def make() -> bytes:
        with reading(file.path), open_fits(file.path) as hdus:
            weights = specs.filetypes[filetype].weights
            return rendition.adaptive(hdus, file.path.name, specs.image_extname, weights)

    return picture_cache().get(f"adaptive {file.path.name} {file.version}", make)


def made_picture(jpeg: bytes) -> Response:
    """Return the response with a JPEG that was made on demand, which a browser may cache."""
    response = Response(jpeg, mimetype="image/jpeg")
    response.cache_control.max_age = MAX_AGE_S
    response.add_etag()
    response.make_conditional(request)
    return response


def _jpeg(path: Path) -> Response:
    return send_file(path, mimetype="image/jpeg", max_age=MAX_AGE_S)
