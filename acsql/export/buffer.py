"""Disk buffer for export formats that need the types of columns before the first row.

ECSV, VOTable and FITS state the type of each column at their beginning, and whether a value of
another type is left out.  One pass over the rows writes them to a temporary file and
summarises the columns, so that memory stays constant and an ingest that runs meanwhile changes
nothing.  The file has no name: it disappears with the process that holds it, even a killed one.
"""

import logging
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any, cast

import numpy as np

from ..query import Column
from .columns import NUMBERS, note, without_misfits
from .registry import Rows

logger = logging.getLogger(__name__)

# Some rows, as the values of each column.
Block = Sequence[Sequence[Any]]
# Rows in a block.
BLOCK_SIZE = 2000
_INT64 = np.iinfo(np.int64)


@dataclass
class ColumnSummary:
    """Summary of the values of a column.

    Attributes
    ----------
    column : Column
        The column.
    has_nulls : bool
        Whether values are unknown, or left out.
    has_values : bool
        Whether a value has the type of the spec.
    misfits : int
        Number of values of another type.
    example : object
        The first of these.
    free_integers : set of int
        Integers that no value has, one of which can represent unknown values.
    """

    column: Column
    has_nulls: bool = False
    has_values: bool = False
    misfits: int = 0
    example: Any = None
    free_integers: set[int] = field(default_factory=lambda: {int(_INT64.min), int(_INT64.max)})

    def update(self, values: Sequence[Any]) -> None:
        """Take further values into account."""
        fitting, misfits = without_misfits(values, self.column.spec.type)
        present = [value for value in fitting if value is not None]
        if misfits and not self.misfits:
            self.example = misfits[0]
        self.misfits += len(misfits)
        self.has_values = self.has_values or bool(present)
        self.has_nulls = self.has_nulls or len(present) < len(values)
        if self.column.spec.type == "int":
            self.free_integers.difference_update(present)

    @property
    def type(self) -> str:
        """The type of the column in a file.

        That of the spec; "str" if a value has another type, except in columns of numbers, and
        where none has the type or no integer is left to represent unknown values.
        """
        type_ = self.column.spec.type
        if self.misfits and not (type_ in NUMBERS and self.has_values):
            return "str"
        return "str" if self.has_nulls and not self.free_integers else type_

    @property
    def note(self) -> str | None:
        """The note about values that a file leaves out, None if it has all."""
        is_complete = not self.misfits or self.type == "str"
        return None if is_complete else note(self.column, self.misfits, self.example)

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
    def notes(self) -> list[str]:
        """The notes about values that a file leaves out."""
        return [summary.note for summary in self.summaries if summary.note]

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
        buffer = RowBuffer(file, [ColumnSummary(column) for column in columns])
        remaining = iter(rows)
        while chunk := list(islice(remaining, BLOCK_SIZE)):
            buffer.write([[row[column.address] for row in chunk] for column in columns])
        for line in buffer.notes:
            logger.warning(line)
        yield buffer
