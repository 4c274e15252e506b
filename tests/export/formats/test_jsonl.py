"""Is JSON Lines strict, and read back as it was written?"""

from export_rows import columns, rows_of, strictly, tables, untimed, whole
from hypothesis import given

from acsql import export


@untimed
@given(tables)
def test_json_lines_are_read_back_as_they_were_written(table):
    shown = columns(*["str"] * (len(table[0]) if table else 1))
    *lines, end = whole("jsonl", rows_of(table), shown).split(b"\n")
    assert end == b""
    assert [strictly(line) for line in lines] == [export.plain(row) for row in rows_of(table)]
