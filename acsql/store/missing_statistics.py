"""Observations with missing image statistics, which an older acsql or a setting left out.

Finding them requires a scan of all documents.  So the first ingest lists them, and each ingest
computes the statistics of some of them.
"""

from collections.abc import Iterable
from typing import Any

from .client import Store
from .repetition import repeated
from .schema import WITHOUT_STATISTICS, Document


@repeated
def list_all(store: Store, filetypes: Iterable[str]) -> None:
    """List the observations with a preview of an image without statistics.

    Parameters
    ----------
    store : Store
        The open database.
    filetypes : iterable of str
        The filetypes with previews.
    """
    stages: list[dict[str, Any]] = [
        {"$match": _lacking(filetypes)},
        {"$project": {"_id": 1}},
        {"$merge": WITHOUT_STATISTICS},
    ]
    with store.errors():
        store.observations.aggregate(stages)


@repeated
def listed(store: Store) -> list[str]:
    """Return the listed rootnames, sorted; done ones are removed from the list."""
    with store.errors():
        return [each["_id"] for each in store.database[WITHOUT_STATISTICS].find(sort=[("_id", 1)])]


@repeated
def remove(store: Store, rootname: str) -> None:
    """Remove an observation from the list.

    Parameters
    ----------
    store : Store
        The open database.
    rootname : str
        The observation.
    """
    with store.errors():
        store.database[WITHOUT_STATISTICS].delete_one({"_id": rootname})


@repeated
def found(store: Store, filetypes: Iterable[str]) -> list[str]:
    """Return the rootnames of the observations with a preview of an image without statistics.

    Parameters
    ----------
    store : Store
        The open database.
    filetypes : iterable of str
        The filetypes with previews.
    """
    with store.errors():
        documents = store.observations.find(_lacking(filetypes), {"_id": 1}).sort("_id", 1)
        return [document["_id"] for document in documents]


def _lacking(filetypes: Iterable[str]) -> dict[str, Any]:
    """Return the filter of observations with a preview of an image without statistics."""
    return {
        "$or": [
            {
                f"previews.{filetype}.jpeg": {"$exists": True},
                f"stats.{filetype}": {"$exists": False},
                f"files.{filetype}.vanished": {"$exists": False},
            }
            for filetype in filetypes
        ]
    }


def files(store: Store, rootname: str, filetypes: Iterable[str]) -> dict[str, tuple[str, Document]]:
    """Return the files of an observation with a preview, but without statistics of their images.

    Parameters
    ----------
    store : Store
        The open database.
    rootname : str
        The observation.
    filetypes : iterable of str
        The filetypes with previews.

    Returns
    -------
    dict
        Filetype to the name of the file and its record.
    """
    fields = ("datasets", "files", "previews", *(f"stats.{each}" for each in filetypes))
    with store.errors():
        found = store.observations.find_one({"_id": rootname}, dict.fromkeys(fields, 1)) or {}
    return {
        filetype: (found["datasets"][filetype], found["files"][filetype])
        for filetype in filetypes
        if "jpeg" in found.get("previews", {}).get(filetype, {})
        and filetype not in found.get("stats", {})
        and "vanished" not in found["files"][filetype]
    }
