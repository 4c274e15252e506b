"""Planning: the difference between the files on disk and the files that are stored.

Sizes, times and inode numbers are compared, so an unchanged archive is confirmed without opening a
file.  A stored file that is no longer on disk is marked as vanished, and its headers are kept.

Nearly all observations have not changed.  These are recognised by the thousand; only of the others
are the files compared one by one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from ..keywords import KeywordSpecs
from ..store.file_records import Marks
from ..store.recorded_files import RecordedFiles
from . import vanished_files
from .changed_files import Comparison, Selection, compare, is_young
from .layouts import Misplaced
from .on_disk import ObservationOnDisk
from .replaced import MovedFiles, marks_of

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
class Stored:
    """The contents of the database with which files are compared.

    Attributes
    ----------
    files : RecordedFiles
        The records of the files of all observations.
    failures : mapping
        Name of a file that failed to its rootname, whether its ingest is owed, and its size and
        mtime then.
    """

    files: RecordedFiles
    failures: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Plan:
    """The observations that a run has to process, and the numbers that it can skip.

    Attributes
    ----------
    tasks : tuple of Task
        The observations to ingest.
    vanished : tuple of (rootname, filetype)
        Stored files that are no longer on disk, to be marked.
    returned : tuple of (rootname, filetype)
        Files marked as vanished that are on disk again as they were.
    marks : tuple of Marks
        The marks to store of files that need nothing else.
    moved : int
        Number of these files that had other marks before.
    problems : tuple of str
        Faults of the archive as a whole.
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
    """Compare the observations of a scan with the stored ones.

    Parameters
    ----------
    scanned : iterable of ObservationOnDisk
        The scan, consumed by the thousand; only observations with a task are kept in memory.
    stored : Stored
        The stored files and failures.
    selection : Selection
        The files that the run considers.
    specs : KeywordSpecs
        The filetypes, in the order in which they are read.
    whole : bool
        Whether the scan covers the whole archive, so that everything it lacks has vanished.

    Returns
    -------
    Plan
        The tasks, and the changes that need no reading of a file.

    Raises
    ------
    ArchiveError
        If a whole scan is empty while observations are stored: the file system is not mounted.
    """
    filetypes = [name for name in specs.filetypes if name in selection.filetypes]
    planning = _Planning(stored, selection, filetypes)
    for observation, files in _with_files(scanned, stored.files, selection, planning.failed):
        planning.add(observation, files)
    if whole:
        planning.add_unseen()
    return planning.plan()


class _Planning:
    """The plan of a scan, observation by observation.

    It keeps the changes of an archive, and only the rootnames of unchanged observations.
    """

    def __init__(self, stored: Stored, selection: Selection, filetypes: Sequence[str]) -> None:
        self.failed = _by_rootname(stored.failures)
        self._stored = stored
        self._selection = selection
        self._filetypes = filetypes
        self._seen: set[str] = set()
        self._unreadable: set[str] = set()
        self._incomplete: set[str] = set()
        self._tasks: dict[str, Task] = {}
        self._moved = MovedFiles(selection.moved_limit)
        self._marks: list[Marks] = []
        self._vanished: list[tuple[str, str]] = []
        self._returned: list[tuple[str, str]] = []
        self._settled: list[str] = []
        self._waiting: list[str] = []
        self._unchanged = self._known_failures = self._ignored = 0

    def add(self, observation: ObservationOnDisk, files: Mapping[str, Any] | None) -> None:
        """Compare an observation with the records of its files, None if they are the same."""
        self._seen.add(observation.rootname)
        self._ignored += observation.ignored
        if files is None:
            self._unchanged += bool(observation.files)
            return
        self._add_missing(observation, files)
        comparison = compare(
            observation, files, self._stored.failures, self._selection, self._filetypes
        )
        self._add_task(observation, comparison)
        rootname = observation.rootname
        self._returned += [(rootname, filetype) for filetype in comparison.returned]
        self._waiting += comparison.waiting
        self._known_failures += comparison.known_failures
        self._marks += [
            marks_of(rootname, observation.files[filetype]) for filetype in comparison.without_marks
        ]
        self._moved.add(observation, {name: files[name].get("sha256") for name in comparison.moved})

    def _add_missing(self, observation: ObservationOnDisk, files: Mapping[str, Any]) -> None:
        """Add the files that are recorded or failed, and are not on disk."""
        if observation.unreadable:
            self._unreadable.add(observation.path)
            return
        rootname = observation.rootname
        self._vanished += vanished_files.of_observation(rootname, files, observation.files)
        self._settled += self.failed.get(rootname, set()) - _names_on_disk(observation)

    def _add_task(self, observation: ObservationOnDisk, comparison: Comparison) -> None:
        """Add the task of an observation, or count it if it has none."""
        rootname = observation.rootname
        if comparison.to_read or comparison.checksums or observation.problems:
            filetypes = tuple(comparison.to_read)
            self._tasks[rootname] = Task(observation, filetypes, comparison.checksums)
        elif comparison.waiting:
            self._incomplete.add(rootname)
        else:
            self._unchanged += bool(observation.files)

    def add_unseen(self) -> None:
        """Add the files of stored observations that a whole scan did not find."""
        seen, unreadable = self._seen, self._unreadable
        self._vanished += vanished_files.of_unseen(self._stored.files, seen, unreadable)
        for rootname in vanished_files.unseen(self.failed, seen, unreadable):
            self._settled += self.failed[rootname]

    def _with_moved(self) -> dict[str, Task]:
        """Return the tasks, also the comparisons of the content of moved files."""
        tasks = dict(self._tasks)
        for rootname, (observation, checksums) in self._moved.observations.items():
            task = tasks.get(rootname, Task(observation))
            tasks[rootname] = replace(task, checksums={**task.checksums, **checksums})
        return tasks

    def plan(self) -> Plan:
        """Return the plan; if too much has vanished at once, that is a problem and not marked."""
        tasks = self._with_moved()
        moved = self._moved.marks if self._moved.archive_was_moved else []
        loss = vanished_files.implausible_loss(
            len(self._vanished), self._stored.files.number_of_files, self._selection.vanish_limit
        )
        return Plan(
            tasks=tuple(tasks.values()),
            vanished=() if loss else tuple(self._vanished),
            returned=tuple(self._returned),
            marks=(*self._marks, *moved),
            moved=len(moved),
            problems=(loss,) if loss else (),
            waiting=tuple(self._waiting),
            unchanged=self._unchanged - len(tasks.keys() - self._tasks.keys() - self._incomplete),
            known_failures=self._known_failures,
            settled=() if loss else tuple(self._settled),
            ignored=self._ignored,
        )


def _with_files(
    scanned: Iterable[ObservationOnDisk],
    recorded: RecordedFiles,
    selection: Selection,
    failed: Collection[str],
) -> Iterator[tuple[ObservationOnDisk, Mapping[str, Any] | None]]:
    """Yield observations with the records of their files; None if there is nothing to do."""
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
    return any(is_young(file, selection) for file in files)


def _by_rootname(failures: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the names of the files that failed, by rootname."""
    filenames: dict[str, set[str]] = {}
    for filename, failure in failures.items():
        filenames.setdefault(failure["rootname"], set()).add(filename)
    return filenames


def _names_on_disk(observation: ObservationOnDisk) -> set[str]:
    """Return the names of all files and folders of the scan, whether they can be used or not."""
    files = {str(file.name) for file in observation.files.values()}
    return files | {problem.filename for problem in observation.problems}
