"""A result as an astropy Table: units and descriptions from the specs, unknown values masked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from astropy.table import MaskedColumn

from .query import Column

_DTYPES = {
    "int": np.int64,
    "float": np.float64,
    "bool": bool,
    "date": "datetime64[D]",
    "datetime": "datetime64[ms]",
}


def table_column(rows: Sequence[Mapping[str, Any]], column: Column) -> MaskedColumn:
    """Return a column of a table; values that do not fit their spec make it one of objects."""
    values = [row[column.address] for row in rows]
    known = [value for value in values if value is not None]
    dtype = _DTYPES.get(column.spec.type, str)
    filler = known[0] if known else np.zeros((), dtype).item()
    filled = [filler if value is None else value for value in values]
    try:
        data = np.array(filled, dtype=dtype)
    except (TypeError, ValueError):
        data = np.empty(len(filled), dtype=object)
        data[:] = filled
    if data.ndim != 1 or (dtype is str and not all(isinstance(v, str) for v in known)):
        data = np.empty(len(filled), dtype=object)
        data[:] = filled
    return MaskedColumn(
        data,
        name=column.address,
        mask=[value is None for value in values],
        unit=column.spec.unit,
        description=column.spec.description,
    )
