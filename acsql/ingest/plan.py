"""Planning: the difference between the files on disk and the files that are stored.

Sizes, times and inode numbers are compared, so an unchanged archive is confirmed without opening a
file; the content decides where size and modification time agree and the others do not.  A damaged
file is skipped until it changes, and one whose ingest is owed is read in every run.  A stored file
that is no longer on disk is marked as vanished, and its headers are kept.

Nearly all observations have not changed.  These are recognised by the thousand; only of the others
are the files compared one by one.
"""

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from ..keywords import KeywordSpecs
from ..store.observations import Marks
from ..store.recorded_files import RecordedFiles
from . import vanished_files
from .layouts import Misplaced
from .replaced import MovedFiles, has_no_marks, has_other_marks, marks_of
from .scan import CLOCK_SKEW_SECONDS, FileOnDisk, ObservationOnDisk

# Observations that are compared together: of some kilobytes each, they stay in the processor's
# cache from their scan to their comparison.
_AT_ONCE = 1000


@dataclass(frozen=True)
class Task:
    """One observation to ingest.

    Attributes
    ----------
    observation : ObservationOnDisk
        Its files on disk.
    filetypes : tuple of str
        The files to read.
    checksums : mapping
        The files to read only if their content has changed: filetype to the stored SHA-256 in
        hexadecimal digits, None where no checksum is stored and the file has to be read.
    """

    observation: ObservationOnDisk
    filetypes: tuple[str, ...] = ()
    checksums: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """Which files a run considers.

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
    """

    filetypes: Collection[str]
    now: datetime
    min_age: float = 0.0
    everything: bool = False
    checksum: bool = False
    retry_failed: bool = False
    vanish_limit: float = 100.0
    moved_limit: int = 1000


@dataclass(frozen=True)
class Stored:
    """What the database holds, as far as files are compared with it.

    Attributes
    ----------
    files : RecordedFiles
        What is recorded of the files of all observations.
    failures : mapping
        Name of a file that failed to its rootname, whether its ingest is owed, and its size and
        mtime then.
    """

    files: RecordedFiles
    failures: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Plan:
    """What a run has to do, and what it can leave.

    Attributes
    ----------
    tasks : tuple of Task
        The observations to ingest.
    vanished : tuple of (rootname, filetype)
        Stored files that are no longer on disk, to be marked.
    returned : tuple of (rootname, filetype)
        Files marked as vanished that are on disk again as they were.
    marks : tuple of Marks
        Files of which the marks have to be stored, and nothing else.
    moved : int
        Number of those that have other marks than before.
    problems : tuple of str
        What is wrong with the archive as a whole.
    waiting : tuple of str
        Names of files that are too young to be read.
    unchanged : int
        Number of observations without a task and without a file that waits.
    known_failures : int
        Number of damaged files that have not changed since they failed.
    settled : tuple of str
        Names of files that failed and are no longer on disk.
    ignored : int
        Number of files that are not ACS data.
    misplaced : Misplaced
        FITS files outside the layout.
    """

    tasks: tuple[Task, ...] = ()
    vanished: tuple[tuple[str, str], ...] = ()
    returned: tuple[tuple[str, str], ...] = ()
    marks: tuple[Marks, ...] = ()
    moved: int = 0
    problems: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    unchanged: int = 0
    known_failures: int = 0
    settled: tuple[str, ...] = ()
    ignored: int = 0
    misplaced: Misplaced = field(default_factory=Misplaced)

    def with_misplaced(self, misplaced: Misplaced) -> "Plan":
        """Return the plan with the FITS files outside the layout.

        Parameters
        ----------
        misplaced : Misplaced
            They are a problem where nothing is in the layout.

        Returns
        -------
        Plan
            The same otherwise.
        """
        problems = self.problems
        if misplaced.number and not (self.tasks or self.unchanged or self.waiting):
            problems += (f"{misplaced.message}, and no file is in it",)
        return replace(self, misplaced=misplaced, problems=problems)


