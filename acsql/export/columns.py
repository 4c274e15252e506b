"""Columns of astropy tables: values with the unit and description of their spec.

Unknown values are masked, and values are never converted to fit a type: a column with a value of
another type becomes one of objects or texts.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

import numpy as np
from astropy.table import MaskedColumn

from ..query import Column
from .values import escape, text

# Types whose values file formats hold as such; all others are written as text.
NATIVE = ("int", "float", "bool")
DTYPES = {
    "int": np.int64,
    "float": np.float64,
    "bool": bool,
    "date": "datetime64[D]",
    "datetime": "datetime64[ms]",
}
_INT64 = np.iinfo(np.int64)
# The largest number up to which every integer is a double (IEEE 754).
_EXACT = 2**53


def table_column(rows: Sequence[Mapping[str, Any]], column: Column) -> MaskedColumn:
    """Return a column of a table.

    Parameters
    ----------
    rows : sequence of mapping
        Values by the address of their column.
    column : Column
        The column to make.

    Returns
    -------
    MaskedColumn
        Of the type of the spec, or of objects if a value has another type.
    """
    values = [row[column.address] for row in rows]
    fit = all(is_of_type(value, column.spec.type) for value in values if value is not None)
    return masked_column(values, column, DTYPES.get(column.spec.type, str) if fit else object)


def masked_column(values: Sequence[Any], column: Column, dtype: Any) -> MaskedColumn:
    """Return values as a column of a type that all of them have.

    Parameters
    ----------
    values : sequence
        None is masked.
    column : Column
        Name, unit and description of the column.
    dtype : dtype-like
        The numpy type.
    """
    filler = next((value for value in values if value is not None), np.zeros((), dtype).item())
    data = np.empty(len(values), dtype=object)
    # Assigned one by one, because numpy would make a second axis of lists.
    data[:] = [filler if value is None else value for value in values]
    return MaskedColumn(
        data if dtype is object else np.array(data.tolist(), dtype=dtype),
        name=column.address,
        mask=[value is None for value in values],
        unit=column.spec.unit,
        description=column.spec.description,
    )


def file_columns(
    block: Sequence[Sequence[Any]],
    columns: Sequence[Column],
    types: Sequence[str],
    forbidden: re.Pattern[str],
) -> list[MaskedColumn]:
    """Return a block of rows as columns of numbers, truth values and texts.

    Parameters
    ----------
    block : sequence of sequence
        The values of each column.
    columns : sequence of Column
        Name, unit and description of each column.
    types : sequence of str
        The type of each column; those not in `NATIVE` are written as text.
    forbidden : re.Pattern
        Matches the characters that the format cannot represent.
    """
    return [
        masked_column(values, column, DTYPES[type_])
        if type_ in NATIVE
        else masked_column(cell_texts(values, column, forbidden), column, str)
        for values, column, type_ in zip(block, columns, types, strict=True)
    ]


def cell_texts(
    values: Sequence[Any], column: Column, forbidden: re.Pattern[str]
) -> list[str | None]:
    """Return values as texts for a file format; None stays None.

    Parameters
    ----------
    values : sequence
        Stored values.
    column : Column
        Their keyword.
    forbidden : re.Pattern
        Matches the characters that the format cannot represent.
    """
    return [None if v is None else escape(text(v, column), forbidden) for v in values]


def is_of_type(value: Any, type_: str) -> bool:
    """Return whether a column of a type holds a value as it is.

    Parameters
    ----------
    value : object
        A stored value.
    type_ : str
        One of `acsql.keywords.TYPES`.

    Returns
    -------
    bool
        True for a whole number in a column of floats if a double has it exactly; False for a
        moment within a day in a column of dates.
    """
    match type_:
        case "int":
            return type(value) is int and bool(_INT64.min <= value <= _INT64.max)
        case "float":
            return type(value) is float or (type(value) is int and abs(value) <= _EXACT)
        case "bool":
            return type(value) is bool
        case "date":
            return type(value) is datetime and value.time() == time()
        case "datetime":
            return type(value) is datetime
    return isinstance(value, str)
