"""Thumbnails of observations whose best picture is a raw exposure.

Most observations have a better picture.  So a thumbnail of the filetypes in
`KeywordSpecs.thumbnail_fallbacks` is made only if all files of the observation are known and none
has a better one: from the preview that was written, after the document is built.
"""

from collections.abc import Mapping
from typing import Any

from .. import paths
from ..config import Config
from ..errors import UnsafePath
from ..images.preview import render_thumbnail
from ..keywords import KeywordSpecs
from ..names import Filename
from ..permissions import permissions_of
from .file_images import description
from .observation_result import Failure

Document = dict[str, Any]


def lacks_thumbnail(
    filetype: str, previews: Mapping[str, Mapping[str, Any]], specs: KeywordSpecs
) -> bool:
    """Return whether a file should have a thumbnail and has none.

    Parameters
    ----------
    filetype : str
        The filetype.
    previews : mapping
        The previews of its observation, as the document has them.
    specs : KeywordSpecs
        The filetypes that have thumbnails.

    Returns
    -------
    bool
        False without a preview to make it of.
    """
    entry = previews.get(filetype, {})
    is_made = filetype in specs.thumbnail_filetypes and (
        filetype not in specs.thumbnail_fallbacks or filetype == _best(previews, specs)
    )
    return bool(is_made and entry.get("jpeg") and not entry.get("thumbnail"))


def with_fallback(
    document: Document, specs: KeywordSpecs, config: Config
) -> tuple[Document, list[Failure]]:
    """Return a document whose fallbacks have a thumbnail where one is needed, and only there.

    Parameters
    ----------
    document : dict
        The new document of an observation.
    specs : KeywordSpecs
        The filetypes that have thumbnails.
    config : Config
        The folders of previews.

    Returns
    -------
    document : dict
        The document, changed if need be.
    failures : list of Failure
        The failure of the thumbnail, if it could not be written.
    """
    previews = {
        filetype: {**entry, "thumbnail": None}
        if filetype in specs.thumbnail_fallbacks
        and filetype != _best(document["previews"], specs)
        and entry.get("thumbnail")
        else entry
        for filetype, entry in document["previews"].items()
    }
    document = {**document, "previews": previews}
    for filetype in specs.thumbnail_fallbacks:
        if lacks_thumbnail(filetype, previews, specs):
            filename = document["datasets"][filetype]
            try:
                previews[filetype] = _with_thumbnail(filename, previews[filetype], config)
            except (OSError, UnsafePath) as error:
                reason = f"no thumbnail of {filename}: {description(error)}"
                return document, [Failure(document["_id"], filename, "preview", reason)]
    return document, []


def _best(previews: Mapping[str, Mapping[str, Any]], specs: KeywordSpecs) -> str | None:
    """Return the best filetype with a preview."""
    pictured = (name for name in specs.thumbnail_filetypes if previews.get(name, {}).get("jpeg"))
    return next(pictured, None)


def _with_thumbnail(filename: str, entry: Mapping[str, Any], config: Config) -> Document:
    """Return a preview with its thumbnail, which is written."""
    jpeg = paths.confined(config.jpeg_dir, entry["jpeg"])
    proposal = jpeg.parent.name
    proposid = int(proposal) if proposal.isdecimal() else None
    thumbnail = paths.thumbnail_name(Filename.parse(filename), proposid)
    render_thumbnail(
        jpeg,
        paths.confined(config.thumbnail_dir, thumbnail),
        sparse="high_percent" in entry,
        permissions=permissions_of(config),
    )
    return {**entry, "thumbnail": thumbnail}
