"""Queries run by DuckDB, in memory, over the columns that they name.

A query sees these columns and nothing else: the database cannot open files or networks, and its
configuration is locked.  A query is interrupted at the time limit.  DuckDB is chosen because it
reads Arrow as it is; PostgreSQL with pgSphere, as other archives have it, would be a second copy of
every fact.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import PythonUDFType

from ..errors import QueryError
from ..store.client import Store
from . import sky
from .adql import Translation, translate
from .adql_choice import ROW, Choice
from .adql_geometry import DISTANCE, IN_POLYGON
from .columns import TableColumn
from .query_clock import QueryClock
from .sky import Polygon
from .tables import Needed, TapTable, taken

# For all queries of a process together.  A query that needs more fails; nothing is written to disk.
_MEMORY = "1GB"
_THREADS = 2
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": _THREADS,
    "memory_limit": _MEMORY,
    "max_temp_directory_size": "0KB",
    "enable_external_access": False,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
# Rows of a table of which those of a result are found first, and the part above which all are read.
_MANY_ROWS, _FEW = 50_000, 0.1
# Interrupts a query.
Interrupt = Callable[[], object]
# Takes the function that interrupts the query that starts.
Started = Callable[[Interrupt], object]

# The haversine formula has no special cases at the poles and at RA = 0.
_DISTANCE = f"""
    CREATE MACRO {DISTANCE}(ra1, dec1, ra2, dec2) AS degrees(2 * asin(least(1, sqrt(
        pow(sin(radians(dec2 - dec1) / 2), 2)
        + cos(radians(dec1)) * cos(radians(dec2)) * pow(sin(radians(ra2 - ra1) / 2), 2)))))
"""


@dataclass(frozen=True)
class QueryResult:
    """The rows of a query.

    Attributes
    ----------
    table : pyarrow.Table
        The rows.
    columns : tuple of TableColumn
        What each column has; of computed ones, name and type alone.
    is_cut : bool
        Whether there are more rows than were allowed.
    """

    table: pa.Table
    columns: tuple[TableColumn, ...]
    is_cut: bool


def run(
    text: str,
    tables: Mapping[str, TapTable],
    store: Store,
    limit: int,
    time_limit: float | None,
    started: Started | None = None,
) -> QueryResult:
    """Run a query.

    Parameters
    ----------
    text : str
        In ADQL.
    tables : mapping
        All tables by name.
    store : Store
        The open database, in which footprints are found.
    limit : int
        The largest number of rows.
    time_limit : float or None
        Seconds that it may take.
    started : callable, optional
        Called when the query starts, with a function that interrupts it.

    Returns
    -------
    QueryResult
        With at most `limit` rows.

    Raises
    ------
    QueryError
        If the query is not valid.
    QueryTimeout
        If it takes longer than the time limit, or was interrupted.
    DatabaseError
        If the database fails.
    """
    clock = QueryClock(time_limit)
    if started is not None:
        started(clock.interrupt)
    query = translate(text, tables, limit + 1)
    sets = {
        each.table: sky.observations(store, each.relation, each.shape, clock.remaining)
        for each in query.sky_sets
    }
    data = {name: pa.table({"rootname": pa.array(sets[name], pa.string())}) for name in sets}
    for name, columns in query.tables.items():
        needed = _needed(query.choices.get(name, Choice()), sets)
        table = _sifted(query, tables[name].stored(columns, needed), data, clock)
        data[name] = tables[name].with_late(table, columns, clock.check)
    rows = _executed(query.sql, data, clock)
    is_cut = rows.num_rows > limit
    return _finished(query, tables, rows.slice(0, limit), is_cut)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Return the database of this process, which has functions and no tables.

    Making one takes longer than most queries.  The columns of a query are seen by its own
    connection alone.
    """
    database = duckdb.connect(":memory:", config=_CONFIG)
    database.execute(_DISTANCE)
    database.create_function(
        IN_POLYGON,
        _in_polygon,
        ["double", "double", "varchar"],
        "boolean",
        type=PythonUDFType.ARROW,
    )
    database.execute("SET lock_configuration = true")
    return database


