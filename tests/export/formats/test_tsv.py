"""Are tab-separated values read back as they were written, and does no cell become a formula?"""

import pytest
from export_rows import FORMULA, columns, in_one_column, rows_of, tables, tricky, untimed, whole
from hypothesis import given
from hypothesis import strategies as st

from acsql import export


def read_tsv(rows, shown) -> list[list[str]]:
    """Return the cells of each line."""
    *lines, end = whole("tsv", rows, shown).decode().split("\n")
    assert end == ""
    return [line.split("\t") for line in lines]


def escaped(cell: str) -> str:
    """Return a text without the quote against formulas, with controls as Python escapes them."""
    cell = cell[1:] if cell[:1] == "'" and cell[1:2] in (*FORMULA, "\\") else cell
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


@untimed
@given(st.lists(st.sampled_from(["=1+1", "+1", "-1", "@A1", "x", "'=1"])), tricky)
def test_no_text_is_a_formula(parts, text):
    for value in (text, parts, "".join(parts)):
        cell = read_tsv(*in_one_column(value))[1][0]
        assert cell[:1] not in FORMULA


@pytest.mark.parametrize(
    ("value", "expected"), [("a\tb", r"a\tb"), ("a\nb", r"a\nb"), ("a\x85b", r"a\x85b"), (None, "")]
)
def test_control_characters_are_escaped(value, expected):
    assert whole("tsv", *in_one_column(value)).decode() == f"c0\n{expected}\n"
