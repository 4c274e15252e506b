"""Previews on disk, compared with the previews that documents name."""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from stat import S_ISREG
from typing import Any

from PIL import Image

from .. import paths
from ..config import Config
from ..errors import InvalidName, UnsafePath
from ..images.preview import THUMBNAIL_SIZE
from ..ingest.fallback_thumbnail import lacks_thumbnail
from ..keywords import KeywordSpecs
from ..names import Filename
from ..permissions import denied, may_read
from .findings import PREVIEW_EXTRA, PREVIEW_MISSING, PREVIEW_STALE, UNREADABLE, Finding

JPEG, THUMBNAIL = PREVIEW_KINDS = ("jpeg", "thumbnail")

# The name of a picture while `acsql.images.preview` writes it.
_UNFINISHED = re.compile(r"\.(.+)\.new", re.ASCII)

# Returns the path of a preview below its folder, as those of `acsql.paths` do.
_NameMaker = Callable[[Filename, int | None], str]


def named_previews(entry: Mapping[str, Any], config: Config) -> Iterator[tuple[str, Path, Any]]:
    """Yield the previews that a document names for one of its files.

    Parameters
    ----------
    entry : mapping
        The entry of the document under ``previews`` for the filetype.
    config : Config
        The folders of previews.

    Yields
    ------
    kind : str
        ``jpeg`` or ``thumbnail``.
    folder : Path
        The folder of all pictures of this kind.
    name : object
        The path of the picture below it, as stored.
    """
    folders = (config.jpeg_dir, config.thumbnail_dir)
    for kind, folder in zip(PREVIEW_KINDS, folders, strict=True):
        if entry.get(kind):
            yield kind, folder, entry[kind]


def apparent_fault(
    rootname: str, folder: Path, name: object, repair: tuple[str, ...] = ()
) -> Finding | None:
    """Return the fault of a picture that shows without opening it, or None.

    Parameters
    ----------
    rootname : str
        Its observation.
    folder, name : Path, object
        As of `named_previews`.
    repair : tuple of str
        The filetypes that a repair ingests again.

    Returns
    -------
    Finding or None
        Of a folder that refuses access the finding is the same for each picture in it.
    """
    what = f"{folder}/{name}"
    try:
        path = paths.confined(folder, name)
    except UnsafePath as error:
        return Finding(PREVIEW_STALE, rootname, what, str(error), repair)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        reason = f"it cannot be found: {error.strerror}"
        return Finding(PREVIEW_MISSING, rootname, what, reason, repair)
    except PermissionError as error:
        return _closed(folder, path.parent, error)
    except OSError as error:
        return Finding(UNREADABLE, rootname, what, f"it cannot be read: {error.strerror}")
    if not S_ISREG(status.st_mode):
        return Finding(PREVIEW_MISSING, rootname, what, "it is not a file", repair)
    if not status.st_size:
        return Finding(PREVIEW_STALE, rootname, what, "it is empty", repair)
    if not may_read(path):
        return Finding(UNREADABLE, rootname, what, str(denied("it")))
    return None


def _closed(root: Path, folder: Path, error: OSError) -> Finding:
    """Return the finding for a folder of pictures that refuses access, or for that of all."""
    refusing = folder if os.access(root, os.R_OK | os.X_OK, effective_ids=True) else root
    return Finding(UNREADABLE, "", str(refusing), f"the folder cannot be read: {error.strerror}")


def compare_previews(
    rootname: str,
    filetype: str,
    document: Mapping[str, Any],
    repair: tuple[str, ...],
    specs: KeywordSpecs,
    config: Config,
) -> list[Finding]:
    """Return the faults of the previews of a file, without opening them.

    Parameters
    ----------
    rootname, filetype : str
        The file.
    document : mapping
        The stored document, without its headers.
    repair : tuple of str
        The filetypes that a repair ingests again.
    specs : KeywordSpecs
        The specs, which name the filetypes that have previews and thumbnails.
    config : Config
        The folders of previews.

    Returns
    -------
    list of Finding
        Previews that the document lacks, that do not exist, or that may not be read.
    """
    findings = []
    entry = document.get("previews", {}).get(filetype, {})
    spec = specs.filetypes.get(filetype)
    filename = document.get("datasets", {}).get(filetype, filetype)
    if spec and spec.preview and not (entry.get("jpeg") or entry.get("reason")):
        reason = "it has neither a preview nor a reason for having none"
        findings.append(Finding(PREVIEW_MISSING, rootname, filename, reason, repair))
    elif lacks_thumbnail(filetype, document.get("previews", {}), specs):
        reason = "it has no thumbnail"
        findings.append(Finding(PREVIEW_MISSING, rootname, filename, reason, repair))
    for _, folder, name in named_previews(entry, config):
        if fault := apparent_fault(rootname, folder, name, repair):
            findings.append(fault)
    return findings


