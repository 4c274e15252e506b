"""Whether files, documents and pictures agree, and what makes them agree again.

Files and documents are walked side by side in the order of their rootnames, and no headers are
read, so that a whole mission passes through in little memory: only the names of observations and
pictures are kept.  Reading again what the files hold is asked for separately, and done by
workers.  Repairs are ingests: there is one way into the archive, and what is removed is nothing
but pictures that no document names.
"""

import heapq
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from .. import config as configuration
from .. import keywords as keyword_specs
from .. import paths
from ..config import Config
from ..errors import ArchiveError, ConfigError, InvalidName
from ..ingest.log import log_file
from ..ingest.observation import Failure, Outcome
from ..ingest.plan import Task
from ..ingest.report import Report
from ..ingest.run import Progress, remember, silent
from ..ingest.scan import FoundFile, FoundObservation, scan
from ..ingest.workers import PROCESSES, ingest_all
from ..keywords import KeywordSpecs
from ..migrations import runner
from ..mongod.server import resolve_connection
from ..names import Filename
from ..store import failures, lock, observations
from ..store.client import Store
from ..store.derived import freshness, refresh
from ..store.schema import now
from .findings import (
    EXTRA,
    FAILED,
    INGESTED_ANEW,
    KINDS,
    MISSING,
    PICTURES,
    PREVIEW_EXTRA,
    PREVIEW_MISSING,
    STALE,
    Finding,
    fault,
    named_pictures,
    stale,
)
from .reread import Reread, read_all_again

logger = logging.getLogger(__name__)

# How `images.preview` calls a picture while it is being written.
_TEMPORARY = re.compile(r"\.(.+)\.new", re.ASCII)


@dataclass
class Verification:
    """What a verification found, and what of it remains; without a repair that is all of it.

    `notes` tell what lies among the pictures and is not ours, `failures` why files could not be
    ingested in a repair, `observations` how many there are on disk and in the database together.
    """

    findings: list[Finding]
    remaining: list[Finding]
    notes: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    observations: int = 0
    log: Path | None = None

    @property
    def counts(self) -> Counter:
        """How many findings there were of each kind."""
        return Counter(finding.kind for finding in self.findings)

    @property
    def repaired(self) -> int:
        """How many of the things that were found are as they should be now."""
        still = {(finding.rootname, finding.what) for finding in self.remaining}
        return sum((finding.rootname, finding.what) not in still for finding in self.findings)

    def lines(self) -> Iterator[str]:
        """Yield the counts, for the end of the log and for the user."""
        counts = self.counts
        found = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
        yield f"Observations compared: {self.observations}"
        yield f"Found: {found or 'nothing wrong'}"
        if self.log:
            yield f"Repaired: {self.repaired}, remaining: {len(self.remaining)}"


def verify(
    config: Config,
    full: bool = False,
    fix: bool = False,
    workers: int | None = None,
    scheduler: str = PROCESSES,
    progress: Progress = silent,
) -> Verification:
    """Compare files, documents and pictures, both ways.

    Parameters
    ----------
    full : bool
        Read all headers and pictures as well; else names, sizes and times are compared.
    fix : bool
        Repair what is found; without it nothing is changed.
    workers : int, optional
        By default `Config.ncores`.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    progress : callable, optional
        Called with a number of observations to read; returns a context manager whose value is
        called without arguments whenever one is done.

    Raises
    ------
    ConfigError
        If the file system or the pictures' folders cannot be read, or `scheduler` is wrong.
    DatabaseError
        If the database does not answer, or is of another version.
    Busy
        If another acsql is changing the archive and this one was to repair it.
    ArchiveError
        If no file is there where documents tell of some, or a worker dies.
    """
    config = resolve_connection(config)
    specs = keyword_specs.load(configuration.specs_overlay(config))
    with Store(config.connection_string, specs, config.database_wait) as store:
        verifier = _Verifier(config, specs, store, workers or config.ncores, scheduler, progress)
        if not fix:
            return verifier.compared(full)
        with lock.hold(store, "verify"), log_file(config.log_dir, now()) as log:
            verification = verifier.repaired(full)
            verification.log = log
            for line in verification.lines():
                logger.info(line)
            return verification


