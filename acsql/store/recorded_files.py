"""The recorded files of all observations, for the detection of changes.

It comes from the columns, and from the documents of observations that are not in columns as they
are now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import file_records
from .client import Store
from .repetition import repeated
from .schema import Document

if TYPE_CHECKING:
    from .columns.recorded_files import FilesInColumns, ObservationOnDisk

# This number of documents is read while Arrow is imported.
_FEW = 5_000
# With more observations than this that are not in columns, all documents are read.
_MOST_DOCUMENTS = 50_000


@dataclass(frozen=True)
class RecordedFiles:
    """The recorded files of all observations.

    Attributes
    ----------
    documents : mapping
        Rootnames to documents with ``files``: path, size, mtime ... by filetype.
    columns : FilesInColumns, optional
        The same of the observations that have no document here.
    store : Store, optional
        The database, for the documents of these.
    missing : collection of str
        Rootnames that are in the columns, but have no document any more.
    """

    documents: Mapping[str, Document]
    columns: FilesInColumns | None = None
    store: Store | None = None
    missing: Collection[str] = field(default=frozenset())

    def __len__(self) -> int:
        return sum(1 for _ in self.rootnames)

    @property
    def rootnames(self) -> Iterator[str]:
        """The rootnames of all observations."""
        yield from self.documents
        for rootname in self.columns.rows if self.columns else ():
            if rootname not in self.missing:
                yield rootname

    @property
    def number_of_files(self) -> int:
        """The number of files that are not marked as vanished."""
        in_documents = sum(
            "vanished" not in file
            for document in self.documents.values()
            for file in document.get("files", {}).values()
        )
        return in_documents + (self.columns.number_of_files if self.columns else 0)

    def same(self, on_disk: Sequence[ObservationOnDisk]) -> Sequence[bool]:
        """Return for each observation whether the columns have its files as they are on disk."""
        if self.columns is None:
            return [False] * len(on_disk)
        same: list[bool] = self.columns.same(on_disk).tolist()
        if not self.missing:
            return same
        return [
            is_same and one.rootname not in self.missing
            for one, is_same in zip(on_disk, same, strict=True)
        ]

    def of(self, rootnames: Iterable[str]) -> dict[str, Document]:
        """Return the documents of observations, with ``files``; those that are stored.

        Raises
        ------
        DatabaseError
            If the database fails.
        """
        names = set(rootnames)
        found = {name: self.documents[name] for name in names & self.documents.keys()}
        in_columns = names & self.columns.rows.keys() if self.columns else set()
        if in_columns and self.store:
            found |= file_records.by_rootname(self.store, sorted(in_columns))
        return found


@repeated
def recorded_files(store: Store) -> RecordedFiles:
    """Return the recorded files of all observations.

    A document that was deleted by hand is recognised by the number of documents.

    Parameters
    ----------
    store : Store
        The open database; the caller excludes writers.

    Returns
    -------
    RecordedFiles
        As it is now.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    with store.errors():
        if store.observations.estimated_document_count() <= _FEW:
            return RecordedFiles(file_records.by_rootname(store))
    from .columns.recorded_files import files_in_columns

    columns = files_in_columns(store)
    if not columns.rows or len(columns.others) > _MOST_DOCUMENTS:
        return RecordedFiles(file_records.by_rootname(store))
    documents = file_records.by_rootname(store, columns.others)
    known = documents.keys() | columns.rows.keys()
    with store.errors():
        # Without the hint the server reads every document.
        number = store.observations.count_documents({}, hint="_id_")
        if number == len(known):
            return RecordedFiles(documents, columns, store)
        stored = {each["_id"] for each in store.observations.find({}, {"_id": 1}, hint="_id_")}
    documents |= file_records.by_rootname(store, stored - known)
    return RecordedFiles(documents, columns, store, known - stored)
