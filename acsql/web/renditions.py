"""The rendition of pictures that a browser has chosen, and the addresses of pictures in it."""

from flask import request, url_for

from ..images.rendition import ADAPTIVE, LINEAR

# The cookie that remembers the choice.
COOKIE = "rendition"
RENDITIONS = (LINEAR, ADAPTIVE)


def chosen_rendition() -> str:
    """Return the rendition that this browser has chosen, linear if it has not."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in RENDITIONS else LINEAR


def preview_url(name: str, filetype: str) -> str:
    """Return the URL of a preview in the chosen rendition."""
    return url_for("previews.preview", name=name, filetype=filetype, rendition=_other_rendition())


def thumbnail_url(name: str) -> str:
    """Return the URL of a thumbnail in the chosen rendition."""
    return url_for("previews.thumbnail", name=name, rendition=_other_rendition())


def _other_rendition() -> str | None:
    """Return the chosen rendition, None for the default, which URLs leave out."""
    chosen = chosen_rendition()
    return None if chosen == LINEAR else chosen