@dataclass
class _Verifier:
    """Looks, and repairs, with what both need."""

    config: Config
    specs: KeywordSpecs
    store: Store
    workers: int
    scheduler: str
    progress: Progress

    def compared(self, full: bool) -> Verification:
        """Look, and change nothing."""
        runner.check(self.store)
        notes = []
        if lock.is_held(self.store):
            notes.append("the archive is being changed: findings may be work in progress")
        look = self.look(full)
        notes += look.notes
        return Verification(look.findings, look.findings, notes, [], look.observations)

    def look(self, full: bool, only: Iterable[str] | None = None) -> "_Look":
        """Compare everything; read again all of it, or `only` some rootnames, if `full`."""
        look = _Look(self.config, self.specs, failures.by_filename(self.store))
        look.at_everything(self.store)
        if full:
            wanted = look.both if only is None else sorted(set(only) & set(look.both))
            look.findings += self._read_again(wanted)
        look.findings.sort(key=lambda finding: (finding.rootname, finding.what))
        return look

    def _read_again(self, rootnames: Sequence[str]) -> list[Finding]:
        found: list[Finding] = []
        with self.progress(len(rootnames)) as done:

            def take(outcome: Reread) -> None:
                found.extend(outcome.findings)
                done()

            if rootnames:
                read_all_again(rootnames, self.config, self.scheduler, self.workers, take)
        return found

    def repaired(self, full: bool) -> Verification:
        """Look, repair what was found, and look what remains."""
        runner.migrate_if_empty(self.store, self.specs)
        runner.check(self.store)
        self.store.make_indexes()
        before = self.look(full)
        for finding in before.findings:
            logger.warning("%s", finding)
        if before.findings:
            freshness.invalidate(self.store)
        vanished = [f for f in before.findings if f.kind == EXTRA]
        observations.mark_vanished(
            self.store, ((f.rootname, name) for f in vanished for name in f.filetypes), now()
        )
        report = self._ingest_anew(before.findings)
        refresh.refresh_if_stale(self.store, self.specs)
        # Pictures are removed last: one that was extra may be named now.
        after = self.look(full, {finding.rootname for finding in before.findings})
        remaining = [finding for finding in after.findings if not _removed(finding)]
        for finding in remaining:
            logger.error("Remaining: %s", finding)
        return Verification(
            before.findings, remaining, after.notes, report.failures, after.observations
        )

    def _ingest_anew(self, findings: Iterable[Finding]) -> Report:
        report = Report()
        tasks = list(self._tasks(findings))
        with self.progress(len(tasks)) as done:

            def take(outcome: Outcome) -> None:
                for failure in outcome.failures:
                    logger.error("%s: %s", outcome.rootname, failure.reason)
                report.add(outcome)
                done()

            try:
                ingest_all(tasks, self.config, self.scheduler, self.workers, take)
            finally:
                remember(self.store, report)
        return report

    def _tasks(self, findings: Iterable[Finding]) -> Iterator[Task]:
        wanted: dict[str, set[str]] = {}
        for finding in findings:
            if finding.kind in INGESTED_ANEW and finding.filetypes:
                wanted.setdefault(finding.rootname, set()).update(finding.filetypes)
        for found in scan(self.config.filesystem, self.specs.filetypes, wanted):
            there = wanted[found.rootname] & found.files.keys()
            if there:
                yield Task(found, tuple(name for name in self.specs.filetypes if name in there))


def _removed(finding: Finding) -> bool:
    """Remove a picture that no document names; return whether that is done."""
    if finding.kind != PREVIEW_EXTRA:
        return False
    try:
        Path(finding.what).unlink()
    except OSError as error:
        logger.error("%s cannot be removed: %s", finding.what, error.strerror)
        return False
    return True


