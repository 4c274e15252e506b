"""Columns of astropy tables: values with the unit and description of their spec.

Unknown values are masked, and values are never converted to fit a type.  Values of another type are
masked as well, with a note, so that a single text does not turn a column of numbers into a column
of objects.  A column of texts, or one in which no value has the type of its spec, becomes a column
of texts or objects.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

import numpy as np
from astropy.table import MaskedColumn

from ..query import Column
from .observation_table import ObservationTable
from .values import escape, text

logger = logging.getLogger(__name__)

# Types whose values file formats hold as such; all others are written as text.
NUMBERS = ("int", "float")
NATIVE = (*NUMBERS, "bool")
Array = np.ma.MaskedArray[Any, np.dtype[Any]]
Values = Sequence[Any] | Array
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


def make_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> ObservationTable:
    """Return rows as a table.

    Parameters
    ----------
    rows : sequence of mapping
        Values by the address of their column.
    columns : sequence of Column
        The columns to make.

    Returns
    -------
    ObservationTable
        With columns of the types of their specs.  ``meta["notes"]`` says which values of another
        type are masked, if any are.
    """
    values = {column.address: [row[column.address] for row in rows] for column in columns}
    return table_of_values(values, columns)


def table_of_values(
    values_by_address: Mapping[str, Values], columns: Sequence[Column]
) -> ObservationTable:
    """Return values as a table.

    Parameters
    ----------
    values_by_address : mapping
        Sequences of values with None for a missing one, or masked arrays, by the address of their
        column.
    columns : sequence of Column
        The columns to make.

    Returns
    -------
    ObservationTable
        As `make_table` returns it.
    """
    made, notes = [], []
    for column in columns:
        values = values_by_address[column.address]
        if isinstance(values, np.ma.MaskedArray):
            typed = _typed(values, column.spec.type)
            if typed is not None:
                made.append(_column(typed.data, typed.mask, column))
                continue
            values = values.tolist()
        fitting, misfits = without_misfits(values, column.spec.type)
        is_typed = column.spec.type in DTYPES and any(value is not None for value in fitting)
        if is_typed or not misfits:
            made.append(masked_column(fitting, column, DTYPES.get(column.spec.type, str)))
            notes += [note(column, len(misfits), misfits[0])] if misfits else []
        else:
            made.append(masked_column(values, column, object))
    for line in notes:
        logger.warning(line)
    return ObservationTable(made, meta={"notes": notes} if notes else {})


def without_misfits(values: Sequence[Any], type_: str) -> tuple[list[Any], list[Any]]:
    """Return values with None in place of values of another type, and the latter.

    Parameters
    ----------
    values : sequence
        Stored values.
    type_ : str
        One of `acsql.keywords.TYPES`.
    """
    misfits = [value for value in values if value is not None and not is_of_type(value, type_)]
    if not misfits:
        return list(values), misfits
    return [value if is_of_type(value, type_) else None for value in values], misfits


def note(column: Column, number: int, example: Any) -> str:
    """Return what a table says about values that it leaves out.

    Parameters
    ----------
    column : Column
        Their column.
    number : int
        How many there are.
    example : object
        One of them.
    """
    values = "1 value is" if number == 1 else f"{number} values are"
    return f"{column.address}: {values} not of type {column.spec.type} and left out: {example!a}"


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
    return _column(
        data if dtype is object else np.array(data.tolist(), dtype=dtype),
        # An array: astropy copies a list item by item.
        np.array([value is None for value in values], bool),
        column,
    )


def _column(data: Any, mask: Any, column: Column) -> MaskedColumn:
    return MaskedColumn(
        data,
        name=column.address,
        mask=mask,
        unit=column.spec.unit,
        description=column.spec.description,
    )


def _typed(values: Array, type_: str) -> Array | None:
    """Return an array with the numpy type of a type, None if not all its values have that type."""
    match type_, values.dtype.kind:
        case "float", "i":
            # A float has each of them exactly: larger integers are in lists.
            return np.ma.MaskedArray(values.data.astype(float), values.mask)
        case "date", "M":
            days = values.data.astype("datetime64[D]")
            has_times = ((days != values.data) & ~values.mask).any()
            return None if has_times else np.ma.MaskedArray(days, values.mask)
        case ("int", "i") | ("float", "f") | ("bool", "b") | ("datetime", "M"):
            return values
        case _, "U" if type_ not in DTYPES:
            return values
    return None


def file_columns(
    block: Sequence[Sequence[Any]],
    columns: Sequence[Column],
    types: Sequence[str],
    forbidden: re.Pattern[str] | None = None,
) -> list[MaskedColumn]:
    """Return a block of rows as columns of numbers, truth values and texts.

    Parameters
    ----------
    block : sequence of sequence
        The values of each column.
    columns : sequence of Column
        Name, unit and description of each column.
    types : sequence of str
        The type of each column; those not in `NATIVE` are written as text, of the others the
        values of another type are masked.
    forbidden : re.Pattern, optional
        Matches the characters that the format cannot represent, by default none.
    """
    return [
        masked_column(without_misfits(values, type_)[0], column, DTYPES[type_])
        if type_ in NATIVE
        else masked_column(cell_texts(values, column, forbidden), column, str)
        for values, column, type_ in zip(block, columns, types, strict=True)
    ]


def cell_texts(
    values: Sequence[Any], column: Column, forbidden: re.Pattern[str] | None = None
) -> list[str | None]:
    """Return values as texts for a file format; None stays None.

    Parameters
    ----------
    values : sequence
        Stored values.
    column : Column
        Their keyword.
    forbidden : re.Pattern, optional
        Matches the characters that the format cannot represent, by default none.
    """
    texts = [None if value is None else text(value, column) for value in values]
    if forbidden is None:
        return texts
    return [None if cell is None else escape(cell, forbidden) for cell in texts]


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