def _needed(choice: Choice, sets: Mapping[str, Sequence[str]]) -> Needed:
    """Return the rows that a query needs, when the sets of its geometries are known."""
    keys = [set().union(*(sets[name] for name in names)) for names in choice.sets]
    return Needed(choice.within, sorted(set.intersection(*keys)) if keys else None)


def _sifted(
    query: Translation, table: pa.Table, data: Mapping[str, pa.Table], clock: QueryClock
) -> pa.Table:
    """Return the rows of the only table of a query that can be in its result."""
    sieve = query.sieve
    if sieve is None or len(table) < _MANY_ROWS:
        return table
    numbers = pa.array(np.arange(len(table)))
    named = table.select(sorted(sieve.columns)).append_column(ROW, numbers)
    found = _executed(sieve.sql, {**data, sieve.table: named}, clock)[ROW].to_numpy()
    return taken(table, np.sort(found)) if len(found) < _FEW * len(table) else table


def _executed(sql: str, data: Mapping[str, pa.Table], clock: QueryClock) -> pa.Table:
    """Return what DuckDB returns."""
    with _database().cursor() as connection:
        for name, table in data.items():
            connection.register(name, table)
        try:
            with clock.limiting(connection):
                return connection.sql(sql).to_arrow_table()
        except duckdb.InterruptException as error:
            raise clock.error() from error
        except duckdb.OutOfMemoryException as error:
            raise QueryError(
                f"the query needs more than {_MEMORY} of memory: narrow it, or group by fewer "
                "columns"
            ) from error
        except duckdb.Error as error:
            raise QueryError(f"invalid ADQL: {str(error).splitlines()[0]}") from error


def _in_polygon(ra: pa.Array, dec: pa.Array, vertices: pa.Array) -> pa.Array:
    """Return which positions are in a polygon, the same in all rows: the function of DuckDB."""
    polygon = Polygon(tuple(map(tuple, json.loads(vertices[0].as_py()))))
    positions = np.column_stack([np.asarray(ra, float), np.asarray(dec, float)])
    return pa.array(sky.contains(polygon, positions))


def _finished(
    query: Translation, tables: Mapping[str, TapTable], rows: pa.Table, is_cut: bool
) -> QueryResult:
    """Return rows with the columns that are computed late."""
    arrays, columns = [], []
    for position, result in enumerate(query.columns):
        array = _plain(rows.column(position))
        if result.late is not None:
            table, name = result.late
            keys = array.to_pylist()
            array = pa.array(tables[table].late[name].values(keys), pa.string())
        column = result.column
        arrays.append(array)
        if column is None:
            columns.append(TableColumn(result.name, _type(array.type), ""))
        else:
            columns.append(column.renamed(result.name))
    columns = _with_distinct_names(columns)
    names = [column.name for column in columns]
    return QueryResult(pa.Table.from_arrays(arrays, names), tuple(columns), is_cut)


def _with_distinct_names(columns: Sequence[TableColumn]) -> list[TableColumn]:
    """Return columns of which no two have one name: the second ``t_min`` is ``t_min_2``."""
    taken: set[str] = set()
    distinct = []
    for column in columns:
        numbered = (f"{column.name}_{number}" for number in count(2))
        name = next(name for name in chain([column.name], numbered) if name not in taken)
        taken.add(name)
        distinct.append(column.renamed(name))
    return distinct


def _plain(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return an array of a type that VOTables have: sums of integers are decimals to DuckDB."""
    return array.cast(pa.float64()) if pa.types.is_decimal(array.type) else array


def _type(type_: pa.DataType) -> str:
    """Return the type of a computed column."""
    if pa.types.is_integer(type_):
        return "int"
    if pa.types.is_floating(type_):
        return "float"
    if pa.types.is_boolean(type_):
        return "bool"
    return "datetime" if pa.types.is_timestamp(type_) else "str"
