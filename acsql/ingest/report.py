"""What a run did, in numbers: for its log, its record and the user."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..keywords import HeaderKey
from ..store import runs
from .observation import FAILED, NEW, UNCHANGED, UPDATED, Failure, Outcome
from .plan import Changes


@dataclass
class Report:
    """What a run did.  `files` and `previews` count by filetype, `seconds` is its duration.

    `unknown` maps (header, keyword) to (type, file name) for keywords that no spec names,
    `misfits` maps it to the number of values that do not fit their type.  `read` are the names
    of files that went in, `waiting` of those that were still being written, `vanished` the
    (rootname, filetype) of files that are stored and not there any more.  `remarks` are oddities
    that are no failures, `known_failures` files that failed before and have not changed since.
    """

    observations: Counter = field(default_factory=Counter)
    files: Counter = field(default_factory=Counter)
    previews: Counter = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    unknown: dict[tuple[HeaderKey, str], tuple[str, str]] = field(default_factory=dict)
    misfits: Counter = field(default_factory=Counter)
    read: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    vanished: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    known_failures: int = 0
    others: int = 0
    bytes: int = 0
    seconds: float = 0.0
    log: Path | None = None

    @property
    def state(self) -> str:
        """The state in which the run's record is closed."""
        if self.failures:
            return runs.SUCCEEDED_WITH_FAILURES
        changed = self.observations[NEW] + self.observations[UPDATED] + len(self.vanished)
        return runs.SUCCEEDED if changed else runs.NOTHING_NEW

    def take_account(self, changes: Changes) -> None:
        """Take account of what a run found out before it opened a file."""
        if changes.unchanged:
            self.observations[UNCHANGED] += changes.unchanged
        self.others = changes.others
        self.known_failures = changes.known_failures
        self.vanished = changes.vanished
        self.waiting += changes.waiting

    def add(self, outcome: Outcome) -> None:
        """Take account of one observation."""
        self.observations[outcome.state] += 1
        self.files.update(outcome.filetypes)
        self.previews.update(outcome.previews)
        self.failures += outcome.failures
        self.read += outcome.read
        self.remarks += [f"{outcome.rootname}: {note}" for note in outcome.notes]
        self.waiting += outcome.waiting
        for met, seen in outcome.unknown.items():
            self.unknown.setdefault(met, seen)
        self.misfits.update(outcome.misfits.keys())
        self.bytes += outcome.bytes

    def lines(self) -> Iterator[str]:
        """Yield the counts, for the end of the log and for the user."""
        states = (NEW, UPDATED, UNCHANGED, FAILED)
        counts = ", ".join(f"{self.observations[state]} {state}" for state in states)
        yield f"Observations: {counts}"
        yield f"Files read: {_by_filetype(self.files)}, {self.bytes / 1e6:.1f} MB"
        yield f"Previews: {_by_filetype(self.previews)}"
        yield f"Files failed: {len(self.failures)}"
        if self.known_failures:
            yield f"Files that failed before and have not changed: {self.known_failures}"
        if self.vanished:
            yield f"Files that vanished: {len(self.vanished)}"
        if self.waiting:
            yield f"Files still being written, left for the next run: {len(self.waiting)}"
        yield f"Keywords new to the specs: {len(self.unknown)}"
        yield f"Keywords with values that do not fit their type: {len(self.misfits)}"
        yield f"Files that are not ours: {self.others}"
        yield from self.notes
        yield f"Seconds: {self.seconds:.1f}"

    def record(self) -> dict[str, Any]:
        """Return what the record of the run keeps."""
        return {
            "seconds": self.seconds,
            "observations": dict(self.observations),
            "files": dict(self.files),
            "previews": dict(self.previews),
            "bytes": self.bytes,
            "others": self.others,
            "failures": [asdict(failure) for failure in self.failures],
            "known_failures": self.known_failures,
            "waiting": self.waiting,
            "vanished": [list(file) for file in self.vanished],
            "notes": self.notes,
            "remarks": self.remarks,
            "keywords_new": [
                {**key._asdict(), "keyword": keyword, "type": type_, "filename": filename}
                for (key, keyword), (type_, filename) in self.unknown.items()
            ],
            "misfits": [
                {"header": str(key), "keyword": keyword, "values": number}
                for (key, keyword), number in self.misfits.items()
            ],
            "log": str(self.log),
        }


def _by_filetype(counts: Counter) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
