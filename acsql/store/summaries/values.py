"""The values of fields in the observations that meet a condition, as one table with given types.

They come from the columns.  Where these do not answer, as in an archive of which nothing has been
folded yet, they are read from the headerless observations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from ...query.conditions import Condition
from ..client import Store
from ..columns.paths import path_of
from ..columns.select import select
from ..fields import value_at
from ..schema import Document
from ..spellings import to_stored_filter

if TYPE_CHECKING:
    import pyarrow as pa

    from ..columns.parts import Part

TEXT, INTEGER, NUMBER, TIME = "string", "int64", "float64", "timestamp[ms]"
_BATCH = 10_000  # documents that are in memory together, at a kilobyte each
# Rows that are read as documents beside the columns, at 50 us each.
MOST_DOCUMENTS = 50_000


def table(store: Store, condition: Condition, types: Mapping[str, str]) -> pa.Table:
    """Return the values of fields in the observations that meet a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        A condition on keywords, as `acsql.query.prepare` returns it.
    types : mapping
        Keyword addresses, and paths of own fields such as ``files.flt.size``, to types; none is
        of a header.

    Returns
    -------
    pyarrow.Table
        A column for each address and a row for each observation, in no particular order.  Null
        stands for missing and blank values, and for those that are not of the type.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    import pyarrow as pa

    schema = _schema(types)
    selection = select(store, condition, list(types), MOST_DOCUMENTS)
    if selection is None:
        pieces = [*of_documents(store, to_stored_filter(condition, store), types)]
        return pa.concat_tables([schema.empty_table(), *pieces])
    arrays = [_of_arrays(part, schema) for part in selection.parts]
    return pa.Table.from_batches([*arrays, _of_documents(selection.documents, schema)], schema)


def of_part(store: Store, part: Part, types: Mapping[str, str]) -> pa.Table:
    """Return the values of fields in the live rows of a part of the columns.

    Parameters
    ----------
    store : Store
        The open database.
    part : Part
        A part without a live row that is marked as changed.
    types : mapping
        As for `table`.

    Returns
    -------
    pyarrow.Table
        As `table` returns it.
    """
    import numpy as np
    import pyarrow as pa

    from ..columns.conversion import from_numpy
    from ..columns.parts import read

    paths = {address: path_of(address) for address in types}
    columns = read(store, [(part.id, path) for path in ("_id", *paths.values())])
    irregular = np.zeros(part.rows, bool)
    for column in columns.values():
        irregular[list(column.irregular)] = True
    usable = from_numpy(part.live_rows & ~irregular)
    arrays = {
        address: columns[part.id, path].array.filter(usable)
        if (part.id, path) in columns
        else pa.nulls(usable.true_count)
        for address, path in paths.items()
    }
    pieces = [pa.Table.from_batches([_of_arrays(arrays, _schema(types))])]
    if (part.live_rows & irregular).any():
        names = columns[part.id, "_id"].array.filter(from_numpy(part.live_rows & irregular))
        pieces += of_documents(store, {"_id": {"$in": names.to_pylist()}}, types)
    return pa.concat_tables(pieces)


def of_documents(
    store: Store, filter_: Mapping[str, Any], types: Mapping[str, str]
) -> Iterator[pa.Table]:
    """Yield the values of fields in the documents that meet a filter.

    Parameters
    ----------
    store : Store
        The open database.
    filter_ : mapping
        A filter of MongoDB on headerless observations.
    types : mapping
        As for `table`.

    Yields
    ------
    pyarrow.Table
        As `table` returns it, of up to 10,000 observations.
    """
    import pyarrow as pa

    fields = dict.fromkeys(map(path_of, types), 1)
    with store.errors():
        found = store.headerless.find(filter_, fields, batch_size=_BATCH)
        while batch := list(islice(found, _BATCH)):
            yield pa.Table.from_batches([_of_documents(batch, _schema(types))])


def groups(
    values: pa.Table, keys: Sequence[str], *sums: tuple[Sequence[str] | str, str]
) -> list[Document]:
    """Return the number of rows of each combination of values, and what they add up to.

    Parameters
    ----------
    values : pyarrow.Table
        As `table` returns it.
    keys : sequence of str
        The columns that are combined.
    *sums : tuple of (str, str)
        A column and the name of an aggregation of Arrow, such as ``sum``.

    Returns
    -------
    list of dict
        Rows with the keys, ``observations``, and a value such as ``exptime_sum`` for each sum.
    """
    grouped = values.group_by(list(keys)).aggregate([([], "count_all"), *sums])
    rows: list[Document] = grouped.to_pylist()
    return [{"observations": row.pop("count_all")} | row for row in rows]


def _schema(types: Mapping[str, str]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(address, pa.type_for_alias(name)) for address, name in types.items()])


def _of_documents(documents: Sequence[Document], schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    from ..columns.conversion import from_python

    def of_type(field: pa.Field) -> pa.Array:
        """Return the array of a field."""
        path, fits = path_of(field.name).split("."), _classes(field.type)
        values = (value_at(document, path) for document in documents)
        return from_python([v if _fits(v, fits) else None for v in values], field.type)

    return pa.record_batch([of_type(field) for field in schema], schema)


def _classes(type_: pa.DataType) -> tuple[type, ...]:
    """Return the classes of the values that belong into an array of a type."""
    import pyarrow as pa

    if pa.types.is_floating(type_):
        return int, float
    return (int,) if pa.types.is_integer(type_) else (str,) if _is_text(type_) else (datetime,)


def _fits(value: Any, classes: tuple[type, ...]) -> bool:
    # The only value that differs from itself is NaN.
    usable = isinstance(value, classes) and not isinstance(value, bool)
    return usable and value not in ("",) and value == value


def _is_text(type_: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(type_))


def _of_arrays(arrays: Mapping[str, pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.record_batch([_cast(arrays[f.name], f.type) for f in schema], schema)


def _cast(array: pa.Array, type_: pa.DataType) -> pa.Array:
    """Return an array as one of a type, with nulls if its values do not belong there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from ..columns.conversion import scalar

    if pa.types.is_dictionary(array.type):
        return _cast(array.dictionary, type_).take(array.indices)
    if _is_text(type_) and _is_text(array.type):
        return pc.if_else(pc.equal(array, scalar("")), scalar(None, type_), array)
    if array.type == type_:
        return array
    if pa.types.is_integer(array.type) and pa.types.is_floating(type_):
        return array.cast(type_)
    return pa.nulls(len(array), type_)


def known(values: pa.Table, address: str) -> int:
    """Return the number of rows with a value in a column."""
    column = values.column(address)
    return len(column) - int(column.null_count)


def total(values: pa.Table, address: str) -> int:
    """Return the sum of a column of integers."""
    import pyarrow.compute as pc

    return int(pc.sum(values.column(address)).as_py() or 0)
