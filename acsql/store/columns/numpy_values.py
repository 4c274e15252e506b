"""Values of ordered rows as numpy arrays, one for each keyword, for tables.

A keyword with values of several types has a list in place of an array, which the caller handles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import compress
from operator import not_
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..schema import Document
from ..sorting import SortKey
from . import lists, ordering
from .arrays import concatenated, to_python, value_type
from .conversion import from_numpy, from_python, scalar, to_numpy

Values = np.ma.MaskedArray[Any, np.dtype[Any]] | list[Any]


def in_order(
    columns: Mapping[str, pa.Array],
    documents: Sequence[Document],
    order: Sequence[SortKey],
    limit: int | None,
    addresses: Sequence[str],
) -> dict[str, Values]:
    """Return the values of all rows by address.

    Parameters
    ----------
    columns : mapping
        Addresses to values, with all addresses of the order.
    documents : sequence of dict
        More rows, with the same addresses.
    order : sequence of SortKey
        A total order.
    limit : int, optional
        The largest number of rows, by default all.
    addresses : sequence of str
        The addresses whose values are returned.

    Returns
    -------
    dict
        Masked arrays of one type, masked where there is no value, or lists with None.
    """
    columns, others = _with_documents(columns, documents)
    places = ordering.places(columns, others, order)[:limit]
    return {
        address: _taken(columns[address], [row[address] for row in others], places)
        for address in addresses
    }


def _with_documents(
    columns: Mapping[str, pa.Array], documents: Sequence[Document]
) -> tuple[dict[str, pa.Array], list[Document]]:
    """Return columns with the documents at their end that fit into them, and the others."""
    fits = [True] * len(documents)
    for address, array in columns.items():
        class_ = _class_of(value_type(array.type))
        for place, row in enumerate(documents):
            if row[address] is not None and not _is_of_class(row[address], class_):
                fits[place] = False
    fitting = list(compress(documents, fits))
    others = list(compress(documents, map(not_, fits)))
    longer = {
        address: _concatenated(array, [row[address] for row in fitting])
        for address, array in columns.items()
    }
    return longer, others


def _concatenated(array: pa.Array, values: Sequence[Any]) -> pa.Array:
    if lists.is_list(array.type):
        # No list of a document fits.
        return concatenated([array, pa.nulls(len(values))])
    added = from_python(values, value_type(array.type))
    if pa.types.is_dictionary(array.type):
        added = added.dictionary_encode()
    return pa.chunked_array([array, added]).unify_dictionaries().combine_chunks()


def _taken(array: pa.Array, further: Sequence[Any], places: npt.NDArray[np.int64]) -> Values:
    """Return the values at some places of an array with further values at its end."""
    if further or pa.types.is_null(array.type) or lists.is_list(array.type):
        values = [*to_python(array), *further]
        return [values[place] for place in places]
    return _to_numpy(array.take(from_numpy(places)))


def are_of_type(values: Sequence[Any], type_: pa.DataType) -> bool:
    """Return whether values of documents can be in an array of a type: none of them is NaN."""
    class_ = _class_of(type_)
    return all(value is None or _is_of_class(value, class_) for value in values)


def _class_of(type_: pa.DataType) -> type | None:
    """Return the class of the values in arrays of a type, None for arrays of nulls."""
    if pa.types.is_timestamp(type_):
        return datetime
    return {pa.bool_(): bool, pa.int64(): int, pa.float64(): float, pa.string(): str}.get(type_)


def _is_of_class(value: Any, class_: type | None) -> bool:
    # A bool is an int to Python, and NaN alone differs from itself.
    return type(value) is class_ and bool(value == value)


def _to_numpy(array: pa.Array) -> np.ma.MaskedArray[Any, np.dtype[Any]]:
    """Return an array of one type with a mask of its nulls."""
    mask = to_numpy(array.is_null()).copy()
    if pa.types.is_dictionary(array.type):
        texts = np.array([*array.dictionary.to_pylist(), ""], str)
        nothing = scalar(len(texts) - 1, array.indices.type)
        data = texts[to_numpy(pc.fill_null(array.indices, nothing))]
    elif pa.types.is_string(array.type):
        data = np.array(pc.fill_null(array, scalar("")).to_pylist(), str)
    else:
        data = to_numpy(pc.fill_null(array, scalar(0).cast(array.type)))
    return np.ma.MaskedArray(data, mask)
