"""Ingest pipeline of one observation: read, type, build the document, write.

Each stage takes a value and returns a value.  The database is read once, before the document is
built, and written once after.
"""

import time
from dataclasses import replace

from ..config import Config
from ..keywords import KeywordSpecs
from ..store import file_records, observations, proposals
from ..store.client import Store
from .document import build_document, type_headers
from .fallback_thumbnail import with_fallback
from .observation_result import FAILED, NEW, UNCHANGED, UPDATED, ObservationResult
from .on_disk import ObservationOnDisk
from .plan import Task
from .read import Reading, read_observation
from .write import write_observation


def ingest_observation(
    task: Task, store: Store, specs: KeywordSpecs, config: Config
) -> ObservationResult:
    """Read files of an observation, render their previews and write its document.

    Parameters
    ----------
    task : Task
        The observation, and the files to read; the headers of its other files are kept.
    store : Store
        The database.
    specs : KeywordSpecs
        The keyword specs of the archive.
    config : Config
        The folders of files and previews.

    Returns
    -------
    ObservationResult
        The files that were ingested, and the failures.

    Raises
    ------
    DatabaseError
        If the database does not answer or refuses the document.
    """
    started = time.monotonic()
    reading = read_observation(task, specs, config)
    file_records.set_marks(store, reading.same)
    if reading.contents:
        result = _ingest_contents(task.observation, reading, store, specs, config)
    else:
        result = _result_without_contents(task, reading)
    return replace(result, seconds=time.monotonic() - started)


def _result_without_contents(task: Task, reading: Reading) -> ObservationResult:
    """Return the result of an observation if none of its files was ingested."""
    unchanged = task.checksums and not reading.failures
    return ObservationResult(
        task.observation.rootname,
        UNCHANGED if unchanged else FAILED,
        failures=reading.failures,
        waiting=reading.waiting,
        warnings=reading.warnings,
    )


def _ingest_contents(
    observation: ObservationOnDisk,
    reading: Reading,
    store: Store,
    specs: KeywordSpecs,
    config: Config,
) -> ObservationResult:
    """Build and write the document of an observation from the files that were read."""
    contents = reading.contents
    existing = observations.document(store, observation.rootname, without_headers_of=contents)
    headers = type_headers(contents, existing, specs)
    proposal_type = proposals.type_of(store, headers.promoted["proposid"])
    document, warnings = build_document(
        observation, contents, headers, existing, proposal_type, specs
    )
    document, failed = with_fallback(document, specs, config)
    failures = [failure for content in contents.values() for failure in content.failures]
    failures += failed
    unremoved = write_observation(store, config, document, existing, failures, headers)
    return ObservationResult(
        observation.rootname,
        NEW if existing is None else UPDATED,
        filetypes=tuple(contents),
        filenames=tuple(str(content.file.name) for content in contents.values()),
        previews=tuple(name for name, content in contents.items() if content.has_preview),
        failures=(*reading.failures, *failed),
        waiting=reading.waiting,
        warnings=(*reading.warnings, *headers.warnings, *warnings, *unremoved),
        unspecified=headers.unspecified,
        mismatches=headers.mismatches,
        bytes=sum(content.file.size for content in contents.values()),
    )
