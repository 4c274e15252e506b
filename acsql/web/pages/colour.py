"""Colour images of three observations, made on demand and cached on disk."""

from flask import Blueprint, Response

from ...colour import colour_image, drizzled_file
from ..context import current_archive, parameters, picture_cache
from ..image_request import image_file
from ..params import Parameters
from .previews import made_picture

blueprint = Blueprint("colour", __name__)


@blueprint.get("/colour/<red>/<green>/<blue>.jpg")
def picture(red: str, green: str, blue: str) -> Response:
    """Send the colour image of three observations."""
    parameters(Parameters)
    archive = current_archive()
    versions = []
    for name in (red, green, blue):
        filetype, path = drizzled_file(archive.observation(name), archive.specs)
        versions.append(f"{path.name} {image_file(name, filetype).version}")
    jpeg = picture_cache().get(
        f"colour {' '.join(versions)}", lambda: colour_image(archive, red, green, blue)
    )
    return made_picture(jpeg)
