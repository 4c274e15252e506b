"""Conversion of Python and numpy values to Arrow and back, without loading pandas.

`pyarrow.array`, `pyarrow.scalar` and ``to_numpy`` load pandas where it is installed, which takes
half of the time of the first search of a process, and 43 megabytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_TYPES: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    datetime: pa.timestamp("ms"),
}
_EPOCH, _MILLISECOND = datetime(1970, 1, 1), timedelta(milliseconds=1)


def from_python(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """Return an array of a few Python values; `pyarrow.array` is faster with thousands.

    Parameters
    ----------
    values : sequence
        Values of the type, or None; datetimes are naive and in whole milliseconds.
    type_ : pyarrow.DataType
        The type of texts, booleans, numbers or nulls, or of times in milliseconds.

    Returns
    -------
    pyarrow.Array
        Null in place of None.
    """
    if pa.types.is_null(type_):
        return pa.nulls(len(values))
    validity = None
    if None in values:
        validity = _buffer(np.array([value is not None for value in values], bool))
        nothing = "" if pa.types.is_string(type_) else 0
        values = [nothing if value is None else value for value in values]
    if pa.types.is_string(type_):
        encoded = [value.encode() for value in values]
        lengths = np.fromiter(map(len, encoded), np.int32, len(encoded))
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        buffers = [validity, _buffer(offsets), pa.py_buffer(b"".join(encoded))]
        return pa.Array.from_buffers(type_, len(encoded), buffers)
    if pa.types.is_timestamp(type_):
        values = [value and (value - _EPOCH) // _MILLISECOND for value in values]
    numbers = np.array(values, type_.to_pandas_dtype())
    return pa.Array.from_buffers(type_, len(numbers), [validity, _buffer(numbers)])


def scalar(value: Any, type_: pa.DataType | None = None) -> pa.Scalar:
    """Return a Python value as a scalar.

    Parameters
    ----------
    value : bool, int, float, str or datetime
        The value.
    type_ : pyarrow.DataType, optional
        Its type, by default the one of columns with such values.

    Returns
    -------
    pyarrow.Scalar
        The scalar.
    """
    if type_ is None:
        type_ = next(each for base, each in _TYPES.items() if isinstance(value, base))
    return from_python([value], type_)[0]


def from_numpy(values: npt.NDArray[Any]) -> pa.Array:
    """Return booleans, numbers or times as an array.

    Parameters
    ----------
    values : numpy.ndarray
        The values.

    Returns
    -------
    pyarrow.Array
        Without nulls; numbers and times are not copied.
    """
    type_ = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(type_, len(values), [None, _buffer(values)])


def to_numpy(array: pa.Array) -> npt.NDArray[Any]:
    """Return booleans, numbers or times as numpy has them.

    Parameters
    ----------
    array : pyarrow.Array
        Without nulls, in place of which any value is returned.

    Returns
    -------
    numpy.ndarray
        Numbers and times are not copied, and must not be changed.
    """
    type_ = np.dtype(array.type.to_pandas_dtype())
    if not len(array):
        return np.empty(0, type_)
    if pa.types.is_boolean(array.type):
        bits = np.frombuffer(array.buffers()[1], np.uint8)
        end = array.offset + len(array)
        return np.unpackbits(bits, count=end, bitorder="little")[array.offset :].view(bool)
    start = array.offset * type_.itemsize
    return np.frombuffer(array.buffers()[1], type_, len(array), start)


def to_list(array: pa.Array) -> list[Any]:
    """Return values as Python has them.

    Parameters
    ----------
    array : pyarrow.Array
        Texts, booleans, numbers, times or nulls.

    Returns
    -------
    list
        None in place of null.
    """
    if not pa.types.is_timestamp(array.type):
        values: list[Any] = array.to_pylist()
        return values
    # numpy converts times in a tenth of the time.
    values = to_numpy(array).tolist()
    if array.null_count:
        for place in np.flatnonzero(to_numpy(array.is_null())):
            values[place] = None
    return values


def _buffer(values: npt.NDArray[Any]) -> pa.Buffer:
    """Return the memory of values, in which Arrow has a bit for each boolean."""
    if values.dtype == bool:
        return pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.py_buffer(np.ascontiguousarray(values).view(np.uint8))
