"""The rendition of pictures that a browser has chosen, and the addresses of pictures in it."""

from urllib.parse import quote

from flask import g, request, url_for

from ..images.rendition import ADAPTIVE, LINEAR

# The cookie that remembers the choice.
COOKIE = "rendition"
RENDITIONS = (LINEAR, ADAPTIVE)
# Stands for a name in a URL.
_NAME = "j0000000"


def chosen_rendition() -> str:
    """Return the rendition that this browser has chosen, linear if it has not."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in RENDITIONS else LINEAR


def preview_url(name: str, filetype: str) -> str:
    """Return the URL of a preview in the chosen rendition."""
    return url_for("previews.preview", name=name, filetype=filetype, rendition=_other_rendition())


def thumbnail_url(name: str) -> str:
    """Return the URL of a thumbnail in the chosen rendition."""
    if "thumbnail_url" not in g:
        # The list of proposals has thousands, which differ in the name alone.
        url = url_for("previews.thumbnail", name=_NAME, rendition=_other_rendition())
        g.thumbnail_url = url.rsplit(_NAME, 1)
    begin, end = g.thumbnail_url
    return f"{begin}{quote(name, safe='')}{end}"


def _other_rendition() -> str | None:
    """Return the chosen rendition, None for the default, which URLs leave out."""
    chosen = chosen_rendition()
    return None if chosen == LINEAR else chosen
