"""Files that could not be ingested, recorded until they change.

Without the record, a damaged file would be read and fail in every run.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo import DeleteOne, UpdateOne

from .client import Store
from .schema import Document


def by_filename(store: Store) -> dict[str, Document]:
    """Return the recorded failures.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    dict
        Filenames to documents with rootname, stage, reason, size and mtime of the file, and
        first and last (times of the failure, in UTC).
    """
    with store.errors():
        return {failure.pop("_id"): failure for failure in store.failures.find()}


def record(store: Store, failures: Iterable[Mapping[str, Any]], when: datetime) -> None:
    """Record failures.

    Parameters
    ----------
    store : Store
        The open database.
    failures : iterable of mapping
        Each with filename, rootname, stage, reason, size and mtime.
    when : datetime
        The time of the failure, in UTC.
    """
    updates = [
        UpdateOne(
            {"_id": failure["filename"]},
            {
                "$set": {k: v for k, v in failure.items() if k != "filename"} | {"last": when},
                "$setOnInsert": {"first": when},
            },
            upsert=True,
        )
        for failure in failures
    ]
    if updates:
        with store.errors():
            store.failures.bulk_write(updates, ordered=False)


def remove(store: Store, filenames: Iterable[str]) -> None:
    """Remove the records of files that have been ingested since."""
    deletes = [DeleteOne({"_id": filename}) for filename in filenames]
    if deletes:
        with store.errors():
            store.failures.bulk_write(deletes, ordered=False)
