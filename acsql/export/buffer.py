"""Disk buffer for export formats that need the types of columns before the first row.

ECSV, VOTable and FITS state the type of each column at their beginning, and a single text in a
column of numbers changes it.  One pass over the rows writes them to a temporary file and
summarises the columns, so that memory stays constant and an ingest that runs meanwhile changes
nothing.  The file has no name: it disappears with the process that holds it, even a killed one.
"""

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any, cast

import numpy as np

from ..query import Column
from .columns import is_of_type
from .registry import Rows

# Some rows, as the values of each column.
Block = Sequence[Sequence[Any]]
# Rows in a block.
BLOCK_SIZE = 2000
_INT64 = np.iinfo(np.int64)


@dataclass
class ColumnSummary:
    """What the values of a column have in common.

    Attributes
    ----------
    type : str
        The type of the spec; "str" if a value has another type, or if no integer is left to
        represent unknown values.
    has_nulls : bool
        Whether values are unknown.
    free_integers : set of int
        Integers that no value has, one of which can represent unknown values.
    """

    type: str
    has_nulls: bool = False
    free_integers: set[int] = field(default_factory=lambda: {int(_INT64.min), int(_INT64.max)})

    def update(self, values: Sequence[Any]) -> None:
        """Take further values into account."""
        present = [value for value in values if value is not None]
        self.has_nulls = self.has_nulls or len(present) < len(values)
        if not all(is_of_type(value, self.type) for value in present):
            self.type = "str"
        if self.type == "int":
            self.free_integers.difference_update(present)
        if self.has_nulls and not self.free_integers:
            self.type = "str"

    @property
    def null(self) -> int:
        """The integer that represents unknown values."""
        return min(self.free_integers, default=0)


@dataclass
class RowBuffer:
    """Rows in a temporary file, with a summary of each column."""

    file: IO[bytes]
    summaries: list[ColumnSummary]
    blocks_written: int = 0
    length: int = 0

    def write(self, block: Block) -> None:
        """Append a block of rows."""
        for summary, values in zip(self.summaries, block, strict=True):
            summary.update(values)
        pickle.dump(block, self.file, pickle.HIGHEST_PROTOCOL)
        self.blocks_written += 1
        self.length += len(block[0])

    @property
    def types(self) -> list[str]:
        """The type of each column."""
        return [summary.type for summary in self.summaries]

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks from the beginning; without any rows, one empty block."""
        self.file.seek(0)
        for _ in range(self.blocks_written):
            yield cast(Block, pickle.load(self.file))
        if not self.blocks_written:
            yield [[] for _ in self.summaries]


@contextmanager
def buffered(rows: Rows, columns: Sequence[Column]) -> Iterator[RowBuffer]:
    """Write rows to a temporary file that exists as long as the context.

    Parameters
    ----------
    rows : iterable of mapping
        Values by the address of their column.
    columns : sequence of Column
        The columns to keep.

    Yields
    ------
    RowBuffer
        All rows.  The temporary folder (TMPDIR) needs about as much space as the rows take as
        text.
    """
    with tempfile.TemporaryFile(prefix="acsql") as file:
        buffer = RowBuffer(file, [ColumnSummary(column.spec.type) for column in columns])
        remaining = iter(rows)
        while chunk := list(islice(remaining, BLOCK_SIZE)):
            buffer.write([[row[column.address] for row in chunk] for column in columns])
        yield buffer
