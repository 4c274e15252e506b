"""Repair of findings: files are ingested again, and extra previews are deleted.

Only an ingest writes documents.  Nothing is deleted but previews that no document names.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..config import Config
from ..ingest.plan import Task
from ..ingest.scan import scan
from ..ingest.vanished_files import implausible_loss
from ..keywords import KeywordSpecs
from ..store import file_records
from ..store.client import Store
from ..store.schema import now
from .findings import EXTRA, PREVIEW_EXTRA, PREVIEW_MISSING, REINGESTED, Finding

logger = logging.getLogger(__name__)


def mark_vanished(
    store: Store, findings: Iterable[Finding], stored: int, limit: float
) -> str | None:
    """Mark the files of findings of the kind ``extra`` as vanished, if there may be as many.

    Parameters
    ----------
    store : Store
        The database.
    findings : iterable of Finding
        Findings of all kinds.
    stored : int
        As for `acsql.ingest.vanished_files.implausible_loss`.
    limit : float
        As for `acsql.ingest.vanished_files.implausible_loss`.

    Returns
    -------
    str or None
        Why none is marked, None if they are.
    """
    vanished = [
        (finding.rootname, filetype)
        for finding in findings
        if finding.kind == EXTRA
        for filetype in finding.filetypes
    ]
    problem = implausible_loss(len(vanished), stored, limit)
    if not problem:
        file_records.mark_vanished(store, vanished, now())
    return problem


def implausible_absence(findings: Iterable[Finding], named: int, limit: float) -> str | None:
    """Return why missing previews are not rendered again, None if they may be.

    As for files, a single one is always plausible.

    Parameters
    ----------
    findings : iterable of Finding
        Findings of all kinds.
    named : int
        Number of previews that documents name.
    limit : float
        Percent of them that may be missing at once.

    Returns
    -------
    str or None
        A message for the user.
    """
    missing = sum(finding.kind == PREVIEW_MISSING for finding in findings)
    if missing <= max(1, limit * named / 100):
        return None
    return (
        f"{missing} of {named} previews are not on disk, more than the {limit:g} % that "
        "vanish_limit allows: none is rendered again. Are jpeg_dir and thumbnail_dir mounted? If "
        "the previews are really gone, run acsql previews remake"
    )


def tasks_of(findings: Iterable[Finding], specs: KeywordSpecs, config: Config) -> Iterator[Task]:
    """Yield the tasks of an ingest that reads the files of findings again.

    Parameters
    ----------
    findings : iterable of Finding
        Findings of all kinds.
    specs : KeywordSpecs
        The filetypes.
    config : Config
        The archive.

    Yields
    ------
    Task
        Files that are on disk.
    """
    filetypes: dict[str, set[str]] = {}
    for finding in findings:
        if finding.kind in REINGESTED and finding.filetypes:
            filetypes.setdefault(finding.rootname, set()).update(finding.filetypes)
    scanned = scan(
        config.filesystem,
        specs.filetypes,
        filetypes,
        layout=config.layout,
        read_timeout=config.read_timeout,
    )
    for observation in scanned:
        on_disk = filetypes[observation.rootname] & observation.files.keys()
        if on_disk:
            yield Task(observation, tuple(name for name in specs.filetypes if name in on_disk))


def delete_extra_previews(findings: Sequence[Finding]) -> list[Finding]:
    """Delete previews that no document names.

    Parameters
    ----------
    findings : sequence of Finding
        Findings of all kinds, of the state after files were ingested again: an extra preview may
        be named by a document since.

    Returns
    -------
    list of Finding
        The findings that are left.
    """
    return [finding for finding in findings if not _delete(finding)]


def _delete(finding: Finding) -> bool:
    if finding.kind != PREVIEW_EXTRA:
        return False
    try:
        Path(finding.what).unlink()
    except OSError as error:
        logger.error("%s cannot be deleted: %s", finding.what, error.strerror)
        return False
    return True
