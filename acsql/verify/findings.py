"""Findings: the inconsistencies that a verification can find, and its result."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..ingest.observation_result import Failure

MISSING = "missing"  # on disk, not in the database
EXTRA = "extra"  # in the database, not on disk and not marked as vanished
STALE = "stale"  # size, time or path differ from those on disk
DIFFERENT = "different"  # the stored headers differ from those of the file
UNREADABLE = "unreadable"  # a file or folder of previews that exists and could not be read
FAILED = "failed"  # could not be ingested, and has not changed since
OWED = "owed"  # stored, but a fault outside the file kept a part of it from being ingested
MISPLACED = "misplaced"  # all FITS files are outside the layout of the archive
PREVIEW_MISSING = "preview missing"  # named by a document, does not exist
PREVIEW_EXTRA = "preview extra"  # exists, not named by any document
PREVIEW_STALE = "preview stale"  # exists, and is not the picture that its document describes
COLUMNS_DIFFER = "columns differ"  # the columns do not have the fields of the document
KINDS = (
    MISSING,
    EXTRA,
    STALE,
    DIFFERENT,
    UNREADABLE,
    FAILED,
    OWED,
    MISPLACED,
    PREVIEW_MISSING,
    PREVIEW_EXTRA,
    PREVIEW_STALE,
    COLUMNS_DIFFER,
)
# Kinds that an ingest of the files repairs.
REINGESTED = (MISSING, STALE, DIFFERENT, OWED, PREVIEW_MISSING, PREVIEW_STALE)


@dataclass(frozen=True)
class Finding:
    """One inconsistency.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    rootname : str
        The observation, empty where it is the whole archive.
    what : str
        The name of a FITS file, the path of a preview or of a folder of previews, or the rootname.
    reason : str
        The inconsistency.
    filetypes : tuple of str
        The files that a repair ingests again or marks as vanished.
    """

    kind: str
    rootname: str
    what: str
    reason: str
    filetypes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.rootname}: {self.what}: {self.reason}"


@dataclass(frozen=True)
class Verification:
    """The result of a verification.

    Attributes
    ----------
    findings : tuple of Finding
        The inconsistencies that were found.
    remaining : tuple of Finding
        The findings left after the repair; without a repair the same as `findings`.
    notes : tuple of str
        Other files among the previews, and a warning while an ingest is running.
    failures : tuple of Failure
        Files that a repair could not ingest.
    observations : int
        Number of observations on disk and in the database together.
    log : Path, optional
        The log of a repair.
    """

    findings: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    observations: int = 0
    log: Path | None = field(default=None, compare=False)

    @property
    def counts(self) -> Counter[str]:
        """The number of findings of each kind."""
        return Counter(finding.kind for finding in self.findings)

    @property
    def repaired(self) -> int:
        """The number of findings that are repaired."""
        remaining = {(finding.rootname, finding.what) for finding in self.remaining}
        return sum((finding.rootname, finding.what) not in remaining for finding in self.findings)

    def lines(self) -> Iterator[str]:
        """Yield the summary, for the end of the log and for the user.

        Yields
        ------
        str
            One line of it.
        """
        counts = self.counts
        kinds = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
        yield f"Observations compared: {self.observations}"
        yield f"Findings: {kinds or 'none'}"
        if self.log:
            yield f"Repaired: {self.repaired}, remaining: {len(self.remaining)}"
