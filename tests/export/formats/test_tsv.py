"""Are tab-separated values read back as they were written?"""

import pytest
from export_rows import columns, in_one_column, rows_of, tables, untimed, whole
from hypothesis import given

from acsql import export


def read_tsv(rows, shown) -> list[list[str]]:
    """Return the cells of each line."""
    *lines, end = whole("tsv", rows, shown).decode().split("\n")
    assert end == ""
    return [line.split("\t") for line in lines]


def escaped(cell: str) -> str:
    """Return a text with controls as Python escapes them."""
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if (not char.isprintable() and char < "\xa0") or char in "\u2028\u2029"
        else char
        for char in cell
    )


@untimed
@given(tables)
def test_tsv_is_read_back_as_it_was_written(table):
    shown = columns(*["str"] * (len(table[0]) if table else 1))
    heading, *body = read_tsv(rows_of(table), shown)
    assert heading == [column.address for column in shown]
    assert len(body) == len(table)
    for cells, row in zip(body, table, strict=True):
        expected = [export.text(value, column) for value, column in zip(row, shown, strict=True)]
        assert list(map(escaped, cells)) == list(map(escaped, expected))


@pytest.mark.parametrize(
    ("value", "expected"), [("a\tb", r"a\tb"), ("a\nb", r"a\nb"), ("a\x85b", r"a\x85b"), (None, "")]
)
def test_control_characters_are_escaped(value, expected):
    assert whole("tsv", *in_one_column(value)).decode() == f"c0\n{expected}\n"
