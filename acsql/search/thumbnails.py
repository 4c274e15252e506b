"""Captions of the thumbnails of a search, and the reasons why some observations have none."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..keywords import KeywordSpecs
from .paging import Page

# Keywords for the caption, the link and the filters of a thumbnail.
CAPTION_COLUMNS = (
    "rootname",
    "ipppssoot",
    "proposid",
    "visit",
    "targname",
    "detector",
    "filter1",
    "filter2",
    "date_obs",
    "expstart",
    "exptime",
)
# Read beside the caption to find the reason why there is no thumbnail.
STATUS_COLUMNS = ("datasets", "previews")


def with_status(page: Page, specs: KeywordSpecs) -> Page:
    """Return a page whose rows have ``no_thumbnail`` in place of `STATUS_COLUMNS`.

    Parameters
    ----------
    page : Page
        Rows with `CAPTION_COLUMNS` and `STATUS_COLUMNS`.
    specs : KeywordSpecs
        The filetypes that have thumbnails.

    Returns
    -------
    Page
        ``no_thumbnail`` is None where there is a thumbnail, else the reason why not.
    """
    rows = [
        {name: value for name, value in row.items() if name not in STATUS_COLUMNS}
        | {"no_thumbnail": _reason(row, specs)}
        for row in page.rows
    ]
    return replace(page, rows=rows)


def _reason(row: Mapping[str, Any], specs: KeywordSpecs) -> str | None:
    """Return why an observation has no thumbnail, or None if it has one."""
    stored = row["previews"] or {}
    previews = [stored.get(filetype, {}) for filetype in specs.thumbnail_filetypes]
    if any(preview.get("thumbnail") for preview in previews):
        return None
    if reason := next(filter(None, (preview.get("reason") for preview in previews)), None):
        return str(reason)
    filetypes = [name for name in specs.filetypes if name in (row["datasets"] or {})]
    kind = "association" if len(row["rootname"]) == 9 else "observation"
    return f"No thumbnail: this {kind} has {_only(filetypes)}"


def _only(filetypes: list[str]) -> str:
    """Return a list of filetypes in words: ``only drz, drc and spt files``."""
    if not filetypes:
        return "no files"
    *first, last = filetypes
    return f"only {', '.join(first)}{' and ' if first else ''}{last} files"
