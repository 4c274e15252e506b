"""Writing the data of an observation, in an order that survives a crash.

The document is written last.  A run that is killed before leaves the old document, whose file
sizes and times differ from those on disk, so that the next run ingests the observation again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from .. import paths
from ..config import Config
from ..errors import UnsafePath
from ..store import failures as failed_files
from ..store import header_layouts, keywords_not_in_specs, observation_writes
from ..store.client import Store
from ..store.schema import now
from .observation_result import Failure

if TYPE_CHECKING:
    from .document import TypedHeaders


def write_observation(
    store: Store,
    config: Config,
    document: dict[str, Any],
    existing: Mapping[str, Any] | None,
    failures: Iterable[Failure],
    headers: TypedHeaders,
) -> tuple[str, ...]:
    """Store an observation.

    Parameters
    ----------
    store : Store
        The database.
    config : Config
        The folders of previews.
    document : dict
        The new document.
    existing : mapping, optional
        The stored document, whose previews are removed if the new one does not name them.
    failures : iterable of Failure
        The failures of files that were read into the document.
    headers : TypedHeaders
        The headers of the document; their layouts, and keywords not in the specs, are stored too.

    Returns
    -------
    tuple of str
        Warnings of previews that are not removed.

    Raises
    ------
    DatabaseError
        If the database does not answer or refuses the document.
    """
    _store_failures(store, failures)
    keywords_not_in_specs.record(store, headers.unspecified, now())
    header_layouts.record(store, headers.layout_texts)
    warnings = tuple(_remove_old_previews(config, existing or {}, document))
    observation_writes.replace(store, document, ingested=True)
    return warnings


def _store_failures(store: Store, failures: Iterable[Failure]) -> None:
    """Store failures of files that are about to be stored, which hides that they failed.

    They are stored as owed: a run that is killed before `update_failures` leaves them to be read
    again.
    """
    failed_files.record(store, [asdict(replace(failure, owed=True)) for failure in failures], now())


def _remove_old_previews(
    config: Config, existing: Mapping[str, Any], document: Mapping[str, Any]
) -> Iterator[str]:
    """Remove previews that the new document no longer names, as after a change of proposal.

    Yields a warning for each that is not removed.
    """
    for kind, folder in (("jpeg", config.jpeg_dir), ("thumbnail", config.thumbnail_dir)):
        kept = _previews(document, kind)
        for name in _previews(existing, kind):
            try:
                path = paths.confined(folder, name)
            except UnsafePath as error:
                yield f"an old {kind} is not removed: {error}"
            else:
                if name not in kept and path.is_file():
                    path.unlink(missing_ok=True)


def _previews(document: Mapping[str, Any], kind: str) -> list[Any]:
    return [entry[kind] for entry in document.get("previews", {}).values() if entry.get(kind)]


def update_failures(store: Store, failures: Iterable[Failure], ingested: Iterable[str]) -> None:
    """Store the failures of a run at its end, and forget failures of files that are ingested now.

    Parameters
    ----------
    store : Store
        The database.
    failures : iterable of Failure
        All failures of the run.
    ingested : iterable of str
        Names of the files that were ingested.
    """
    failures = list(failures)
    failed_files.record(store, map(asdict, failures), now())
    failed_files.remove(store, set(ingested) - {failure.filename for failure in failures})