def make_plan(
    scanned: Iterable[ObservationOnDisk],
    stored: Stored,
    selection: Selection,
    specs: KeywordSpecs,
    whole: bool,
) -> Plan:
    """Compare the observations of a scan with what is stored.

    Parameters
    ----------
    scanned : iterable of ObservationOnDisk
        Consumed by the thousand; only those with a task are kept in memory.
    stored : Stored
        What the database holds.
    selection : Selection
        Which files are considered.
    specs : KeywordSpecs
        The filetypes, in the order in which they are read.
    whole : bool
        Whether the scan covers the whole archive, so that everything it lacks has vanished.

    Returns
    -------
    Plan
        What has to be done.

    Raises
    ------
    ArchiveError
        If a whole scan is empty while observations are stored: the file system is not mounted.
    """
    filetypes = [name for name in specs.filetypes if name in selection.filetypes]
    seen: set[str] = set()
    unreadable: set[str] = set()
    incomplete: set[str] = set()
    tasks: dict[str, Task] = {}
    moved = MovedFiles(selection.moved_limit)
    marks: list[Marks] = []
    vanished: list[tuple[str, str]] = []
    returned: list[tuple[str, str]] = []
    settled: list[str] = []
    waiting: list[str] = []
    failed = _by_rootname(stored.failures)
    unchanged = known_failures = ignored = 0
    for observation, files in _with_files(scanned, stored.files, selection, failed):
        seen.add(observation.rootname)
        ignored += observation.ignored
        if files is None:
            unchanged += bool(observation.files)
            continue
        if observation.unreadable:
            unreadable.add(observation.path)
        else:
            vanished += vanished_files.of_observation(
                observation.rootname, files, observation.files
            )
            settled += failed.get(observation.rootname, set()) - _names_on_disk(observation)
        comparison = _compare(observation, files, stored.failures, selection, filetypes)
        returned += [(observation.rootname, filetype) for filetype in comparison.returned]
        waiting += comparison.waiting
        known_failures += comparison.known_failures
        if comparison.to_read or comparison.checksums or observation.problems:
            task = Task(observation, tuple(comparison.to_read), comparison.checksums)
            tasks[observation.rootname] = task
        elif comparison.waiting:
            incomplete.add(observation.rootname)
        else:
            unchanged += bool(observation.files)
        marks += [
            marks_of(observation.rootname, observation.files[filetype])
            for filetype in comparison.without_marks
        ]
        moved.add(observation, {name: files[name].get("sha256") for name in comparison.moved})
    if whole:
        vanished += vanished_files.of_unseen(stored.files, seen, unreadable)
        for rootname in vanished_files.unseen(failed, seen, unreadable):
            settled += failed[rootname]
    for rootname, (observation, checksums) in moved.observations.items():
        unchanged -= rootname not in tasks and rootname not in incomplete
        task = tasks.get(rootname, Task(observation))
        tasks[rootname] = replace(task, checksums={**task.checksums, **checksums})
    if moved.archive_was_moved:
        marks += moved.marks
    loss = vanished_files.implausible_loss(
        len(vanished), stored.files.number_of_files, selection.vanish_limit
    )
    return Plan(
        tasks=tuple(tasks.values()),
        vanished=() if loss else tuple(vanished),
        returned=tuple(returned),
        marks=tuple(marks),
        moved=len(moved.marks) if moved.archive_was_moved else 0,
        problems=(loss,) if loss else (),
        waiting=tuple(waiting),
        unchanged=unchanged,
        known_failures=known_failures,
        settled=() if loss else tuple(settled),
        ignored=ignored,
    )


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Free objects by their reference counts alone while the block runs.

    A scan makes millions of objects without cycles.  Looking for cycles took most of the time of
    their comparison.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _with_files(
    scanned: Iterable[ObservationOnDisk],
    recorded: RecordedFiles,
    selection: Selection,
    failed: Collection[str],
) -> Iterator[tuple[ObservationOnDisk, Mapping[str, Any] | None]]:
    """Yield observations with what is recorded of their files; None if there is nothing to do."""
    remaining = iter(scanned)
    while batch := list(islice(remaining, _AT_ONCE)):
        done = {
            observation.rootname
            for observation, is_same in zip(batch, recorded.same(batch), strict=True)
            if is_same and not (observation.rootname in failed or _is_due(observation, selection))
        }
        documents = recorded.of(one.rootname for one in batch if one.rootname not in done)
        for observation in batch:
            files = documents.get(observation.rootname, {}).get("files", {})
            yield observation, None if observation.rootname in done else files


def _is_due(observation: ObservationOnDisk, selection: Selection) -> bool:
    """Whether there is something to do for an observation whose files have not changed."""
    if observation.problems or observation.unreadable or selection.everything or selection.checksum:
        return True
    # The test of each file takes longer than all others.
    files = observation.files.values() if selection.min_age else ()
    return any(_is_young(file, selection) for file in files)


@dataclass
class _Comparison:
    """The filetypes of one observation to read, to compare by checksum, and to leave."""

    to_read: list[str] = field(default_factory=list)
    checksums: dict[str, str | None] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    without_marks: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    known_failures: int = 0


def _compare(
    observation: ObservationOnDisk,
    files: Mapping[str, Mapping[str, Any]],
    failures: Mapping[str, Mapping[str, Any]],
    selection: Selection,
    filetypes: Collection[str],
) -> _Comparison:
    comparison = _Comparison()
    for filetype in filetypes:
        file = observation.files.get(filetype)
        if file is None:
            continue
        filename = str(file.name)
        failed, stored = failures.get(filename), files.get(filetype)
        if _is_young(file, selection):
            comparison.waiting.append(filename)
        elif selection.everything or _has_changed(file, failed, stored, selection.retry_failed):
            comparison.to_read.append(filetype)
        else:
            comparison.known_failures += failed is not None
            if "vanished" in (stored or {}):
                comparison.returned.append(filetype)
            if selection.checksum and stored is not None:
                comparison.checksums[filetype] = stored.get("sha256")
            elif stored is not None and has_no_marks(stored):
                comparison.without_marks.append(filetype)
            elif stored is not None and has_other_marks(file, stored):
                comparison.moved.append(filetype)
    return comparison


def _is_young(file: FileOnDisk, selection: Selection) -> bool:
    """Whether a file may still be arriving; one dated in the future would wait for years."""
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


def _by_rootname(failures: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the names of the files that failed, by rootname."""
    filenames: dict[str, set[str]] = {}
    for filename, failure in failures.items():
        filenames.setdefault(failure["rootname"], set()).add(filename)
    return filenames


def _names_on_disk(observation: ObservationOnDisk) -> set[str]:
    """Return the names of all that the scan found, whether it can be used or not."""
    files = {str(file.name) for file in observation.files.values()}
    return files | {problem.filename for problem in observation.problems}
