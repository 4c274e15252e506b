"""Rows laid aside on disk, for formats that must know all of them before they write the first.

ECSV, VOTable and FITS say at their beginning what type each column has; a single text in a
column of numbers changes that.  One pass over the rows takes them to a temporary file and learns
what is needed, so that memory stays constant and an ingest meanwhile changes nothing.  The file
has no name: it is gone with whoever holds it, even if that is killed.
"""

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

import numpy as np

from ..query import Column
from .columns import is_of_type

# The values of each column of so many rows.
Block = Sequence[Sequence[Any]]
BLOCK_SIZE = 2000
_INT64 = np.iinfo(np.int64)


@dataclass
class Survey:
    """What is learnt of the values of a column.

    `type` is that of the spec, or "str" when a value is of another or no number is left to
    stand for unknown; `nulls` says whether values are unknown.
    """

    type: str
    nulls: bool = False
    spare: set[int] = field(default_factory=lambda: {int(_INT64.min), int(_INT64.max)})

    def note(self, values: Sequence[Any]) -> None:
        """Learn from further values."""
        known = [value for value in values if value is not None]
        self.nulls = self.nulls or len(known) < len(values)
        if not all(is_of_type(value, self.type) for value in known):
            self.type = "str"
        if self.type == "int":
            self.spare.difference_update(known)
        if self.nulls and not self.spare:
            self.type = "str"

    @property
    def null(self) -> int:
        """The number that stands for unknown where there is need of one."""
        return min(self.spare, default=0)


@dataclass
class Spool:
    """Rows on disk, and what was learnt of each column."""

    file: IO[bytes]
    surveys: list[Survey]
    blocks_written: int = 0
    length: int = 0

    def add(self, block: Block) -> None:
        """Take a block of rows, given as the values of each column."""
        for survey, values in zip(self.surveys, block, strict=True):
            survey.note(values)
        pickle.dump(block, self.file, pickle.HIGHEST_PROTOCOL)
        self.blocks_written += 1
        self.length += len(block[0])

    @property
    def types(self) -> list[str]:
        """The type of each column."""
        return [survey.type for survey in self.surveys]

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks again; without any rows, one that has none."""
        self.file.seek(0)
        for _ in range(self.blocks_written):
            yield pickle.load(self.file)
        if not self.blocks_written:
            yield [[] for _ in self.surveys]


@contextmanager
def spooled(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> Iterator[Spool]:
    """Lay rows aside for as long as the context lasts.

    The temporary folder (TMPDIR) needs about as much room as the rows have as text.
    """
    with tempfile.TemporaryFile(prefix="acsql") as file:
        spool = Spool(file, [Survey(column.spec.type) for column in columns])
        remaining = iter(rows)
        while block := list(islice(remaining, BLOCK_SIZE)):
            spool.add([[row[column.address] for row in block] for column in columns])
        yield spool
