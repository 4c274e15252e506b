"""The tables of the TAP service: their columns, and the rows that a query needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .columns import TableColumn

# Values of a late column that are computed together: some tenths of a second for outlines.
_BATCH = 2000
# Raises an error when a query has to stop.
Check = Callable[[], object]


@dataclass(frozen=True)
class Needed:
    """The rows of a table that a query needs: those that meet both conditions.

    Attributes
    ----------
    within : tuple of float, optional
        The lowest and the highest value of `TapTable.range_column`.
    keys : sequence of str, optional
        The values of `TapTable.key_column`.
    """

    within: tuple[float, float] | None = None
    keys: Sequence[str] | None = None


EVERY = Needed()


@dataclass(frozen=True)
class LateColumn:
    """A column whose values are computed for the rows of a result, because they are long.

    Attributes
    ----------
    key : str
        The column from which they are computed.
    values : callable
        Returns the values for a list of values of the key.
    """

    key: str
    values: Callable[[Sequence[str]], Sequence[str | None]]


@dataclass(frozen=True)
class TapTable:
    """A table of the TAP service.

    Attributes
    ----------
    name : str
        With its schema: ``ivoa.obscore``.
    description : str
        The description of a row.
    columns : mapping
        By name, in the order of ``SELECT *``.
    rows : callable
        Returns a table of Arrow with some columns of all rows; without any, with any column.
    late : mapping
        The columns that are computed late, by name.
    further : callable, optional
        Takes names, and returns the columns that exist beside `columns`.
    utype : str, optional
        The standard that defines it.
    range_column, key_column : str, optional
        Columns of numbers and texts by which few rows are found faster than all are read.
    needed : callable, optional
        As `rows`, with the rows that are needed; it may return others as well.
    """

    name: str
    description: str
    columns: Mapping[str, TableColumn]
    rows: Callable[[Collection[str]], pa.Table]
    late: Mapping[str, LateColumn] = field(default_factory=dict)
    further: Callable[[Collection[str]], Mapping[str, TableColumn]] | None = None
    utype: str | None = None
    range_column: str | None = None
    key_column: str | None = None
    needed: Callable[[Collection[str], Needed], pa.Table] | None = None

    def column(self, name: str) -> TableColumn | None:
        """Return a column, None if there is none of that name."""
        return self.columns_of([name]).get(name)

    def columns_of(self, names: Collection[str]) -> dict[str, TableColumn]:
        """Return all columns, and those of some names that exist beside them."""
        others = [name for name in names if name not in self.columns]
        return {**self.columns, **(self.further(others) if self.further and others else {})}

    def stored(self, names: Collection[str], needed: Needed = EVERY) -> pa.Table:
        """Return some columns, of late ones their keys.

        Parameters
        ----------
        names : collection of str
            Names of columns.
        needed : Needed
            The rows that are needed, by default all.

        Returns
        -------
        pyarrow.Table
            At least with these columns and rows.
        """
        keys = {self.late[name].key for name in names if name in self.late}
        stored = sorted(keys.union(names).difference(self.late))
        if needed == EVERY or self.needed is None:
            return self.rows(stored)
        return self.needed(stored, needed)

    def with_late(self, table: pa.Table, names: Collection[str], check: Check) -> pa.Table:
        """Return a table with those of some columns that are computed late.

        Parameters
        ----------
        table : pyarrow.Table
            As of `stored`, or some rows of it.
        names : collection of str
            Names of columns.
        check : callable
            Called often; it raises an error when the query has to stop.
        """
        for name in [name for name in names if name in self.late]:
            column = self.late[name]
            keys = table[column.key].to_pylist()
            distinct, values = iter(dict.fromkeys(keys)), dict[str, str | None]()
            while batch := list(islice(distinct, _BATCH)):
                check()
                values.update(zip(batch, column.values(batch), strict=True))
            texts = pa.array([values[key] for key in keys], pa.string())
            table = table.append_column(name, texts)
        return table


def taken(table: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Return some rows of a table.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    rows : numpy.ndarray
        Their numbers, in ascending order.

    Returns
    -------
    pyarrow.Table
        Without dictionaries, which DuckDB decodes as a whole however few rows there are.
    """
    return pa.table({name: _taken(table[name], rows) for name in table.column_names})


def _taken(column: pa.ChunkedArray, rows: npt.NDArray[np.int64]) -> pa.ChunkedArray:
    # Arrow would join the chunks before it takes from them, which copies all rows.
    chunks, start, first = [], 0, 0
    for chunk in column.chunks:
        start, end = start + len(chunk), int(np.searchsorted(rows, start + len(chunk)))
        if end > first:
            chunks.append(chunk.take(pa.array(rows[first:end] - (start - len(chunk)))))
        first = end
    taken_ = pa.chunked_array(chunks, column.type)
    is_coded = pa.types.is_dictionary(column.type)
    return taken_.cast(column.type.value_type) if is_coded else taken_
