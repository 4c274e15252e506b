"""A table computes its late columns from their keys."""

import pyarrow as pa

from acsql.vo.columns import TableColumn
from acsql.vo.tables import LateColumn, TapTable


def test_late_columns_are_computed_from_their_keys() -> None:
    table = TapTable(
        "a.b",
        "",
        {"x": TableColumn("x", "str", ""), "y": TableColumn("y", "str", "")},
        lambda names: pa.table({name: ["1", "2"] for name in names}),
        {"y": LateColumn("x", lambda keys: [key * 2 for key in keys])},
    )
    assert table.table(["y"])["y"].to_pylist() == ["11", "22"]
    assert table.column("z") is None


def test_a_range_has_late_columns_too() -> None:
    table = TapTable(
        "a.b",
        "",
        {"x": TableColumn("x", "str", ""), "y": TableColumn("y", "str", "")},
        lambda names: pa.table({name: ["1", "2"] for name in names}),
        {"y": LateColumn("x", lambda keys: [key * 2 for key in keys])},
        range_column="x",
        rows_between=lambda names, low, high: pa.table(
            {name: [f"{low}", f"{high}"] for name in names}
        ),
    )
    assert table.table(["y"], (3, 4))["y"].to_pylist() == ["33", "44"]
    assert table.table(["y"])["y"].to_pylist() == ["11", "22"]
