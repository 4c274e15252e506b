"""Arrow arrays of the values of keywords: made from documents, joined, and divided into rows."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import pyarrow as pa

from ..schema import Document
from . import lists
from .conversion import to_list


def array_of(values: Sequence[Any]) -> list[pa.Array]:
    """Return values of documents as arrays.

    Parameters
    ----------
    values : sequence
        Values of any types.

    Returns
    -------
    list of pyarrow.Array
        One array, of texts if the values have several types; none without values.
    """
    if not values:
        return []
    try:
        array = pa.array(values)
    # Of NaN among large integers Arrow says ValueError.
    except (pa.ArrowException, ValueError):
        return [pa.array([None if value is None else str(value) for value in values])]
    return [array.cast(pa.timestamp("ms")) if pa.types.is_timestamp(array.type) else array]


def joined(pieces: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Return arrays of one keyword as one.

    Parameters
    ----------
    pieces : sequence of pyarrow.Array
        Arrays of any types.

    Returns
    -------
    pyarrow.ChunkedArray
        Numbers if all values are numbers, else texts if they have several types.
    """
    pieces = [decoded(piece) for piece in pieces]
    types = {piece.type for piece in pieces} - {pa.null()}
    of_lists = {type_ for type_ in types if pa.types.is_list(type_)}
    if len(types) < 2:
        type_ = types.pop() if types else pa.null()
    elif of_lists == types:
        type_ = pa.list_(_common({type_.value_type for type_ in types}))
    else:
        pieces = [_texts(piece) if piece.type in of_lists else piece for piece in pieces]
        type_ = _common({piece.type for piece in pieces} - {pa.null()})
    return pa.chunked_array([piece.cast(type_) for piece in pieces], type_)


def _common(types: Set[pa.DataType]) -> pa.DataType:
    """Return the type of values of several types: numbers if all are, else texts."""
    return pa.float64() if types <= {pa.int64(), pa.float64()} else pa.string()


def _texts(array: pa.ListArray) -> pa.StringArray:
    """Return lists as texts."""
    return pa.array([None if value is None else str(value) for value in array.to_pylist()])


def value_type(type_: pa.DataType) -> pa.DataType:
    """Return the type of the values of an array, encoded or not."""
    if pa.types.is_dictionary(type_):
        return value_type(type_.value_type)
    return pa.list_(value_type(type_.value_type)) if pa.types.is_list(type_) else type_


def decoded(array: pa.Array) -> pa.Array:
    """Return an array without dictionary encoding."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    type_ = value_type(array.type)
    return array if array.type == type_ else array.cast(type_)


def to_python(array: pa.Array) -> list[Any]:
    """Return the values of an array as Python has them."""
    if not pa.types.is_dictionary(array.type):
        return to_list(array)
    if not lists.is_list(array.type):
        # Arrow decodes texts in a twentieth of the time that it takes to convert them encoded.
        return to_list(array.dictionary_decode())
    is_short = len(array) < len(array.dictionary)
    values: list[Any] = array.to_pylist() if is_short else lists.to_python(array)
    return values


def rows_of(arrays: Mapping[str, pa.Array]) -> Iterator[Document]:
    """Yield the rows of arrays of equal length.

    Parameters
    ----------
    arrays : mapping
        Addresses to values.

    Yields
    ------
    dict
        Addresses to the values of a row, None for a missing one.
    """
    columns = [to_python(array) for array in arrays.values()]
    for row in zip(*columns, strict=True):
        yield dict(zip(arrays, row, strict=True))


def kind_of(array: pa.Array) -> str | None:
    """Return a name for the types whose values are in one column, None for an array of nulls."""
    type_ = value_type(array.type)
    if pa.types.is_null(type_):
        return None
    return "number" if type_ in (pa.int64(), pa.float64()) else str(type_)


def concatenated(arrays: Sequence[pa.Array]) -> pa.Array:
    """Return arrays of one kind as one array; texts stay encoded if all are."""
    if len(arrays) == 1:
        return arrays[0]
    types = {array.type for array in arrays} - {pa.null()}
    if not types:
        return pa.nulls(sum(map(len, arrays)))
    if any(map(lists.is_list, types)):
        return lists.end_to_end(arrays)
    if len(types) > 1:
        arrays = [decoded(array) for array in arrays]
        types = {pa.float64() if pa.float64() in types else pa.string()}
    (type_,) = types
    alike = pa.chunked_array([array.cast(type_) for array in arrays], type_)
    return alike.unify_dictionaries().combine_chunks()