def compare_pixels(
    rootname: str, filetype: str, document: Mapping[str, Any], config: Config
) -> list[Finding]:
    """Return the faults of the previews of a file, by their pixels.

    Parameters
    ----------
    rootname, filetype : str
        The file.
    document : mapping
        The stored document.
    config : Config
        The folders of previews.

    Returns
    -------
    list of Finding
        Previews that cannot be read or have another size than the document says.
    """
    findings = []
    entry = document.get("previews", {}).get(filetype, {})
    size = entry.get("width"), entry.get("height")
    for kind, folder, name in named_previews(entry, config):
        # `compare_previews` finds the other faults.
        if apparent_fault(rootname, folder, name) is None:
            path = folder / name
            fault = _wrong_pixels(path, None if kind == THUMBNAIL else size)
            if fault:
                findings.append(Finding(fault[0], rootname, str(path), fault[1], (filetype,)))
    return findings


def _wrong_pixels(path: Path, size: tuple[int | None, int | None] | None) -> tuple[str, str] | None:
    """Return the kind and reason of a finding; the size of a thumbnail is not stored."""
    try:
        with Image.open(path, formats=["JPEG"]) as image:
            image.load()
            width, height = image.size
    except (OSError, SyntaxError, ValueError) as error:
        # Unlike those of the system, the errors of Pillow have no number.
        by_system = isinstance(error, OSError) and error.errno
        return UNREADABLE if by_system else PREVIEW_STALE, f"it cannot be read: {error}"
    pixels = f"it has {width} x {height} pixels"
    if size is not None and (width, height) != size:
        return PREVIEW_STALE, f"{pixels}, its document says {size[0]} x {size[1]}"
    if size is None and max(width, height) > THUMBNAIL_SIZE:
        return PREVIEW_STALE, f"{pixels}, too many for a thumbnail"
    return None


def extra_previews(
    config: Config, specs: KeywordSpecs, named: Collection[str]
) -> tuple[list[Finding], list[str]]:
    """Return the previews that no document names.

    Parameters
    ----------
    config : Config
        The folders of previews.
    specs : KeywordSpecs
        Whose filetypes have previews.
    named : collection of str
        The previews that documents name, as paths below their folder.

    Returns
    -------
    findings : list of Finding
        One for each of them, and for each folder that cannot be read.
    notes : list of str
        Other files there, which are left alone.
    """
    name_makers: dict[Path, list[_NameMaker]] = {}
    name_makers.setdefault(config.jpeg_dir, []).append(paths.jpeg_name)
    name_makers.setdefault(config.thumbnail_dir, []).append(paths.thumbnail_name)
    findings: list[Finding] = []
    notes: list[str] = []
    for directory, makers in name_makers.items():
        entries, closed = _entries(directory, directory)
        findings += closed
        for entry in entries:
            if not entry.is_dir():
                notes.append(f"{entry.path} is not a preview of acsql")
                continue
            extra, others = _extra_in(directory, Path(entry.path), makers, specs, named)
            findings += extra
            if others:
                notes.append(f"Files in {entry.path} that are not previews of acsql: {others}")
    return findings, notes


def _extra_in(
    root: Path,
    folder: Path,
    makers: Sequence[_NameMaker],
    specs: KeywordSpecs,
    named: Collection[str],
) -> tuple[list[Finding], int]:
    """Return the findings of one folder, and the number of other files."""
    entries, findings = _entries(root, folder)
    others = 0
    for entry in entries:
        if f"{folder.name}/{entry.name}" in named:
            continue
        unfinished = _UNFINISHED.fullmatch(entry.name)
        name = unfinished[1] if unfinished else entry.name
        filename = _source(folder.name, name, makers, specs) if entry.is_file() else None
        if filename is None:
            others += 1
        else:
            reason = "it was never finished" if unfinished else "no document names it"
            findings.append(Finding(PREVIEW_EXTRA, filename.rootname, entry.path, reason))
    return findings, others


def _source(
    folder: str, name: str, makers: Sequence[_NameMaker], specs: KeywordSpecs
) -> Filename | None:
    """Return the FITS file that a preview shows, None if its name is not that of a preview."""
    try:
        filename = Filename.parse(f"{name.partition('.')[0]}.fits")
    except InvalidName:
        return None
    proposid = int(folder) if folder.isdecimal() else None
    is_preview = f"{folder}/{name}" in {maker(filename, proposid) for maker in makers}
    return filename if is_preview and filename.filetype in specs.filetypes else None


def _entries(root: Path, folder: Path) -> tuple[list[os.DirEntry[str]], list[Finding]]:
    """Return the entries of a folder of previews, none if it does not exist yet or is closed."""
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name), []
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [], [_closed(root, folder, error)]
