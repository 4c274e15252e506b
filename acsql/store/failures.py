"""Files that could not be ingested, recorded until they are.

Without the record, a damaged file would be read and fail in every run, and a preview that a full
disk refused would never be rendered: its file has not changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, DeleteOne, UpdateOne

from .client import Store
from .repetition import repeated
from .schema import Document


@repeated
def by_filename(store: Store) -> dict[str, Document]:
    """Return the recorded failures.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    dict
        Filenames to documents with rootname, stage, reason, owed, size and mtime of the file, and
        first and last (times of the failure, in UTC).
    """
    with store.errors():
        return {failure.pop("_id"): failure for failure in store.failures.find()}


@dataclass(frozen=True)
class FailureCounts:
    """Numbers of files that could not be ingested.

    Attributes
    ----------
    owed : int
        Number of files that the next run reads again.
    damaged : int
        Number of files that are not read again before they change.
    """

    owed: int = 0
    damaged: int = 0


def count(store: Store) -> FailureCounts:
    """Return the numbers of recorded failures."""
    stages = [{"$group": {"_id": "$owed", "files": {"$sum": 1}}}]
    with store.errors():
        numbers = {group["_id"]: group["files"] for group in store.failures.aggregate(stages)}
    return FailureCounts(numbers.get(True, 0), numbers.get(False, 0))


def listed(store: Store, limit: int) -> list[Document]:
    """Return recorded failures.

    Parameters
    ----------
    store : Store
        The open database.
    limit : int
        The largest number of them.

    Returns
    -------
    list of dict
        Owed files first, then by name: filename, rootname, stage, reason, owed, first and last.
    """
    fields = ("rootname", "stage", "reason", "owed", "first", "last")
    stages: list[dict[str, Any]] = [
        {"$sort": {"owed": DESCENDING, "_id": ASCENDING}},
        {"$limit": limit},
        {"$project": {"_id": 0, "filename": "$_id", **dict.fromkeys(fields, 1)}},
    ]
    with store.errors():
        return list(store.failures.aggregate(stages))


def record(store: Store, failures: Iterable[Mapping[str, Any]], when: datetime) -> None:
    """Record failures.

    Parameters
    ----------
    store : Store
        The open database.
    failures : iterable of mapping
        Each with filename, rootname, stage, reason, owed, size and mtime.
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
        # If a file has several failures, an owed one counts.
        for failure in {each["filename"]: each for each in sorted(failures, key=_is_owed)}.values()
    ]
    if updates:
        with store.errors():
            store.failures.bulk_write(updates, ordered=False)


def _is_owed(failure: Mapping[str, Any]) -> bool:
    return bool(failure["owed"])


def remove(store: Store, filenames: Iterable[str]) -> None:
    """Remove the records of files that have been ingested since."""
    deletes = [DeleteOne({"_id": filename}) for filename in filenames]
    if deletes:
        with store.errors():
            store.failures.bulk_write(deletes, ordered=False)
