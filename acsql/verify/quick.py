"""The quick comparison of disk, database and previews: names, sizes and times.

Files and documents are walked side by side, sorted by rootname, and no headers are read, so a
whole mission passes through in little memory: only rootnames and names of previews are kept.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from ..config import Config
from ..errors import ArchiveError
from ..ingest.layouts import find_misplaced
from ..ingest.on_disk import FileOnDisk, ObservationOnDisk
from ..ingest.scan import scan
from ..keywords import KeywordSpecs
from ..permissions import denied, may_read
from ..store import failures, file_records
from ..store.client import Store
from .findings import (
    EXTRA,
    FAILED,
    MISPLACED,
    MISSING,
    OWED,
    REINGESTED,
    STALE,
    UNREADABLE,
    Finding,
)
from .previews import PREVIEW_KINDS, compare_previews, extra_previews

Documents = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class QuickComparison:
    """The result of a quick comparison.

    Attributes
    ----------
    findings : tuple of Finding
        The inconsistencies.
    notes : tuple of str
        Other files among the previews.
    comparable : tuple of str
        The rootnames that are on disk and in the database.
    observations : int
        Number of observations on disk and in the database together.
    files : int
        Number of stored files that are not marked as vanished.
    previews : int
        Number of previews and thumbnails that documents name.
    """

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    comparable: tuple[str, ...]
    observations: int
    files: int
    previews: int


def compare_quickly(config: Config, specs: KeywordSpecs, store: Store) -> QuickComparison:
    """Compare files, documents and previews by names, sizes and times.

    Parameters
    ----------
    config : Config
        The archive.
    specs : KeywordSpecs
        Its filetypes.
    store : Store
        Its database.

    Returns
    -------
    QuickComparison
        Findings and notes.

    Raises
    ------
    ConfigError
        If the file system cannot be read.
    ArchiveError
        If no file is on disk while documents are stored: the file system is not mounted.
    """
    failed = failures.by_filename(store)
    # Without duplicates: a closed folder of previews is one finding, not one for each of them.
    findings: dict[Finding, None] = {}
    previews: set[str] = set()
    comparable: list[str] = []
    unreadable: set[str] = set()
    number, files, is_empty = 0, 0, True
    scanned = scan(
        config.filesystem,
        specs.filetypes,
        layout=config.layout,
        read_timeout=config.read_timeout,
    )
    for rootname, on_disk, document in _side_by_side(scanned, file_records.with_previews(store)):
        is_empty = is_empty and on_disk is None
        if on_disk is not None and on_disk.problems and "/" not in on_disk.path:
            # A folder of many observations that cannot be read.
            findings |= dict.fromkeys(_problems(on_disk))
            unreadable.add(on_disk.path)
            continue
        number += 1
        files += sum("vanished" not in file for file in (document or {}).get("files", {}).values())
        previews |= _named_previews(document or {})
        if on_disk is not None and document is not None:
            comparable.append(rootname)
        of_observation = _compare_observation(
            on_disk or ObservationOnDisk(rootname, rootname, ""),
            document or {},
            failed,
            unreadable,
            specs,
            config,
        )
        findings |= dict.fromkeys(of_observation)
    if number and is_empty:
        raise ArchiveError(
            f"the filesystem holds no observation, but {number} are stored: is it mounted, and "
            "does the setting layout fit?"
        )
    extra, other_files = extra_previews(config, specs, previews)
    outside, notes = _outside_layout(config, is_empty)
    findings |= dict.fromkeys([*extra, *outside])
    return QuickComparison(
        tuple(findings), (*notes, *other_files), tuple(comparable), number, files, len(previews)
    )


def _named_previews(document: Mapping[str, Any]) -> set[str]:
    """Return the previews and thumbnails that a document names."""
    entries = document.get("previews", {}).values()
    return {str(entry[kind]) for entry in entries for kind in PREVIEW_KINDS if entry.get(kind)}


def _outside_layout(config: Config, is_empty: bool) -> tuple[list[Finding], list[str]]:
    """Return a note on FITS files outside the layout, and a finding if nothing is in it."""
    misplaced = find_misplaced(config.filesystem, config.layout, read_timeout=config.read_timeout)
    if not misplaced.number:
        return [], []
    finding = Finding(MISPLACED, "", misplaced.examples[0], misplaced.message)
    return [finding] if is_empty else [], [misplaced.message]


def _side_by_side(
    scanned: Iterable[ObservationOnDisk], documents: Iterable[dict[str, Any]]
) -> Iterator[tuple[str, ObservationOnDisk | None, dict[str, Any] | None]]:
    """Yield each rootname with its files and its document; both come sorted."""
    on_disk = ((observation.rootname, 0, observation) for observation in scanned)
    stored = ((document["_id"], 1, document) for document in documents)
    merged = heapq.merge(on_disk, stored, key=itemgetter(0))
    for rootname, group in groupby(merged, itemgetter(0)):
        sides: list[Any] = [None, None]
        for _, side, value in group:
            sides[side] = value
        yield rootname, sides[0], sides[1]


def _problems(on_disk: ObservationOnDisk) -> list[Finding]:
    return [
        Finding(FAILED, on_disk.rootname, problem.filename, problem.reason)
        for problem in on_disk.problems
    ]


def _compare_observation(
    on_disk: ObservationOnDisk,
    document: Mapping[str, Any],
    failed: Documents,
    unreadable: Collection[str],
    specs: KeywordSpecs,
    config: Config,
) -> list[Finding]:
    """Compare the files of one observation with its document, which may be empty."""
    findings = []
    files = document.get("files", {})
    closed = {*unreadable, *(problem.filename for problem in on_disk.problems)}
    for filetype in [*on_disk.files, *(files.keys() - on_disk.files.keys())]:
        file, stored = on_disk.files.get(filetype), files.get(filetype)
        repair: tuple[str, ...] = ()
        if file is None:
            findings += _compare_absent(on_disk.rootname, filetype, stored, closed)
        elif not may_read(config.filesystem / file.path):
            denial = str(denied("it"))
            findings.append(Finding(UNREADABLE, on_disk.rootname, str(file.name), denial))
        elif reason := _known_failure(file, failed):
            findings.append(Finding(FAILED, on_disk.rootname, str(file.name), reason))
        else:
            repair = (filetype,)
            kind = MISSING if stored is None else STALE
            difference = "it is not stored" if stored is None else staleness(file, document)
            if not difference and (difference := _owed_failure(file, failed)):
                kind = OWED
            if difference:
                # Ingesting it again also renders its previews again.
                name = str(file.name)
                findings.append(Finding(kind, on_disk.rootname, name, difference, repair))
                continue
        if stored is not None:
            findings += compare_previews(
                on_disk.rootname, filetype, document, repair, specs, config
            )
    if document and on_disk.path and all(f.kind not in REINGESTED for f in findings):
        findings += _compare_path(on_disk, document)
    return [*_problems(on_disk), *findings]


def _compare_absent(
    rootname: str, filetype: str, stored: Mapping[str, Any], closed: Collection[str]
) -> list[Finding]:
    """Return a finding for a stored file that is gone, unless its folder cannot be read."""
    path = stored.get("path", "")
    if "vanished" in stored or set(path.split("/")).intersection(closed):
        return []
    name = path.rpartition("/")[2] or filetype
    return [Finding(EXTRA, rootname, name, "it is not on disk", (filetype,))]


def _compare_path(on_disk: ObservationOnDisk, document: Mapping[str, Any]) -> list[Finding]:
    """Return a finding if the directory of an observation is not the stored one."""
    current = tuple(
        filetype for filetype, file in on_disk.files.items() if not staleness(file, document)
    )
    stored = document.get("ipppssoot"), document.get("path")
    if not current or stored == (on_disk.ipppssoot, on_disk.path):
        return []
    reason = f"its path is {stored[1]}, on disk {on_disk.path}"
    return [Finding(STALE, on_disk.rootname, on_disk.rootname, reason, current)]


def _known_failure(file: FileOnDisk, failed: Documents) -> str | None:
    """Return why a file is damaged, if it has not changed since it failed."""
    entry = failed.get(str(file.name))
    if entry is None or entry["owed"] or (entry["size"], entry["mtime"]) != (file.size, file.mtime):
        return None
    return str(entry["reason"])


def _owed_failure(file: FileOnDisk, failed: Documents) -> str | None:
    """Return why the ingest of a file is owed."""
    entry = failed.get(str(file.name))
    return str(entry["reason"]) if entry is not None and entry["owed"] else None


def staleness(file: FileOnDisk, document: Mapping[str, Any]) -> str | None:
    """Return how a file on disk differs from the one that its document describes.

    Parameters
    ----------
    file : FileOnDisk
        The file on disk.
    document : mapping
        The stored document, with ``files`` and ``datasets``.

    Returns
    -------
    str or None
        The difference, None if size, time and path agree.
    """
    filetype = file.name.filetype
    stored = document.get("files", {}).get(filetype, {})
    if "vanished" in stored:
        return "it is marked as vanished and is on disk"
    for name, value in (("size", file.size), ("mtime", file.mtime), ("path", file.path)):
        if stored.get(name) != value:
            return f"its {name} is {stored.get(name)}, on disk {value}"
    filename = document.get("datasets", {}).get(filetype)
    return None if filename == str(file.name) else f"it is stored as {filename}"