@dataclass
class _Look:
    """One comparison of everything by names, sizes and times.

    `failed` are the files known to have failed.  `both` are the rootnames that are on disk and in
    the database, `pictures` the names of those that documents tell of.
    """

    config: Config
    specs: KeywordSpecs
    failed: Mapping[str, Mapping[str, Any]]
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)
    observations: int = 0
    _unreadable: str | None = None

    def at_everything(self, store: Store) -> None:
        """Compare the files on disk, the documents and the pictures."""
        anything_there = False
        found = scan(self.config.filesystem, self.specs.filetypes)
        for rootname, there, stored in _side_by_side(found, observations.all_files(store)):
            anything_there = anything_there or there is not None
            self._compare(rootname, there or FoundObservation(rootname, rootname, ""), stored)
        if self.observations and not anything_there:
            raise ArchiveError(
                f"the filesystem holds no observation, where {self.observations} are known: "
                "is it mounted?"
            )
        self._find_extra_pictures()

    def _add(
        self, kind: str, rootname: str, what: str, reason: str, filetypes: tuple[str, ...] = ()
    ) -> None:
        self.findings.append(Finding(kind, rootname, what, reason, filetypes))

    def _compare(
        self, rootname: str, found: FoundObservation, stored: Mapping[str, Any] | None
    ) -> None:
        """Compare one observation as it is on disk with its document."""
        for problem in found.problems:
            self._add(FAILED, rootname, problem.filename, problem.reason)
        if found.problems and "/" not in found.path:
            self._unreadable = found.path  # a folder of many observations
            return
        self.observations += 1
        before = len(self.findings)
        files = (stored or {}).get("files", {})
        for entry in (stored or {}).get("previews", {}).values():
            self.pictures.update(entry[kind] for kind in PICTURES if entry.get(kind))
        for filetype in [*found.files, *(files.keys() - found.files.keys())]:
            self._compare_file(found, filetype, stored)
        if stored is None or not found.path:
            return
        self.both.append(rootname)
        if any(finding.kind in INGESTED_ANEW for finding in self.findings[before:]):
            return
        good = tuple(n for n, file in found.files.items() if not stale(file, stored))
        place = (stored.get("ipppssoot"), stored.get("path"))
        if good and place != (found.ipppssoot, found.path):
            reason = f"its path is {place[1]}, on disk {found.path}"
            self._add(STALE, rootname, rootname, reason, good)

    def _compare_file(
        self, found: FoundObservation, filetype: str, stored: Mapping[str, Any] | None
    ) -> None:
        file = found.files.get(filetype)
        known = (stored or {}).get("files", {}).get(filetype)
        repair: tuple[str, ...] = ()
        if file is None:
            self._compare_absent(found, filetype, known)
        elif reason := self._failure(file):
            self._add(FAILED, found.rootname, str(file.name), reason)
        else:
            repair = (filetype,)
            kind = MISSING if known is None else STALE
            reason = "it is not stored" if known is None else stale(file, stored)
            if reason:
                # Its pictures are made with it.
                self._add(kind, found.rootname, str(file.name), reason, repair)
                return
        if known is not None:
            self._compare_pictures(found.rootname, filetype, stored, repair)

    def _compare_absent(
        self, found: FoundObservation, filetype: str, known: Mapping[str, Any]
    ) -> None:
        """Note that a stored file is gone, unless it lies where nobody can look."""
        path = known.get("path", "")
        closed = {self._unreadable, *(problem.filename for problem in found.problems)}
        if "vanished" not in known and not closed.intersection(path.split("/")):
            name = path.rpartition("/")[2] or filetype
            self._add(EXTRA, found.rootname, name, "it is not on disk", (filetype,))

    def _failure(self, file: FoundFile) -> str | None:
        """Return why a file failed, if it has not changed since."""
        entry = self.failed.get(str(file.name))
        if entry and (entry.get("size"), entry.get("mtime")) == (file.size, file.mtime):
            return entry.get("reason", "it failed before")
        return None

    def _compare_pictures(
        self, rootname: str, filetype: str, stored: Mapping[str, Any], repair: tuple[str, ...]
    ) -> None:
        entry = stored.get("previews", {}).get(filetype, {})
        spec = self.specs.filetypes.get(filetype)
        filename = stored.get("datasets", {}).get(filetype, filetype)
        if spec and spec.preview and not (entry.get("jpeg") or entry.get("reason")):
            reason = "it has neither a picture nor a reason for having none"
            self._add(PREVIEW_MISSING, rootname, filename, reason, repair)
        elif spec and spec.thumbnail and entry.get("jpeg") and not entry.get("thumbnail"):
            self._add(PREVIEW_MISSING, rootname, filename, "it has no thumbnail", repair)
        for _, path in named_pictures(entry, self.config):
            if wrong := fault(path):
                kind, reason = wrong
                self._add(kind, rootname, str(path), reason, repair)

    def _find_extra_pictures(self) -> None:
        """Find what lies among the pictures and is named by no document."""
        makers: dict[Path, list[Callable[[Filename, int | None], str]]] = {}
        makers.setdefault(self.config.jpeg_dir, []).append(paths.jpeg_name)
        makers.setdefault(self.config.thumbnail_dir, []).append(paths.thumbnail_name)
        for directory, make_names in makers.items():
            for folder in _entries(directory):
                if folder.is_dir():
                    self._find_extra_in(Path(folder.path), make_names)
                else:
                    self.notes.append(f"{folder.path} is not a picture of acsql")

    def _find_extra_in(
        self, folder: Path, make_names: Sequence[Callable[[Filename, int | None], str]]
    ) -> None:
        others = 0
        for entry in _entries(folder):
            if f"{folder.name}/{entry.name}" in self.pictures:
                continue
            temporary = _TEMPORARY.fullmatch(entry.name)
            name = temporary[1] if temporary else entry.name
            filename = self._pictured(folder.name, name, make_names) if entry.is_file() else None
            if filename is None:
                others += 1
            else:
                reason = "it was never finished" if temporary else "no document names it"
                self._add(PREVIEW_EXTRA, filename.rootname, entry.path, reason)
        if others:
            self.notes.append(f"{others} things in {folder} are not pictures of acsql")

    def _pictured(
        self,
        folder: str,
        name: str,
        make_names: Sequence[Callable[[Filename, int | None], str]],
    ) -> Filename | None:
        """Return the FITS file of which something is a picture, None if its name is not ours."""
        try:
            filename = Filename.parse(f"{name.partition('.')[0]}.fits")
        except InvalidName:
            return None
        proposid = int(folder) if folder.isdecimal() else None
        ours = {make_name(filename, proposid) for make_name in make_names}
        is_ours = filename.filetype in self.specs.filetypes and f"{folder}/{name}" in ours
        return filename if is_ours else None


def _side_by_side(
    found: Iterable[FoundObservation], stored: Iterable[dict[str, Any]]
) -> Iterator[tuple[str, FoundObservation | None, dict[str, Any] | None]]:
    """Yield each rootname with what lies on disk and what is stored, both in their order."""
    on_disk = ((one.rootname, 0, one) for one in found)
    known = ((document["_id"], 1, document) for document in stored)
    for rootname, group in groupby(heapq.merge(on_disk, known, key=itemgetter(0)), itemgetter(0)):
        sides: list[Any] = [None, None]
        for _, side, value in group:
            sides[side] = value
        yield rootname, sides[0], sides[1]


def _entries(directory: Path) -> list[os.DirEntry]:
    """Return what is in a folder of pictures, nothing if nobody has made it yet."""
    try:
        return sorted(os.scandir(directory), key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{directory} cannot be read: {error.strerror}") from error
