"""Columns of astropy tables: values with the unit and description of their spec, unknown masked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

import numpy as np
from astropy.table import MaskedColumn

from ..query import Column

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
    """Return a column of a table; values that do not fit their spec make it one of objects."""
    values = [row[column.address] for row in rows]
    sound = all(is_of_type(value, column.spec.type) for value in values if value is not None)
    return masked(values, column, DTYPES.get(column.spec.type, str) if sound else object)


def masked(values: Sequence[Any], column: Column, dtype: Any) -> MaskedColumn:
    """Return values as a column of a type that all of them have; None is masked."""
    filler = next((value for value in values if value is not None), np.zeros((), dtype).item())
    data = np.empty(len(values), dtype=object)
    # One by one, for numpy would make a second axis of lists.
    data[:] = [filler if value is None else value for value in values]
    return MaskedColumn(
        data if dtype is object else np.array(data.tolist(), dtype=dtype),
        name=column.address,
        mask=[value is None for value in values],
        unit=column.spec.unit,
        description=column.spec.description,
    )


def is_of_type(value: Any, type_: str) -> bool:
    """Whether a column of this type holds the value as it is: numpy would bend what is not.

    A whole number fits a column of floats as long as a double has it exactly; a moment within
    a day is no date.
    """
    match type_:
        case "int":
            return type(value) is int and _INT64.min <= value <= _INT64.max
        case "float":
            return type(value) is float or (type(value) is int and abs(value) <= _EXACT)
        case "bool":
            return type(value) is bool
        case "date":
            return type(value) is datetime and value.time() == time()
        case "datetime":
            return type(value) is datetime
    return isinstance(value, str)
