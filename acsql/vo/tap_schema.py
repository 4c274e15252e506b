"""TAP_SCHEMA: the tables that describe all tables of the service (TAP 1.1, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from ..export import votable
from .columns import TableColumn
from .tables import TapTable

SCHEMA = "tap_schema"
SCHEMAS = {
    "ivoa": "tables of data models of the IVOA",
    "acsql": "tables of this archive",
    SCHEMA: "descriptions of all tables",
}
# The reserved words of ADQL (2.1, section 2.1.2) among the names of columns.
_RESERVED = ("size",)
# The datatypes of VOTables; a text has another.
_DATATYPES = {"int": "long", "float": "double", "bool": "boolean"}


@dataclass(frozen=True)
class ForeignKey:
    """A column whose values are those of a column of another table.

    Attributes
    ----------
    name : str
        Its name in TAP_SCHEMA.
    from_table, from_column : str
        The table that refers to another, and its column.
    target_table, target_column : str
        The table that it refers to, and its column.
    description : str
        Its description.
    """

    name: str
    from_table: str
    from_column: str
    target_table: str
    target_column: str
    description: str


FOREIGN_KEYS = (
    ForeignKey(
        "observation_of_file",
        *("ivoa.obscore", "obs_id", "acsql.observations", "rootname"),
        "the observation to which a file belongs",
    ),
    ForeignKey(
        "schema_of_table",
        *(f"{SCHEMA}.tables", "schema_name", f"{SCHEMA}.schemas", "schema_name"),
        "the schema to which a table belongs",
    ),
    ForeignKey(
        "table_of_column",
        *(f"{SCHEMA}.columns", "table_name", f"{SCHEMA}.tables", "table_name"),
        "the table to which a column belongs",
    ),
    ForeignKey(
        "table_with_key",
        *(f"{SCHEMA}.keys", "from_table", f"{SCHEMA}.tables", "table_name"),
        "the table that refers to another",
    ),
    ForeignKey(
        "target_of_key",
        *(f"{SCHEMA}.keys", "target_table", f"{SCHEMA}.tables", "table_name"),
        "the table to which a key refers",
    ),
    ForeignKey(
        "key_of_column",
        *(f"{SCHEMA}.key_columns", "key_id", f"{SCHEMA}.keys", "key_id"),
        "the key to which a pair of columns belongs",
    ),
)


def stated_name(column: TableColumn) -> str:
    """Return the name of a column as queries write it: reserved words of ADQL are in quotes.

    Parameters
    ----------
    column : TableColumn
        Any column.
    """
    return f'"{column.name}"' if column.name in _RESERVED else column.name


def datatype(column: TableColumn) -> tuple[str, str | None]:
    """Return the datatype and the array size with which VOTables have a column.

    Parameters
    ----------
    column : TableColumn
        A text in a form that has a name (its ``xtype``) is ASCII.
    """
    if column.type in _DATATYPES:
        return column.datatype or _DATATYPES[column.type], None
    return "char" if column.xtype else "unicodeChar", "*"


def unit(column: TableColumn) -> str | None:
    """Return the unit of a column as VOTables write it.

    Parameters
    ----------
    column : TableColumn
        With the unit of its keyword spec.
    """
    return votable.unit_text(column.unit)


def _columns(**descriptions: str) -> dict[str, TableColumn]:
    """Return columns by name: texts, but for those whose description says that they are numbers."""
    return {
        name: TableColumn(
            name,
            "int" if name in _INTEGERS else "str",
            description,
            standard=True,
            principal=True,
            datatype=_INTEGER if name in _INTEGERS else None,
        )
        for name, description in descriptions.items()
    }


# The type of the integers of TAP_SCHEMA (TAP 1.1, section 4.3), which clients check.
_INTEGER = "int"
_INTEGERS = ("principal", "indexed", "std", "column_index", "schema_index", "table_index", "size")
_TABLES = {
    "schemas": _columns(
        schema_name="name of the schema",
        utype="its data model",
        description="what it has",
        schema_index="its position",
    ),
    "tables": _columns(
        schema_name="name of the schema",
        table_name="name of the table with its schema",
        table_type="table or view",
        utype="its data model",
        description="what a row is",
        table_index="its position",
    ),
    "columns": _columns(
        table_name="name of the table with its schema",
        column_name="name of the column",
        datatype="datatype of VOTable",
        arraysize="array size of VOTable",
        xtype="form of a text",
        description="what it has",
        utype="its role in a data model",
        unit="unit",
        ucd="kind of quantity",
        indexed="1 if conditions on it are faster than others",
        principal="1 if a client shows it at first",
        std="1 if a standard defines it",
        column_index="its position",
        size="length of a text; always empty, TAP 1.1 replaces it by arraysize",
    ),
    "keys": _columns(
        key_id="name of the key",
        from_table="table that refers to another",
        target_table="table that it refers to",
        utype="its role in a data model",
        description="what it means",
    ),
    "key_columns": _columns(
        key_id="name of the key",
        from_column="column that refers to another",
        target_column="column that it refers to",
    ),
}


def tables(others: Iterable[TapTable]) -> list[TapTable]:
    """Return the tables of TAP_SCHEMA.

    Parameters
    ----------
    others : iterable of TapTable
        The tables of the archive; those of TAP_SCHEMA are described as well.
    """
    every = list(others)

    def rows(name: str, names: Collection[str]) -> pa.Table:
        """Return columns of a table of TAP_SCHEMA, when a query reads it."""
        return _arrow(name, names, _ROWS[name](every))

    every += [
        TapTable(
            f"{SCHEMA}.{name}",
            f"the {name.replace('_', ' ')} of the service",
            columns,
            partial(rows, name),
        )
        for name, columns in _TABLES.items()
    ]
    return every[-len(_TABLES) :]


def _table(number: int, table: TapTable) -> dict[str, Any]:
    return {
        "schema_name": table.name.partition(".")[0],
        "table_name": table.name,
        "table_type": "table",
        "utype": table.utype,
        "description": table.description,
        "table_index": number,
    }


def _key(key: ForeignKey) -> dict[str, Any]:
    """Return the rows of both tables that describe a key, as one."""
    return {"key_id": key.name, **asdict(key)}


def _column(table: TapTable, number: int, column: TableColumn) -> dict[str, Any]:
    type_, arraysize = datatype(column)
    return {
        "table_name": table.name,
        "column_name": stated_name(column),
        "datatype": type_,
        "arraysize": arraysize,
        "xtype": column.xtype,
        "description": column.description,
        "utype": column.utype,
        "unit": unit(column),
        "ucd": column.ucd,
        "indexed": int(column.indexed),
        "principal": int(column.principal),
        "std": int(column.standard),
        "column_index": number,
    }


# The rows of each table, which describe all tables.
_ROWS: dict[str, Callable[[Sequence[TapTable]], list[dict[str, Any]]]] = {
    "schemas": lambda _: [
        {"schema_name": name, "description": description, "schema_index": number}
        for number, (name, description) in enumerate(SCHEMAS.items())
    ],
    "tables": lambda every: [_table(number, table) for number, table in enumerate(every)],
    "columns": lambda every: [
        _column(table, number, column)
        for table in every
        for number, column in enumerate(table.columns.values())
    ],
    "keys": lambda _: list(map(_key, FOREIGN_KEYS)),
    "key_columns": lambda _: list(map(_key, FOREIGN_KEYS)),
}


def _arrow(name: str, names: Collection[str], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    chosen = list(names) or list(_TABLES[name])[:1]
    return pa.table(
        {
            each: pa.array(
                [row.get(each) for row in rows], pa.int64() if each in _INTEGERS else pa.string()
            )
            for each in chosen
        }
    )
