"""Records of files in the documents of observations: read to detect changes, and marked.

A record has the path, size and times of a file, as they were when it was ingested.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from . import observation_writes
from .client import Store
from .queries import BATCH_ROWS
from .repetition import repeated
from .schema import Document


class Marks(NamedTuple):
    """The marks of a file in the file system, beside its size and modification time.

    Attributes
    ----------
    rootname, filetype : str
        The file.
    ctime_ns, inode : int
        As in `acsql.ingest.on_disk.FileOnDisk`.
    """

    rootname: str
    filetype: str
    ctime_ns: int
    inode: int


def set_marks(store: Store, files: Iterable[Marks]) -> None:
    """Store the marks of stored files whose content has not changed.

    Parameters
    ----------
    store : Store
        The open database.
    files : iterable of Marks
        The marks of each.
    """
    changes: dict[str, dict[str, int]] = {}
    for rootname, filetype, ctime_ns, inode in files:
        changes.setdefault(rootname, {}).update(
            {f"files.{filetype}.ctime_ns": ctime_ns, f"files.{filetype}.inode": inode}
        )
    observation_writes.update(store, {name: {"$set": change} for name, change in changes.items()})


def mark_vanished(store: Store, files: Iterable[tuple[str, str]], when: datetime) -> None:
    """Mark files as no longer on disk; their headers and records stay.

    Parameters
    ----------
    store : Store
        The open database.
    files : iterable of (str, str)
        Rootname and filetype of each.
    when : datetime
        The time at which it was noticed, in UTC.
    """
    observation_writes.update(store, _changes(files, "$set", when))


def mark_returned(store: Store, files: Iterable[tuple[str, str]]) -> None:
    """Mark files that had vanished as being on disk again.

    Parameters
    ----------
    store : Store
        The open database.
    files : iterable of (str, str)
        Rootname and filetype of each.
    """
    observation_writes.update(store, _changes(files, "$unset", ""))


def _changes(
    files: Iterable[tuple[str, str]], operator: str, value: Any
) -> dict[str, dict[str, Document]]:
    """Return the updates, by rootname, that apply an operator to ``vanished`` of some files."""
    changes: dict[str, dict[str, Document]] = {}
    for rootname, filetype in files:
        fields = changes.setdefault(rootname, {operator: {}})[operator]
        fields[f"files.{filetype}.vanished"] = value
    return changes


@repeated
def by_rootname(store: Store, rootnames: Iterable[str] | None = None) -> dict[str, Document]:
    """Return the records of the files of observations, for the detection of changes.

    Parameters
    ----------
    store : Store
        The open database.
    rootnames : iterable of str, optional
        The observations; by default all.

    Returns
    -------
    dict
        Rootnames to documents with ``files``: size, modification time and checksum by filetype.
    """
    filter_ = {} if rootnames is None else {"_id": {"$in": list(rootnames)}}
    with store.errors():
        documents = store.observations.find(filter_, {"files": 1})
        return {document.pop("_id"): document for document in documents}


def of(store: Store, rootnames: Sequence[str]) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Yield the records of the files of observations, from their headerless copies.

    Parameters
    ----------
    store : Store
        The open database.
    rootnames : sequence of str
        The observations; no more than a batch of their files is in memory.

    Yields
    ------
    rootname : str
        An observation that is stored.
    files : dict
        Size, modification time and checksum by filetype.
    """
    for first in range(0, len(rootnames), BATCH_ROWS):
        for document in _copied_files(store, rootnames[first : first + BATCH_ROWS]):
            yield document["_id"], document["files"]


@repeated
def _copied_files(store: Store, rootnames: Sequence[str]) -> list[Document]:
    with store.errors():
        return list(store.headerless.find({"_id": {"$in": list(rootnames)}}, {"files": 1}))


def with_previews(store: Store) -> Iterator[Document]:
    """Yield the records of the files and previews of all observations, by rootname.

    Parameters
    ----------
    store : Store
        The open database.

    Yields
    ------
    dict
        A document with ``_id``, ipppssoot, path, datasets, files and previews.
    """
    fields = ("ipppssoot", "path", "datasets", "files", "previews")
    with store.errors():
        documents = store.observations.find({}, dict.fromkeys(fields, 1), batch_size=BATCH_ROWS)
        yield from documents.sort("_id", 1)
