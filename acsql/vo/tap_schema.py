"""TAP_SCHEMA: the tables that describe all tables of the service (TAP 1.1, section 4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from .columns import TableColumn
from .tables import TapTable

SCHEMA = "tap_schema"
SCHEMAS = {
    "ivoa": "tables of data models of the IVOA",
    "acsql": "tables of this archive",
    SCHEMA: "descriptions of all tables",
}
# The datatypes of VOTables, with their array sizes.
DATATYPES = {
    "int": ("long", None),
    "float": ("double", None),
    "bool": ("boolean", None),
    "str": ("char", "*"),
    "datetime": ("char", "*"),
}


def _columns(**descriptions: str) -> dict[str, TableColumn]:
    """Return columns by name: texts, but for those whose description says that they are numbers."""
    return {
        name: TableColumn(
            name,
            "int" if name in _INTEGERS else "str",
            description,
            standard=True,
            principal=True,
        )
        for name, description in descriptions.items()
    }


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
_KEYS = {
    "keys": [
        {
            "key_id": "observation_of_file",
            "from_table": "ivoa.obscore",
            "target_table": "acsql.observations",
            "description": "the observation to which a file belongs",
        }
    ],
    "key_columns": [
        {
            "key_id": "observation_of_file",
            "from_column": "obs_id",
            "target_column": "rootname",
        }
    ],
}


def tables(others: Iterable[TapTable]) -> list[TapTable]:
    """Return the tables of TAP_SCHEMA.

    Parameters
    ----------
    others : iterable of TapTable
        The tables of the archive; those of TAP_SCHEMA are described as well.
    """
    content: dict[str, list[dict[str, Any]]] = {}
    made = [
        TapTable(
            f"{SCHEMA}.{name}",
            f"the {name.replace('_', ' ')} of the service",
            columns,
            partial(_rows, content, name),
        )
        for name, columns in _TABLES.items()
    ]
    every = [*others, *made]
    content["schemas"] = [
        {"schema_name": name, "description": description, "schema_index": number}
        for number, (name, description) in enumerate(SCHEMAS.items())
    ]
    content["tables"] = [_table(number, table) for number, table in enumerate(every)]
    content["columns"] = [
        _column(table, number, column)
        for table in every
        for number, column in enumerate(table.columns.values())
    ]
    content.update(_KEYS)
    return made


def _table(number: int, table: TapTable) -> dict[str, Any]:
    return {
        "schema_name": table.name.partition(".")[0],
        "table_name": table.name,
        "table_type": "table",
        "utype": table.utype,
        "description": table.description,
        "table_index": number,
    }


def _column(table: TapTable, number: int, column: TableColumn) -> dict[str, Any]:
    datatype, arraysize = DATATYPES[column.type]
    return {
        "table_name": table.name,
        "column_name": column.name,
        "datatype": datatype,
        "arraysize": arraysize,
        "xtype": column.xtype,
        "description": column.description,
        "utype": column.utype,
        "unit": column.unit,
        "ucd": column.ucd,
        "indexed": int(column.indexed),
        "principal": int(column.principal),
        "std": int(column.standard),
        "column_index": number,
    }


def _rows(
    content: Mapping[str, list[dict[str, Any]]], name: str, names: Collection[str]
) -> pa.Table:
    rows = content[name]
    chosen = list(names) or list(_TABLES[name])[:1]
    return pa.table(
        {
            each: pa.array(
                [row.get(each) for row in rows], pa.int64() if each in _INTEGERS else pa.string()
            )
            for each in chosen
        }
    )
