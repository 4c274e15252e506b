"""Does pyarrow read Parquet files back as they were written, in constant memory?"""

import io
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_rows import Counted, columns, in_blocks, typed_tables, untimed, whole
from hypothesis import given

from acsql import export
from acsql.export import buffer
from acsql.export.formats import parquet
from acsql.keywords import KeywordSpec
from acsql.query import Column

# One value of each type, and what Arrow has of it.
MOMENT = datetime(2002, 4, 13, 18, 16, 35, 120_000)
VALUES: dict[str, tuple[Any, Any]] = {
    "int": (5, 5),
    "float": (1.5, 1.5),
    "bool": (True, True),
    "str": ("x", "x"),
    "time": ("18:16:35", "18:16:35"),
    "date": (datetime(2002, 4, 13), date(2002, 4, 13)),
    "datetime": (MOMENT, MOMENT),
}


def read(content: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(content))


@pytest.mark.parametrize("type_", VALUES)
def test_a_value_is_read_back_with_its_type(type_: str) -> None:
    value, expected = VALUES[type_]
    table = read(whole("parquet", [{"c0": value}, {"c0": None}], columns(type_)))
    assert table["c0"].to_pylist() == [expected, None]


@untimed
@given(typed_tables())
def test_numbers_and_texts_are_read_back_in_blocks(drawn) -> None:
    shown, rows = drawn
    table = read(in_blocks("parquet", rows, shown))
    assert table.column_names == [column.address for column in shown]
    assert table.num_rows == len(rows)
    for n, column in enumerate(shown):
        found = table[column.address].to_pylist()
        for row, value in zip(rows, found, strict=True):
            if row[n] is None:
                assert value is None
            elif column.spec.type == "str" and type(row[n]) is str:
                assert value == row[n]


def test_units_and_descriptions_are_in_the_metadata() -> None:
    column = Column("exptime", KeywordSpec("EXPTIME", "float", "s", "exposure duration"))
    field = read(whole("parquet", [{"exptime": 1.0}], [column])).schema.field("exptime")
    assert field.metadata == {b"unit": b"s", b"description": b"exposure duration"}
    assert parquet.to_arrow([{"exptime": 1.0}], [column]).schema.field("exptime") == field


def test_a_text_among_numbers_is_null_and_noted() -> None:
    table = read(whole("parquet", [{"c0": 5}, {"c0": "five"}], columns("int")))
    assert table["c0"].to_pylist() == [5, None]
    assert b"c0: 1 value is not of type int" in table.schema.metadata[b"note"]


def test_row_groups_keep_memory_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer, "BLOCK_SIZE", 10)
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 20)
    content = b"".join(export.FORMATS["parquet"].write(Counted(100), columns("int")))
    file = pq.ParquetFile(io.BytesIO(content))
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert max(groups) == 20
    assert file.read()["c0"].to_pylist() == list(range(100))
