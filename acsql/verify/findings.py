"""What a verification can find, and the comparisons that every kind of look makes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any

from ..config import Config
from ..ingest.scan import FoundFile

MISSING = "missing"  # on disk, not in the database
EXTRA = "extra"  # in the database, not on disk and not marked as vanished
STALE = "stale"  # size, time or path are not those on disk
DIFFERENT = "different"  # what is stored does not follow from what the file holds
FAILED = "failed"  # could not be ingested, and has not changed since
PREVIEW_MISSING = "preview missing"  # named by a document and not there
PREVIEW_EXTRA = "preview extra"  # there and not named by any document
PREVIEW_STALE = "preview stale"  # there and not the picture that the document tells of
KINDS = (
    MISSING,
    EXTRA,
    STALE,
    DIFFERENT,
    FAILED,
    PREVIEW_MISSING,
    PREVIEW_EXTRA,
    PREVIEW_STALE,
)
INGESTED_ANEW = (MISSING, STALE, DIFFERENT, PREVIEW_MISSING, PREVIEW_STALE)

# What a document tells of the pictures of a file, as `_named_pictures` has them.
JPEG, THUMBNAIL = PICTURES = ("jpeg", "thumbnail")


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    `kind` is one of `KINDS`, `what` the name of a FITS file, the path of a picture or the
    rootname itself, `filetypes` those that a repair ingests anew or marks.
    """

    kind: str
    rootname: str
    what: str
    reason: str
    filetypes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.rootname}: {self.what}: {self.reason}"


def stale(file: FoundFile, stored: Mapping[str, Any]) -> str | None:
    """Return how a file on disk is not the one that its document tells of, None if it is."""
    filetype = file.name.filetype
    known = stored.get("files", {}).get(filetype, {})
    if "vanished" in known:
        return "it is marked as vanished and is on disk"
    for name, there in (("size", file.size), ("mtime", file.mtime), ("path", file.path)):
        if known.get(name) != there:
            return f"its {name} is {known.get(name)}, on disk {there}"
    filename = stored.get("datasets", {}).get(filetype)
    return None if filename == str(file.name) else f"it is stored as {filename}"


def named_pictures(entry: Mapping[str, Any], config: Config) -> Iterator[tuple[str, Path]]:
    """Yield kind and path of the pictures that a document names for a file."""
    for kind, directory in zip(PICTURES, (config.jpeg_dir, config.thumbnail_dir), strict=True):
        if entry.get(kind):
            yield kind, directory / entry[kind]


def fault(path: Path) -> tuple[str, str] | None:
    """Return what kind of finding a picture's file is, and why, as far as its size tells."""
    try:
        status = path.stat()
    except OSError as error:
        return PREVIEW_MISSING, f"it cannot be found: {error.strerror}"
    if not S_ISREG(status.st_mode):
        return PREVIEW_MISSING, "it is not a file"
    return None if status.st_size else (PREVIEW_STALE, "it is empty")
