"""Changed files: the decision of a run about each file of an observation.

Sizes and times are compared first.  If they agree but the other marks of a file do not, its content
decides.  A damaged file is skipped until it changes; an owed file is always read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .on_disk import CLOCK_SKEW_SECONDS, FileOnDisk, ObservationOnDisk
from .replaced import has_no_marks, has_other_marks


@dataclass(frozen=True)
class Selection:
    """The files that a run considers.

    Attributes
    ----------
    filetypes : collection of str
        Their filetypes.
    now : datetime
        The time of the run (UTC, naive).
    min_age : float
        Seconds; younger files count as still being written.
    everything : bool
        Read unchanged files again.
    checksum : bool
        Compare unchanged files by content.
    retry_failed : bool
        Read damaged files again that have not changed.
    vanish_limit : float
        Percent of the stored files that may vanish at once.
    moved_limit : int
        Number of moved files beyond which the archive as a whole was moved.
    """

    filetypes: Collection[str]
    now: datetime
    min_age: float = 0.0
    everything: bool = False
    checksum: bool = False
    retry_failed: bool = False
    vanish_limit: float = 100.0
    moved_limit: int = 1000


@dataclass
class Comparison:
    """The files of one observation, divided by the next step of the run for each.

    Attributes
    ----------
    to_read : list of str
        The filetypes to read.
    checksums : dict
        The filetypes to read only if their content has changed, with the stored SHA-256.
    moved : list of str
        The filetypes of files whose marks alone differ from the recorded ones.
    without_marks : list of str
        The filetypes of files without recorded marks.
    returned : list of str
        The filetypes of files that are marked as vanished and are on disk again, unchanged.
    waiting : list of str
        The names of files that are too young to be read.
    known_failures : int
        The number of damaged files that have not changed since they failed.
    """

    to_read: list[str] = field(default_factory=list)
    checksums: dict[str, str | None] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    without_marks: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    known_failures: int = 0


def compare(
    observation: ObservationOnDisk,
    files: Mapping[str, Mapping[str, Any]],
    failures: Mapping[str, Mapping[str, Any]],
    selection: Selection,
    filetypes: Collection[str],
) -> Comparison:
    """Compare the files of an observation with their records.

    Parameters
    ----------
    observation : ObservationOnDisk
        The files on disk.
    files : mapping
        The records of its files, by filetype.
    failures : mapping
        Name of a file that failed to whether its ingest is owed, and its size and mtime then.
    selection : Selection
        The files that are considered.
    filetypes : collection of str
        The filetypes of the selection, in the order in which they are read.

    Returns
    -------
    Comparison
        Files of other filetypes are in none of its lists.
    """
    comparison = Comparison()
    for filetype in filetypes:
        file = observation.files.get(filetype)
        if file is None:
            continue
        filename = str(file.name)
        failed, stored = failures.get(filename), files.get(filetype)
        if is_young(file, selection):
            comparison.waiting.append(filename)
        elif selection.everything or _has_changed(file, failed, stored, selection.retry_failed):
            comparison.to_read.append(filetype)
        else:
            if "vanished" in (stored or {}):
                comparison.returned.append(filetype)
            if failed is not None:
                # The failure has its marks; the stored ones may be of an earlier file.
                comparison.known_failures += 1
            elif selection.checksum and stored is not None:
                comparison.checksums[filetype] = stored.get("sha256")
            elif stored is not None and has_no_marks(stored):
                comparison.without_marks.append(filetype)
            elif stored is not None and has_other_marks(file, stored):
                comparison.moved.append(filetype)
    return comparison


def is_young(file: FileOnDisk, selection: Selection) -> bool:
    """Return whether a file may still be arriving; one dated in the future would wait for years.

    Parameters
    ----------
    file : FileOnDisk
        The file.
    selection : Selection
        The time of the run, and the age that a file must have.

    Returns
    -------
    bool
        Whether the run leaves the file for the next one.
    """
    if not selection.min_age:
        return False
    return -CLOCK_SKEW_SECONDS <= file.age(selection.now) < selection.min_age


def _has_changed(
    file: FileOnDisk,
    failed: Mapping[str, Any] | None,
    stored: Mapping[str, Any] | None,
    retry_failed: bool,
) -> bool:
    """Whether a file differs from the damaged or the stored one, or its ingest is owed."""
    before = failed or stored
    if before is None or (failed is not None and failed["owed"]):
        return True
    same = before.get("size") == file.size and before.get("mtime") == file.mtime
    if failed is not None:
        return retry_failed or not same or has_other_marks(file, failed)
    return not same or before.get("path") != file.path
