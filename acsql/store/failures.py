"""Files that could not be ingested, remembered until they change.

Without this a file that is bad for good would be read every night and fail every night.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo import DeleteOne, UpdateOne

from .client import Store


def known(store: Store) -> dict[str, dict[str, Any]]:
    """Return the size and time at which each failed file failed, by file name."""
    with store.errors():
        return {entry.pop("_id"): entry for entry in store.failures.find()}


def remember(store: Store, failed: Iterable[Mapping[str, Any]], when: datetime) -> None:
    """Keep failed files.

    Parameters
    ----------
    failed : iterable of mapping
        Each with filename, rootname, stage, reason, size and mtime.
    """
    updates = [
        UpdateOne(
            {"_id": entry["filename"]},
            {
                "$set": {**{k: v for k, v in entry.items() if k != "filename"}, "last": when},
                "$setOnInsert": {"first": when},
            },
            upsert=True,
        )
        for entry in failed
    ]
    if updates:
        with store.errors():
            store.failures.bulk_write(updates, ordered=False)


def forget(store: Store, filenames: Iterable[str]) -> None:
    """Drop files that have been ingested since."""
    deletes = [DeleteOne({"_id": filename}) for filename in filenames]
    if deletes:
        with store.errors():
            store.failures.bulk_write(deletes, ordered=False)
