"""A table computes its late columns from their keys, and returns few rows where few are needed."""

import numpy as np
import pyarrow as pa
import pytest

from acsql.vo.columns import TableColumn
from acsql.vo.tables import LateColumn, Needed, TapTable, taken

COLUMNS = {name: TableColumn(name, "str", "") for name in ("x", "y")}
LATE = {"y": LateColumn("x", lambda keys: [key * 2 for key in keys])}


def every(names) -> pa.Table:
    """Return the columns of all rows."""
    return pa.table({name: ["1", "2", "1"] for name in names})


def test_late_columns_are_computed_from_their_keys() -> None:
    table = TapTable("a.b", "", COLUMNS, every, LATE)
    stored = table.stored(["y"])
    assert stored.column_names == ["x"]
    assert table.with_late(stored, ["y"], int)["y"].to_pylist() == ["11", "22", "11"]
    assert table.column("z") is None


def test_a_query_that_has_to_stop_computes_nothing() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    table = TapTable("a.b", "", COLUMNS, every, LATE)
    with pytest.raises(KeyboardInterrupt):
        table.with_late(table.stored(["y"]), ["y"], stop)


def test_the_rows_that_are_needed_are_asked_for() -> None:
    table = TapTable(
        *("a.b", "", COLUMNS, every, LATE),
        needed=lambda names, needed: pa.table({name: list(needed.keys or "") for name in names}),
    )
    assert table.stored(["y"], Needed(keys=["3"])).to_pylist() == [{"x": "3"}]
    assert table.stored(["y"]).num_rows == 3


@pytest.mark.parametrize("rows", [[], [0], [1, 2], [0, 3, 4], [0, 1, 2, 3, 4]])
def test_rows_are_taken_from_the_chunks_of_a_table(rows: list[int]) -> None:
    text = pa.chunked_array([["a", "b"], [], ["a", None, "c"]], pa.string())
    table = pa.table(
        {"coded": text.dictionary_encode(), "number": pa.chunked_array([[1, 2], [], [3, 4, 5]])}
    )
    found = taken(table, np.array(rows, np.int64))
    assert found.to_pylist() == table.take(pa.array(rows, pa.int64())).to_pylist()
    assert found.schema.field("coded").type == pa.string()
