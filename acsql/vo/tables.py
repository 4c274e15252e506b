"""The tables of the TAP service: their columns, and how the rows that a query needs are made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from .columns import TableColumn


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
        What a row is.
    columns : mapping
        By name, in the order of ``SELECT *``.
    rows : callable
        Returns a table of Arrow with some columns of all rows; without any, with any column.
    late : mapping
        The columns that are computed late, by name.
    further : callable, optional
        Takes names, and returns the columns that exist beside `columns`.
    utype : str, optional
        Which standard defines it.
    range_column : str, optional
        A column by which few rows are found faster than all are read.
    rows_between : callable, optional
        As `rows`, with the lowest and the highest value of that column.
    """

    name: str
    description: str
    columns: Mapping[str, TableColumn]
    rows: Callable[[Collection[str]], pa.Table]
    late: Mapping[str, LateColumn] = field(default_factory=dict)
    further: Callable[[Collection[str]], Mapping[str, TableColumn]] | None = None
    utype: str | None = None
    range_column: str | None = None
    rows_between: Callable[[Collection[str], float, float], pa.Table] | None = None

    def column(self, name: str) -> TableColumn | None:
        """Return a column, None if there is none of that name."""
        return self.columns_of([name]).get(name)

    def columns_of(self, names: Collection[str]) -> dict[str, TableColumn]:
        """Return all columns, and those of some names that exist beside them."""
        others = [name for name in names if name not in self.columns]
        return {**self.columns, **(self.further(others) if self.further and others else {})}

    def table(self, names: Collection[str], within: tuple[float, float] | None = None) -> pa.Table:
        """Return some columns of all rows, also those that are computed late.

        Parameters
        ----------
        names : collection of str
            Names of columns.
        within : tuple of float, optional
            The lowest and the highest value of `range_column`: rows with others are not needed.

        Returns
        -------
        pyarrow.Table
            At least with these columns.
        """
        late = [name for name in names if name in self.late]
        others = set(names).difference(late) | {self.late[name].key for name in late}
        if within is None or self.rows_between is None:
            table = self.rows(sorted(others))
        else:
            table = self.rows_between(sorted(others), *within)
        for name in late:
            keys = table[self.late[name].key].to_pylist()
            table = table.append_column(name, pa.array(self.late[name].values(keys), pa.string()))
        return table
