"""Are Markdown tables tables, whatever their cells contain?"""

import re

import pytest
from export_rows import columns, in_one_column, rows_of, tables, untimed, whole
from hypothesis import given

from acsql.keywords import KeywordSpec
from acsql.query import Column


def test_a_table_has_units_and_alignment():
    shown = [
        Column("targname", KeywordSpec("TARGNAME", "str")),
        Column("exptime", KeywordSpec("EXPTIME", "float", "s")),
    ]
    rows = [{"targname": "NGC104", "exptime": 60.0}, {"targname": None, "exptime": None}]
    assert whole("markdown", rows, shown).decode().splitlines() == [
        "| targname | exptime [s] |",
        "| --- | --: |",
        "| NGC104 | 60.0 |",
        "|  |  |",
    ]


@untimed
@given(tables)
def test_every_row_is_one_line_with_all_its_cells(table):
    width = len(table[0]) if table else 1
    content = whole("markdown", rows_of(table), columns(*["str"] * width)).decode()
    *lines, end = content.split("\n")
    assert end == ""
    assert len(lines) == len(table) + 2
    for line in lines:
        assert line.isprintable() or not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line)
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == width + 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<b>", r"\<b\>"),
        ("*x*", r"\*x\*"),
        ("_x_", r"\_x\_"),
        ("a_b", "a_b"),
        ("a\\", "a\\\\"),
        ("a\nb", r"a\nb"),
        ("[x](y)", r"\[x\](y)"),
    ],
)
def test_markup_is_escaped(value, expected):
    assert whole("markdown", *in_one_column(value)).decode().splitlines()[2] == f"| {expected} |"
