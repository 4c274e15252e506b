"""Astropy tables as rows and columns that every export format takes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from astropy.table import Column as TableColumn
from astropy.table import Table

from ..query import Column, computed_column

_TYPES = {"b": "bool", "i": "int", "u": "int", "f": "float"}


def table_columns(table: Table) -> list[Column]:
    """Return the columns of a table with their types, units and descriptions.

    Parameters
    ----------
    table : astropy.table.Table
        Such as `acsql.Observation.table` returns.

    Returns
    -------
    list of Column
        In the order of the table; the address of a column is its name.
    """
    return [
        computed_column(
            column.name,
            _TYPES.get(column.dtype.kind, "str") if column.ndim == 1 else "str",
            column.description,
            str(column.unit) if column.unit else None,
        )
        for column in table.itercols()
    ]


def table_rows(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table.

    Parameters
    ----------
    table : astropy.table.Table
        Such as `acsql.Observation.table` returns.

    Yields
    ------
    dict
        Plain values by the name of their column; None if masked, a list for an array.
    """
    values = [_plain(column) for column in table.itercols()]
    for row in zip(*values, strict=True):
        yield dict(zip(table.colnames, row, strict=True))


def _plain(column: TableColumn) -> list[Any]:
    if column.dtype.kind == "f" and column.dtype.itemsize == 4:
        # The shortest decimal that is the same float32: 0.1 instead of 0.10000000149011612.
        column = column.astype(str).astype(np.float64)
    values: list[Any] = column.tolist()
    if column.dtype.kind == "O":
        return [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
    return values
