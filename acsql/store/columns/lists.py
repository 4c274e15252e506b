"""Lists as the values of a column, such as the lines of HISTORY.

They are a dictionary array of different lists, each of which the array has once.  Arrow filters it
as fast as numbers, and what is found out of a list holds for all rows that have it.  No list is
without a value: such a row is null or irregular.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .conversion import from_numpy, scalar, to_numpy

_Integers = npt.NDArray[np.int64]
# A list and a value are numbered together; the numbers of values have this many bits.
_BITS = 32
_NO_VALUE = 2**_BITS - 1


def is_list(type_: pa.DataType) -> bool:
    """Return whether the values of an array of a type are lists, encoded or not."""
    return bool(pa.types.is_list(type_.value_type if pa.types.is_dictionary(type_) else type_))


def of_elements(
    elements: pa.Array, misfits: Sequence[int], lengths: Sequence[int]
) -> tuple[pa.Array, list[int]]:
    """Return lists as an array.

    Parameters
    ----------
    elements : pyarrow.Array
        The elements of all lists, one list after another.
    misfits : sequence of int
        The places of elements that are not in the array.
    lengths : sequence of int
        The number of elements of each list.

    Returns
    -------
    array : pyarrow.Array
        Null in place of lists without a value, and of those with a misfit.
    irregular : list of int
        The places of the lists with a misfit.
    """
    offsets = np.concatenate([[0], np.cumsum(np.array(lengths, int))])
    known = np.concatenate([[0], np.cumsum(to_numpy(elements.is_valid()))])[offsets]
    irregular = np.unique(np.searchsorted(offsets, np.array(misfits, int), "right") - 1)
    has_value = np.diff(known) > 0
    has_value[irregular] = False
    if pa.types.is_null(elements.type):
        return pa.nulls(len(lengths)), irregular.tolist()
    lists = pa.ListArray.from_arrays(from_numpy(offsets.astype(np.int32)), elements)
    return _different(lists, has_value), irregular.tolist()


def encoded(lists: pa.ListArray) -> pa.DictionaryArray:
    """Return lists, null or with a value, as an array that has each different list once."""
    return _different(lists, to_numpy(lists.is_valid()))


def _different(lists: pa.ListArray, chosen: npt.NDArray[np.bool_]) -> pa.DictionaryArray:
    """Return the chosen lists as an array that has each different one once."""
    codes = _numbers(_with_numbers(lists.values))
    data, offsets = codes.tobytes(), (to_numpy(lists.offsets) * codes.itemsize).tolist()
    numbers: dict[bytes, int] = {}
    rows: list[int | None] = []
    firsts: list[int] = []
    for row, (start, end) in enumerate(pairwise(offsets)):
        if not chosen[row]:
            rows.append(None)
            continue
        number = numbers.setdefault(data[start:end], len(firsts))
        rows.append(number)
        if number == len(firsts):
            firsts.append(row)
    indices, dictionary = pa.array(rows, pa.int32()), lists.take(pa.array(firsts, pa.int64()))
    return pa.DictionaryArray.from_arrays(indices, dictionary)


def _with_numbers(elements: pa.Array) -> pa.DictionaryArray:
    """Return elements, each of which has the number of its value in a dictionary."""
    return elements if pa.types.is_dictionary(elements.type) else elements.dictionary_encode()


def _numbers(elements: pa.DictionaryArray) -> _Integers:
    """Return the numbers of elements."""
    known = pc.fill_null(elements.indices.cast(pa.int64()), scalar(_NO_VALUE))
    numbers: _Integers = to_numpy(known)
    return numbers


def end_to_end(arrays: Sequence[pa.Array]) -> pa.DictionaryArray:
    """Return arrays of lists of one type of elements as one.

    Parameters
    ----------
    arrays : sequence of pyarrow.Array
        Dictionary arrays of lists, whose texts are encoded or not, and arrays of nulls.

    Returns
    -------
    pyarrow.DictionaryArray
        The rows of all.  A list that several arrays have is in its dictionary several times.
    """
    some_encoded = any(
        pa.types.is_dictionary(array.type.value_type.value_type)
        for array in arrays
        if is_list(array.type)
    )
    indices, dictionaries, start = [], [], 0
    for array in arrays:
        if not is_list(array.type):
            indices.append(pa.nulls(len(array), pa.int32()))
            continue
        dictionary = _with_encoded(array.dictionary) if some_encoded else array.dictionary
        indices.append(pc.add(array.indices, scalar(start, pa.int32())))
        dictionaries.append(dictionary)
        start += len(dictionary)
    return pa.DictionaryArray.from_arrays(pa.concat_arrays(indices), pa.concat_arrays(dictionaries))


def _with_encoded(lists: pa.ListArray) -> pa.ListArray:
    """Return lists of texts whose texts are encoded."""
    if pa.types.is_dictionary(lists.type.value_type):
        return lists
    return pa.ListArray.from_arrays(lists.offsets, lists.values.dictionary_encode())


def any_element(is_met: pa.BooleanArray, lists: pa.ListArray) -> pa.BooleanArray:
    """Return for each list whether one of its elements meets a condition.

    Parameters
    ----------
    is_met : pyarrow.BooleanArray
        For each element of ``lists.values`` whether it does, without nulls.
    lists : pyarrow.ListArray
        The lists, without nulls.

    Returns
    -------
    pyarrow.BooleanArray
        Without nulls.
    """
    if not is_met.true_count:
        return pa.repeat(scalar(False), len(lists))
    before = np.concatenate([[0], np.cumsum(to_numpy(is_met), dtype=np.int32)])
    return from_numpy(np.diff(before[to_numpy(lists.offsets)]) > 0)


def counted(array: pa.DictionaryArray) -> tuple[pa.Array, _Integers]:
    """Return the elements of lists with their numbers of rows.

    Parameters
    ----------
    array : pyarrow.DictionaryArray
        Lists.

    Returns
    -------
    values : pyarrow.Array
        Each element once, without null.
    numbers : numpy.ndarray
        The number of rows that have it; a list counts once for all elements that are equal.
    """
    lists = array.dictionary
    elements = lists.values
    if pa.types.is_floating(elements.type):
        # Both zeros are one value, also to MongoDB.
        elements = pc.add(elements, scalar(0.0))
    elements = _with_numbers(elements)
    rows = np.bincount(to_numpy(array.indices.drop_null()), minlength=len(lists))
    lengths = np.diff(to_numpy(lists.offsets))
    pairs = np.repeat(np.arange(len(lists)) << _BITS, lengths) | _numbers(elements)
    # numpy finds different numbers by hashing, which takes a hundred times as long.
    pairs.sort()
    pairs = pairs[np.concatenate([pairs[:1] == pairs[:1], pairs[1:] != pairs[:-1]])]
    codes = pairs & _NO_VALUE
    # Those without a value are counted last.
    codes[codes == _NO_VALUE] = len(elements.dictionary)
    numbers = np.bincount(codes, rows[pairs >> _BITS], minlength=len(elements.dictionary))
    found = np.flatnonzero(numbers[: len(elements.dictionary)])
    return elements.dictionary.take(from_numpy(found)), numbers[found].astype(np.int64)


def to_python(array: pa.DictionaryArray) -> list[list[Any] | None]:
    """Return lists as Python has them, none of which is the same object as another."""
    elements = array.dictionary.values
    if pa.types.is_dictionary(elements.type):
        texts = np.array([*elements.dictionary.to_pylist(), None], object)
        nothing = scalar(len(texts) - 1, elements.indices.type)
        values = texts[to_numpy(pc.fill_null(elements.indices, nothing))].tolist()
    else:
        values = elements.to_pylist()
    bounds = array.dictionary.offsets.to_pylist()
    return [
        None if number is None else values[bounds[number] : bounds[number + 1]]
        for number in array.indices.to_pylist()
    ]
