"""What a run has to do: the difference between what lies on disk and what is stored.

Sizes and times tell, so an unchanged archive is confirmed without opening a file.  A file that
failed is left alone until it changes; a file that is stored and not there any more is marked,
and keeps all that is known of it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..errors import ArchiveError
from ..keywords import KeywordSpecs
from ..store import failures, observations
from ..store.client import Store
from .scan import FoundFile, FoundObservation


@dataclass(frozen=True)
class Task:
    """One observation to ingest: the filetypes to read, and those to compare by checksum."""

    found: FoundObservation
    filetypes: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """Which files a run looks at.

    `before` is the time at or after which a file counts as still being written; with
    `checksum` unchanged files are compared by content; `everything` reads them anew;
    `retry_failed` reads files that failed before.
    """

    filetypes: Collection[str]
    before: datetime
    everything: bool = False
    checksum: bool = False
    retry_failed: bool = False


@dataclass
class Changes:
    """Compares observations as they are found on disk with what is stored.

    `vanished` are (rootname, filetype) of files that are stored and were not found, `waiting`
    the names of files that are too young, `known_failures` those left alone.
    """

    choice: Choice
    stored: dict[str, dict[str, Any]]
    failed: dict[str, dict[str, Any]]
    unchanged: int = 0
    others: int = 0
    known_failures: int = 0
    waiting: list[str] = field(default_factory=list)
    vanished: list[tuple[str, str]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _unreadable: list[str] = field(default_factory=list)

    @classmethod
    def against(cls, store: Store, choice: Choice) -> "Changes":
        """Return a comparison with what a database holds."""
        return cls(choice, observations.files_by_rootname(store), failures.by_filename(store))

    def task(self, found: FoundObservation, specs: KeywordSpecs) -> Task | None:
        """Return what has to be done for an observation, None if nothing."""
        self._seen.add(found.rootname)
        self.others += found.others
        stored = self.stored.get(found.rootname, {})
        if found.unreadable:
            self._unreadable.append(found.path)
        else:
            self._note_vanished(found.rootname, stored, found.files)
        wanted = [name for name in specs.filetypes if name in self.choice.filetypes]
        ready = [found.files[name] for name in wanted if name in found.files]
        to_read, to_compare = [], []
        for file in filter(self._is_ready, ready):
            if self._changed(file, stored):
                to_read.append(file.name.filetype)
            elif self.choice.checksum:
                to_compare.append(file.name.filetype)
        if to_read or to_compare or found.problems:
            return Task(found, tuple(to_read), tuple(to_compare))
        self.unchanged += bool(found.files)
        return None

    def note_unseen(self) -> None:
        """Note that the files of observations which a whole scan did not find have vanished.

        Raises
        ------
        ArchiveError
            If nothing at all was found where observations are known: that is no archive from
            which all files vanished, but a file system that is not mounted.
        """
        if self.stored and not self._seen:
            raise ArchiveError(
                f"the filesystem holds no observation, where {len(self.stored)} are known: "
                "is it mounted?"
            )
        for rootname in self.stored.keys() - self._seen:
            if rootname[:4] in self._unreadable:
                continue
            self._note_vanished(rootname, self.stored[rootname], {})

    def _note_vanished(
        self, rootname: str, stored: Mapping[str, Any], there: Collection[str]
    ) -> None:
        for filetype, file in stored.get("files", {}).items():
            if filetype not in there and "vanished" not in file:
                self.vanished.append((rootname, filetype))

    def _is_ready(self, file: FoundFile) -> bool:
        if file.mtime < self.choice.before:
            return True
        self.waiting.append(str(file.name))
        return False

    def _changed(self, file: FoundFile, stored: Mapping[str, Any]) -> bool:
        """Whether a file has to be read."""
        if self.choice.everything:
            return True
        before = self.failed.get(str(file.name)) or stored.get("files", {}).get(file.name.filetype)
        if before is None:
            return True
        same = before.get("size") == file.size and before.get("mtime") == file.mtime
        if str(file.name) in self.failed:
            left_alone = same and not self.choice.retry_failed
            self.known_failures += left_alone
            return not left_alone
        return not same or before.get("path") != file.path or "vanished" in before


def tasks(
    found: Iterator[FoundObservation], changes: Changes, specs: KeywordSpecs, whole: bool
) -> Iterator[Task]:
    """Yield what has to be done for the observations that a scan finds.

    Parameters
    ----------
    whole : bool
        Whether the scan goes through the whole archive, so that what it does not find is gone.
    """
    for observation in found:
        task = changes.task(observation, specs)
        if task is not None:
            yield task
    if whole:
        changes.note_unseen()


def ready_before(now: datetime, min_age: float) -> datetime:
    """Return the time from which on files are too young, `min_age` being in seconds."""
    return now - timedelta(seconds=min_age) if min_age else datetime.max
