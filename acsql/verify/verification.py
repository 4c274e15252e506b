"""Verification of an archive: compare disk, database and previews, and repair on request."""

import logging
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass, replace

from ..config import Config
from ..ingest.log import log_file
from ..ingest.observation_result import Failure
from ..ingest.progress import Progress, no_progress
from ..ingest.tasks import ingest_tasks
from ..ingest.workers import PROCESSES, check_scheduler
from ..keywords import KeywordSpecs
from ..migrations import runner
from ..mongod import resolve_connection
from ..permissions import permissions_of
from ..store import lock
from ..store.client import Store
from ..store.configured import open_store
from ..store.schema import now
from .columns import compare_columns, fold_again
from .findings import PREVIEW_MISSING, Finding, Verification
from .full import compare_fully
from .quick import QuickComparison, compare_quickly
from .repair import delete_extra_previews, implausible_absence, mark_vanished, tasks_of

logger = logging.getLogger(__name__)


def verify(
    config: Config,
    full: bool = False,
    fix: bool = False,
    workers: int | None = None,
    scheduler: str = PROCESSES,
    progress: Progress = no_progress,
) -> Verification:
    """Compare files, documents and previews, in both directions.

    Parameters
    ----------
    config : Config
        The archive.
    full : bool
        Read all headers and previews, too; otherwise names, sizes and times are compared.
    fix : bool
        Repair what is found; otherwise nothing is changed.
    workers : int, optional
        Number of processes or threads, by default `Config.ncores`.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    progress : callable, optional
        Called with the number of observations to read; returns a context manager whose value is
        called without arguments each time one is done.

    Returns
    -------
    Verification
        The findings, and those left after the repair.

    Raises
    ------
    ConfigError
        If the file system or the folders of previews cannot be read, or `scheduler` is invalid.
    DatabaseError
        If the database does not answer, or is of another version of acsql.
    Busy
        If a repair is requested while another command is changing the archive.
    ArchiveError
        If no file is on disk while documents are stored, or a worker dies.
    """
    config = resolve_connection(config)
    check_scheduler(scheduler)
    with open_store(config, config.database_wait, log_outages=True) as store:
        verifier = _Verifier(
            config, store.specs, store, workers or config.ncores, scheduler, progress
        )
        if not fix:
            return verifier.compare(full)
        with (
            lock.hold(store, "verify"),
            log_file(config.log_dir, now(), permissions_of(config)) as log,
        ):
            verification = replace(verifier.repair(full), log=log)
            for line in verification.lines():
                logger.info(line)
            return verification


@dataclass(frozen=True)
class _Verifier:
    """The archive, and how it is read."""

    config: Config
    specs: KeywordSpecs
    store: Store
    workers: int
    scheduler: str
    progress: Progress

    def compare(self, full: bool) -> Verification:
        """Compare, and change nothing."""
        runner.check(self.store)
        notes = []
        if lock.is_held(self.store):
            notes.append("the archive is being changed: findings may be work in progress")
        quick, findings = self._find(full)
        return Verification(
            findings, findings, (*notes, *quick.notes), observations=quick.observations
        )

    def repair(self, full: bool) -> Verification:
        """Compare, repair what was found, and compare again."""
        runner.migrate_if_empty(self.store, self.specs)
        runner.check(self.store)
        self.store.make_indexes()
        quick, findings = self._find(full)
        for finding in findings:
            logger.warning("%s", finding)
        problem = mark_vanished(self.store, findings, quick.files, self.config.vanish_limit)
        absence = implausible_absence(findings, quick.previews, self.config.vanish_limit)
        failures = self._ingest_again(
            each for each in findings if not (absence and each.kind == PREVIEW_MISSING)
        )
        fold_again(self.store, findings)
        quick, after = self._find(full, {finding.rootname for finding in findings})
        remaining = delete_extra_previews(after)
        for finding in remaining:
            logger.error("Remaining: %s", finding)
        notes = (*filter(None, (problem, absence)), *quick.notes)
        return Verification(findings, tuple(remaining), notes, failures, quick.observations)

    def _ingest_again(self, findings: Iterable[Finding]) -> tuple[Failure, ...]:
        """Ingest the files of findings, and return the failures."""
        tasks = list(tasks_of(findings, self.specs, self.config))
        with closing(
            ingest_tasks(
                tasks, self.store, self.config, self.scheduler, self.workers, self.progress
            )
        ) as results:
            return tuple(failure for result in results for failure in result.failures)

    def _find(
        self, full: bool, only: Collection[str] | None = None
    ) -> tuple[QuickComparison, tuple[Finding, ...]]:
        """Return the quick comparison and all findings; `full` reads all rootnames or some."""
        quick = compare_quickly(self.config, self.specs, self.store)
        findings = [*quick.findings, *compare_columns(self.store, full)]
        if full:
            rootnames = [name for name in quick.comparable if only is None or name in only]
            with (
                self.progress(len(rootnames)) as advance,
                closing(
                    compare_fully(rootnames, self.config, self.scheduler, self.workers)
                ) as results,
            ):
                for of_observation in results:
                    findings += of_observation
                    advance()
        findings.sort(key=lambda finding: (finding.rootname, finding.what))
        return quick, tuple(findings)
