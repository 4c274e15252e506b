"""TAP_SCHEMA describes all tables, itself among them."""

from acsql.vo import tap_schema
from acsql.vo.tables import TapTable


def test_every_table_and_column_is_described(tables: dict[str, TapTable]) -> None:
    columns = tables["tap_schema.columns"].stored(["table_name", "column_name"]).to_pylist()
    described = {(row["table_name"], row["column_name"]) for row in columns}
    assert described == {
        (table.name, tap_schema.stated_name(column))
        for table in tables.values()
        for column in table.columns.values()
    }
    names = tables["tap_schema.tables"].stored(["table_name"])["table_name"].to_pylist()
    assert names == list(tables)


def test_schemas_and_keys_name_what_exists(tables: dict[str, TapTable]) -> None:
    schemas = tables["tap_schema.schemas"].stored(["schema_name"])["schema_name"].to_pylist()
    assert {name.partition(".")[0] for name in tables} == set(schemas)
    for key in tap_schema.FOREIGN_KEYS:
        assert key.from_column in tables[key.from_table].columns
        assert key.target_column in tables[key.target_table].columns
    names = tables["tap_schema.keys"].stored(["key_id"])["key_id"].to_pylist()
    assert names == [key.name for key in tap_schema.FOREIGN_KEYS]


def test_a_table_without_named_columns_has_its_rows(tables: dict[str, TapTable]) -> None:
    assert tables["tap_schema.key_columns"].stored([]).num_rows == len(tap_schema.FOREIGN_KEYS)
