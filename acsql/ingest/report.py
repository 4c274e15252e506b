"""Report of a run: its results in numbers, for its log, its record and the user."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..keywords import HeaderKey
from ..store import runs
from .observation_result import NEW, STATES, UNCHANGED, UPDATED, Failure, ObservationResult
from .plan import Plan
from .proposals import LookupResult

if TYPE_CHECKING:
    from .fill_statistics import FillReport

# Characters of a value that the record of a run has.
VALUE_LENGTH = 80
# A line of the summary has at most this many names.
NAMED = 5


@dataclass
class Report:
    """The sum of the plan of a run and of the results so far.

    Attributes
    ----------
    started : datetime, optional
        The start of the run (UTC, naive).
    log : Path, optional
        Its log file.
    plan : Plan
        The plan of the run.
    observations : Counter
        Number of observations by state.
    files, previews : Counter
        Number of ingested files and rendered previews by filetype.
    bytes : int
        Size of the ingested files.
    failures : list of Failure
        Files and observations that could not be, or not fully be, ingested.
    filenames : list of str
        Names of the ingested files.
    waiting : list of str
        Names of files that are still being written.
    unspecified : dict
        Keywords not in the specs: (header, keyword) to (type, name of a file).
    mismatches : Counter
        Number of type mismatches by (header, keyword).
    mismatch_examples : dict
        The first of them: (header, keyword) to (value as read, name of its file).
    warnings : list of str
        Irregularities that are not failures.
    problems : list of str
        Faults of the archive as a whole.
    notes : list of str
        Lines about the run as a whole.
    owed : int
        Number of files whose ingest is owed after the run, whether it read them or not.
    statistics_listed : bool
        Whether the images without statistics are listed in the database.
    seconds : float
        Duration of the run.
    """

    started: datetime | None = None
    log: Path | None = None
    plan: Plan = field(default_factory=Plan)
    observations: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    previews: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    failures: list[Failure] = field(default_factory=list)
    filenames: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    unspecified: dict[tuple[HeaderKey, str], tuple[str, str]] = field(default_factory=dict)
    mismatches: Counter[tuple[HeaderKey | None, str]] = field(default_factory=Counter)
    mismatch_examples: dict[tuple[HeaderKey | None, str], tuple[Any, str]] = field(
        default_factory=dict
    )
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    owed: int = 0
    statistics_listed: bool = False
    seconds: float = 0.0

    @property
    def state(self) -> str:
        """The state of a run that ended like this, as its record has it."""
        if self.is_incomplete:
            return runs.SUCCEEDED_WITH_FAILURES
        changed = self.observations[NEW] + self.observations[UPDATED]
        changed += len(self.vanished) + len(self.plan.returned)
        return runs.SUCCEEDED if changed else runs.NOTHING_NEW

    @property
    def is_incomplete(self) -> bool:
        """Whether anything failed, the ingest of files is owed, or the archive has a problem."""
        return bool(self.failures or self.owed or self.problems)

    @property
    def vanished(self) -> list[tuple[str, str]]:
        """(rootname, filetype) of the files that vanished."""
        return list(self.plan.vanished)

    @property
    def known_failures(self) -> int:
        """Number of damaged files that have not changed since they failed."""
        return self.plan.known_failures

    def add_plan(self, plan: Plan) -> None:
        """Add the result of the comparison of disk and database.

        Parameters
        ----------
        plan : Plan
            The plan of the run, which has one.
        """
        self.plan = plan
        self.problems += plan.problems
        if plan.moved:
            self.notes.append(
                f"Files with new inode numbers or change times alone, taken as moved: {plan.moved} "
                "(acsql ingest --checksum compares their content)"
            )
        self.waiting += plan.waiting
        if plan.unchanged:
            self.observations[UNCHANGED] += plan.unchanged

    def add(self, result: ObservationResult) -> None:
        """Add the result of one observation.

        Parameters
        ----------
        result : ObservationResult
            As a worker returned it.
        """
        self.observations[result.state] += 1
        self.files.update(result.filetypes)
        self.previews.update(result.previews)
        self.bytes += result.bytes
        self.failures += result.failures
        self.filenames += result.filenames
        self.waiting += result.waiting
        self.warnings += [f"{result.rootname}: {warning}" for warning in result.warnings]
        self.mismatches.update(result.mismatches.keys())
        for place, example in result.mismatches.items():
            self.mismatch_examples.setdefault(place, example)
        for place, first_seen in result.unspecified.items():
            self.unspecified.setdefault(place, first_seen)

    def add_lookup(self, result: LookupResult) -> None:
        """Add the result of the lookup of proposals.

        Parameters
        ----------
        result : LookupResult
            Its problems are those of the proposals file.
        """
        self.notes.append(f"Proposals: {result}")
        self.problems += result.problems

    def add_fill(self, filled: "FillReport | None") -> None:
        """Add the statistics that were completed for images that an older acsql has ingested.

        Parameters
        ----------
        filled : FillReport or None
            Images without statistics are irregularities, not failures of the run; None if no
            images are listed.
        """
        self.statistics_listed = True
        if filled is None:
            return
        if filled.files or filled.left:
            self.notes.append(
                f"Statistics of older images, in files: {filled.files}; "
                f"observations for later runs: {filled.left} (acsql statistics fill completes all)"
            )
        self.warnings += [f"{each.rootname}: {each.reason}" for each in filled.failures]

    def lines(self) -> Iterator[str]:
        """Yield the summary, for the end of the log and for the user.

        Yields
        ------
        str
            One number, with its name.
        """
        counts = ", ".join(f"{self.observations[state]} {state}" for state in STATES)
        yield f"Observations: {counts}"
        yield f"Files read: {_by_filetype(self.files)}, {self.bytes / 1e6:.1f} MB"
        yield f"Previews: {_by_filetype(self.previews)}"
        yield f"Failures: {len(self.failures)}"
        if self.owed:
            yield f"Owed files, to read again in the next run: {self.owed}"
        if self.known_failures:
            yield f"Damaged files, unchanged since they failed: {self.known_failures}"
        if self.vanished:
            yield f"Vanished files: {len(self.vanished)}"
        if self.plan.returned:
            yield f"Files on disk again, unchanged: {len(self.plan.returned)}"
        if self.waiting:
            yield (
                f"Files still being written, to retry in the next run: {len(self.waiting)} "
                f"({_some(self.waiting)})"
            )
        hint = " (see acsql specs update)" if self.unspecified else ""
        yield f"Keywords not in the specs: {len(self.unspecified)}{hint}"
        yield f"Keywords with type mismatches: {len(self.mismatches)}"
        yield f"Ignored files (not ACS): {self.plan.ignored}"
        if self.plan.misplaced.number:
            yield self.plan.misplaced.message
        yield from self.notes
        yield f"Seconds: {self.seconds:.1f}"

    def record(self) -> dict[str, Any]:
        """Return the fields of the run record.

        Returns
        -------
        dict
            Counts and lists; its field names are those of all records in the database.
        """
        return {
            "seconds": self.seconds,
            "observations": dict(self.observations),
            "files": dict(self.files),
            "previews": dict(self.previews),
            "bytes": self.bytes,
            "ignored": self.plan.ignored,
            "misplaced": asdict(self.plan.misplaced),
            "failures": [asdict(failure) for failure in self.failures],
            "owed": self.owed,
            "known_failures": self.known_failures,
            "waiting": self.waiting,
            "vanished": [list(file) for file in self.vanished],
            "returned": len(self.plan.returned),
            "moved": self.plan.moved,
            "problems": self.problems,
            "notes": self.notes,
            "statistics_listed": self.statistics_listed,
            "warnings": self.warnings,
            "keywords_not_in_specs": [
                {**key._asdict(), "keyword": keyword, "type": type_, "filename": filename}
                for (key, keyword), (type_, filename) in self.unspecified.items()
            ],
            "type_mismatches": [
                {
                    "header": str(key),
                    "keyword": keyword,
                    "values": number,
                    "value": repr(self.mismatch_examples[key, keyword][0])[:VALUE_LENGTH],
                    "filename": self.mismatch_examples[key, keyword][1],
                }
                for (key, keyword), number in self.mismatches.items()
            ],
            "log": str(self.log),
        }


def _some(names: Sequence[str]) -> str:
    """Return the first few names, and the number of the others."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _by_filetype(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
